"""GET /v1/gaps: numbers that were given and not used, each with its reason."""

from __future__ import annotations

import asyncio

from litestar import get
from litestar.di import NamedDependency

from server_stub.central.gaps import Account, Given, given, settled
from server_stub.central.people import Caller, granted
from server_stub.central.store import Tx
from server_stub.services import Services
from sync.calendar import day_of
from sync.protocol.gaps import Gaps, SeriesAccount, VoidRun
from sync.records.settings import DAY
from sync.records.states import Role

MAY = frozenset({Role.SUPERVISOR, Role.DUTY})
DAYS, SERIES, RUNS = 31, 200, 50


@get("/gaps", summary="Numbers that were given and not used, with their reasons")
async def gaps(caller: NamedDependency[Caller], services: NamedDependency[Services]) -> Gaps:
    """The last 31 days; nothing but for supervisors and duty managers. `sync-server gaps` has all of it."""
    since = day_of(services.clock.now() - DAYS * DAY)
    found = await services.store.read(lambda tx: _given(tx, caller.staff, since))
    return Gaps() if found is None else await asyncio.to_thread(_gaps, found)


async def _given(tx: Tx, staff: str, since: str) -> Given | None:
    """None for who may not know."""
    return await given(tx, since) if MAY & {role for role, _ in await granted(tx, staff)} else None


def _gaps(told: Given) -> Gaps:
    """A month of numbers takes a while to reckon: in a thread, whatever the store; pushes go on."""
    found = settled(told)
    missing = [each for each in found if each.void or each.pending or each.unexplained]
    missing.sort(key=lambda each: (not each.unexplained, _newest_first(each.period), each.series))
    return Gaps(since=told.since, whole=len(found) - len(missing), series=[_told(each) for each in missing[:SERIES]])


def _newest_first(period: str) -> tuple[int, ...]:
    return tuple(-int(part) for part in period.split("-") if part.isdigit())


def _told(account: Account) -> SeriesAccount:
    return SeriesAccount(
        series=account.series,
        period=account.period,
        given=account.given,
        used=len(account.used),
        void=len(account.void),
        open=len(account.pending),
        runs=[VoidRun(first=first, last=last, reason=reason) for first, last, reason in account.runs()][:RUNS],
        unexplained=account.unexplained[:RUNS],
    )
