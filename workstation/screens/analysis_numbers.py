"""号码台账 at screen 8: of every series how many numbers were given, used, void and open, and why one was not used; and
of all series together the void register of the hall, to be read or exported."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sync.protocol.gaps import Gaps, SeriesAccount
from workstation.locale import say
from workstation.services.numbers import NumbersService, VoidLine, span, why
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
        options: list[tuple[SeriesAccount | str, str]] = [(each, _line(each, service)) for each in found.series]
        if not options:
            await screen.ask(Tell(say("analysis.numbers"), lines))
            return
        options.append(("", say("analysis.numbers.register")))
        chosen = await screen.ask(Pick(say("analysis.numbers"), options, lines))
        if chosen is None:
            return
        if isinstance(chosen, SeriesAccount):
            await screen.ask(Tell(_name(chosen, service), _account(chosen)))
        else:
            await _register(screen, service, service.voids(found))


async def _register(screen: Frame, service: NumbersService, lines: list[VoidLine]) -> None:
    """作废登记 of the whole hall, and its file."""
    told = [
        say("analysis.numbers.line", series=f"{each.series} {each.period}", numbers=each.numbers, why=each.why)
        for each in lines[:MOST]
    ]
    if len(lines) > MOST:
        told.append(say("analysis.numbers.more", count=len(lines) - MOST))
    title = say("analysis.numbers.register_of", count=sum(each.count for each in lines))
    if not lines:
        await screen.ask(Tell(title, [say("analysis.numbers.none")]))
        return
    kind = await screen.ask(Pick(title, [(kind, say(f"overview.export.{kind}")) for kind in ("csv", "xlsx")], told))
    if kind is not None:
        path = await asyncio.to_thread(service.export, lines, str(kind))
        screen.hint("overview.exported", tone="good", path=str(path))


def told(found: Gaps) -> list[str]:
    """Since when, how many series lack nothing, and whether any number is not explained."""
    unexplained = sum(len(each.unexplained) for each in found.series)
    sure = say("analysis.numbers.unexplained", count=unexplained) if unexplained else say("analysis.numbers.explained")
    return [say("analysis.numbers.since", since=found.since, whole=found.whole, some=len(found.series)), sure]


def _name(account: SeriesAccount, service: NumbersService) -> str:
    return f"{service.name(account)} {account.period}"


def _line(account: SeriesAccount, service: NumbersService) -> str:
    mark = "! " if account.unexplained else ""
    return f"{mark}{_name(account, service)}  {_sum(account)}"


def _sum(account: SeriesAccount) -> str:
    return say("analysis.numbers.sum", given=account.given, used=account.used, void=account.void, open=account.open)


def _account(account: SeriesAccount) -> list[str]:
    lines = [_sum(account)]
    for run in account.runs[:MOST]:
        lines.append(say("analysis.numbers.void", numbers=span(run.first, run.last), why=why(run.reason)))
    if account.open:
        lines.append(say("analysis.numbers.open", count=account.open))
    lines += [say("analysis.numbers.nowhere", n=n) for n in account.unexplained[:MOST]]
    return lines
