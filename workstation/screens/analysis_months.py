"""月度考核 and 公示 behind F10 of screen 8: frozen months, their recount, corrections, the text and its second person.

list of months ─▶ one month ─▶ by person, window, matter, site      recount: this copy's rows against the frozen hash
                            ├▶ corrections (a duty manager enters one)
                            ├▶ the text: made by one duty manager, let out or not by another
                            └▶ CSV, XLSX
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sync.appraisal import GROUPS
from workstation.hours import moment
from workstation.locale import say
from workstation.services.appraisal import AppraisalService
from workstation.views import appraisal as view
from workstation.views.appraisal import Line, Month
from workstation.widgets.dialog import Ask, Pick, Tell

if TYPE_CHECKING:
    from workstation.screens.frame import Frame

MOST_BY = 10_000


async def look(screen: Frame, service: AppraisalService) -> None:
    """Until the person leaves the list."""
    while True:
        months = service.months()
        if not months:
            screen.hint("analysis.months.none")
            return
        options = [(month.id, _month_line(month)) for month in months]
        chosen = await screen.ask(Pick(say("analysis.months"), options, [say("analysis.months.how")]))
        if chosen is None:
            return
        await _month(screen, service, str(chosen))


async def _month(screen: Frame, service: AppraisalService, id: str) -> None:
    while (month := service.month(id)) is not None:
        same, found = await asyncio.to_thread(service.recount, month)
        total, now = month.figures["total"], month.now["total"]
        lines = [
            say("analysis.months.total", **total),
            say("analysis.months.counts_now", rated=now["rated"], bad=now["bad"], count=len(month.corrections)),
            say("analysis.months.hash", hash=month.hash[:32], seq=month.head_seq),
            say("analysis.months.same") if same else say("analysis.months.other", hash=found[:32]),
        ]
        options = [(group, say(f"analysis.group.{group}")) for group in GROUPS]
        options += [(name, say(f"analysis.months.{name}")) for name in ("corrections", "publicity", "csv", "xlsx")]
        chosen = await screen.ask(Pick(say("analysis.months.of", month=month.id), options, lines))
        if chosen is None:
            return
        if chosen in GROUPS:
            await _group(screen, service, month, str(chosen))
        elif chosen == "corrections":
            told = [_correction(each, screen.hall.clock.now()) for each in month.corrections]
            await screen.ask(Tell(say("analysis.months.corrections"), told or [say("analysis.months.no_corrections")]))
        elif chosen == "publicity":
            await _publicity(screen, service, month)
        else:
            path = await asyncio.to_thread(service.export, month, str(chosen))
            screen.hint("overview.exported", tone="good", path=str(path))
            return


def _month_line(month: Month) -> str:
    text = say(f"analysis.publicity.{month.text.state}") if month.text is not None else ""
    return say("analysis.months.line", month=month.id, **month.now["total"], text=text)


def _correction(each: view.Correction, now: int) -> str:
    figure = say(f"analysis.figure.{each.figure}")
    source = say(f"analysis.months.source.{each.source}")
    at = moment(each.at, now)
    return f"{at} {source} {each.who} {figure} {each.by:+d}  {each.reason} ({each.author})"


async def _group(screen: Frame, service: AppraisalService, month: Month, group: str) -> None:
    found = view.lines(month, group)
    options = [(line.key, _line(line)) for line in found]
    may = service.may_decide(month)
    how = [say("analysis.months.choose_to_correct")] if may else []
    chosen = await screen.ask(Pick(f"{month.id} {say(f'analysis.group.{group}')}", options, how))
    line = next((line for line in found if line.key == chosen), None)
    if line is None or not may:
        return
    figures = [(name, say(f"analysis.figure.{name}")) for name in ("bad", "rated")]
    figure = await screen.ask(Pick(say("analysis.months.correct", name=line.name), figures))
    if figure is None:
        return
    by = await screen.ask(
        Ask(say("analysis.months.correct", name=line.name), say("analysis.months.by"), check=_wrong_by)
    )
    if not by:
        return
    reason = await screen.ask(
        Ask(say("analysis.months.correct", name=line.name), say("analysis.months.why"), limit=200)
    )
    if reason:
        await service.correct(month, line, group, str(figure), int(by), reason)
        screen.hint("analysis.months.corrected", tone="good")


def _wrong_by(text: str) -> str | None:
    digits = text.removeprefix("-").removeprefix("+")
    right = digits.isascii() and digits.isdigit() and 0 < int(digits or 0) <= MOST_BY
    return None if right else "analysis.months.by_wrong"


def _line(line: Line) -> str:
    now = line.now
    said = say("analysis.months.group_line", name=line.name, **now)
    if line.frozen.get("bad", 0) != now["bad"] or line.frozen.get("rated", 0) != now["rated"]:
        said += "  " + say("analysis.months.was", rated=line.frozen.get("rated", 0), bad=line.frozen.get("bad", 0))
    return said


async def _publicity(screen: Frame, service: AppraisalService, month: Month) -> None:
    text, may = month.text, service.may_decide(month)
    title = say("analysis.publicity.of", month=month.id)
    if text is None:
        if not may:
            screen.hint("analysis.publicity.none")
        elif await screen.ask(Pick(title, [(True, say("analysis.publicity.make"))])):
            await service.draft(month)
            screen.hint("analysis.publicity.made", tone="good")
        return
    lines = [*text.text.split("\n"), "", say(f"analysis.publicity.{text.state}_by", **_persons(text))]
    own = text.drafted_by == service.desk.me.staff
    options: list[tuple[object, str]] = []
    if may and text.state == "draft" and not own:
        options = [("approve", say("analysis.publicity.approve")), ("refuse", say("analysis.publicity.refuse"))]
    if may and text.state != "approved":
        options.append(("make", say("analysis.publicity.again")))
    if not options:
        await screen.ask(Tell(title, lines))
        return
    chosen = await screen.ask(Pick(title, options, lines))
    if chosen == "approve":
        await service.approve(month, text.hash)
        screen.hint("analysis.publicity.out", tone="good")
    elif chosen == "make":
        await service.draft(month)
        screen.hint("analysis.publicity.made", tone="good")
    elif chosen == "refuse":
        reason = await screen.ask(Ask(title, say("analysis.months.why"), limit=200))
        if reason:
            await service.refuse(month, reason)


def _persons(text: view.Text) -> dict[str, str]:
    return {"drafted": text.drafted_by, "decided": text.decided_by or "-", "reason": text.reason or "-"}
