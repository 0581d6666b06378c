"""号码台账 at screen 8: of every series how many numbers were given, used, void and open, and why one was not used."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sync.protocol.gaps import Gaps, SeriesAccount
from sync.protocol.identifiers import class_of, part_of
from workstation.locale import has, say
from workstation.services.numbers import NumbersService
from workstation.widgets.dialog import Pick, Tell

if TYPE_CHECKING:
    from workstation.screens.frame import Frame

MOST = 16


async def look(screen: Frame, service: NumbersService) -> None:
    """Until the person leaves the list."""
    found = await asyncio.to_thread(service.gaps)
    if found is None:
        screen.hint("analysis.numbers.silent")
        return
    while True:
        lines = told(found)
        options = [(each, _line(each, service)) for each in found.series]
        if not options:
            await screen.ask(Tell(say("analysis.numbers"), lines))
            return
        chosen = await screen.ask(Pick(say("analysis.numbers"), options, lines))
        if chosen is None:
            return
        await screen.ask(Tell(_name(chosen, service), _account(chosen)))


def told(found: Gaps) -> list[str]:
    """Since when, how many series lack nothing, and whether any number is not explained."""
    unexplained = sum(len(each.unexplained) for each in found.series)
    sure = say("analysis.numbers.unexplained", count=unexplained) if unexplained else say("analysis.numbers.explained")
    return [say("analysis.numbers.since", since=found.since, whole=found.whole, some=len(found.series)), sure]


def _name(account: SeriesAccount, service: NumbersService) -> str:
    """`licang:queue:A` tickets, `case/licang:case/registration` cases, `licang/grant_decision` papers."""
    series = account.series
    if series.startswith("case/"):
        words = say("analysis.numbers.cases", office=service.place(part_of(series.removeprefix("case/"))))
    elif ":" in series:
        scope, _, prefix = series.rpartition(":")
        site = part_of(scope) if class_of(scope) == "queue" else scope
        words = say("analysis.numbers.tickets", prefix=prefix, site=site).strip()
    else:
        key = f"issue.paper.{series.rpartition('/')[2]}"
        words = say(key) if has(key) else series
    return f"{words} {account.period}"


def _line(account: SeriesAccount, service: NumbersService) -> str:
    mark = "! " if account.unexplained else ""
    return f"{mark}{_name(account, service)}  {_sum(account)}"


def _sum(account: SeriesAccount) -> str:
    return say("analysis.numbers.sum", given=account.given, used=account.used, void=account.void, open=account.open)


def _account(account: SeriesAccount) -> list[str]:
    lines = [_sum(account)]
    for run in account.runs[:MOST]:
        key = f"analysis.numbers.why.{run.reason}"
        why = say(key) if has(key) else run.reason
        numbers = str(run.first) if run.first == run.last else f"{run.first}-{run.last}"
        lines.append(say("analysis.numbers.void", numbers=numbers, why=why))
    if account.open:
        lines.append(say("analysis.numbers.open", count=account.open))
    lines += [say("analysis.numbers.nowhere", n=n) for n in account.unexplained[:MOST]]
    return lines
