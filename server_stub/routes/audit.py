"""GET /v1/audit: who did what, when, to which record, for supervisors alone; and which scopes that may be asked of.

It reads the log as it lies in its order, some rows at a time: no index of it by person or record, which every
operation of every window would have to pay for. A day is the day of receipt, so it is one stretch of each scope, found
by halving. Nothing of a row's body is told.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from server_stub.central.people import Caller, granted
from server_stub.central.store import Tx
from server_stub.services import Services
from sync.calendar import end_of_day_ms, start_of_day_ms
from sync.errors import InputError
from sync.protocol.audit import AUDIT_LINES, AUDIT_ROWS, AuditLine, AuditPage, AuditScope, AuditScopes
from sync.protocol.chain import GENESIS
from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import NAME_LENGTH, is_name
from sync.records.states import Role

FARTHEST = 1 << 53
_RECEIVED = """SELECT coalesce(r.received, l.at) FROM log l LEFT JOIN result r ON r.device = l.device AND r.n = l.n
WHERE l.scope = ? AND l.seq >= ? ORDER BY l.seq LIMIT 1"""
_LINES = """SELECT l.seq, l."table", l.id, l.v, l.device, l.n, l."by", l.at, l.digest, l.hash, p.hash, r.kind,
    r.received
FROM log l LEFT JOIN log p ON p.scope = l.scope AND p.seq = l.seq - 1
LEFT JOIN result r ON r.device = l.device AND r.n = l.n
WHERE l.scope = ? AND l.seq BETWEEN ? AND ?{narrowed} ORDER BY l.seq DESC LIMIT ?"""


@get("/audit/scopes", summary="What may be audited, and the rows of a day")
async def audit_scopes(
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
    day: Annotated[
        str, QueryParameter(description="a day of the hall, or none for all", pattern=r"^(\d{4}-\d\d-\d\d)?$")
    ] = "",
) -> AuditScopes:
    """Every scope that the person audits, with its head."""
    try:
        moments = (start_of_day_ms(day), end_of_day_ms(day)) if day else None
    except (InputError, OverflowError):  # a day that no calendar has
        return AuditScopes()
    return await services.store.read(lambda tx: _scopes(tx, caller.staff, moments))


@get("/audit", summary="Who did what, when, to which record")
async def audit(
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
    of: Annotated[str, QueryParameter(name="scope", max_length=200)] = "",
    upto: Annotated[int, QueryParameter(description="the newest row looked at", ge=0, le=FARTHEST)] = FARTHEST,
    first: Annotated[int, QueryParameter(description="the oldest row looked at", ge=1, le=FARTHEST)] = 1,
    by: Annotated[str, QueryParameter(description="what this person did", max_length=NAME_LENGTH)] = "",
    record: Annotated[str, QueryParameter(description="what was done to it", max_length=2 * NAME_LENGTH)] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=AUDIT_LINES)] = AUDIT_LINES,
) -> AuditPage:
    """Lines of one scope, the newest first; none of a scope that is not the person's to audit."""
    named = [(column, name) for column, name in (('l."by"', by), ("l.id", record)) if name]
    if not all(is_name(name, 2 * NAME_LENGTH) for _, name in named):
        return AuditPage(reached=first)
    narrowed = "".join(f" AND {column} = ?" for column, _ in named)
    lowest = max(first, upto - AUDIT_ROWS + 1)
    asked = (of, lowest, upto, *(name for _, name in named), limit)

    async def work(tx: Tx) -> AuditPage:
        if of not in await audited(tx, caller.staff):
            return AuditPage(reached=first)
        lines = [_line(row) for row in await tx.fetch(_LINES.format(narrowed=narrowed), asked)]
        return AuditPage(lines=lines, reached=lines[-1].seq if len(lines) == limit else lowest)

    return await services.store.read(work)


async def audited(tx: Tx, staff: str) -> list[str]:
    """The scopes that somebody audits: those they supervise, what was archived of them, and base."""
    over = {over for role, over in await granted(tx, staff) if role == Role.SUPERVISOR}
    return sorted(
        over
        | {scope.replace(":case/", ":archive/", 1) for scope in over}
        | {scope_of(hall_of(scope), "base") for scope in over}
    )


async def _scopes(tx: Tx, staff: str, moments: tuple[int, int] | None) -> AuditScopes:
    heads = {scope: (seq, hashed) for scope, seq, hashed in await tx.fetch("SELECT scope, seq, hash FROM head")}
    found = []
    for scope in await audited(tx, staff):
        if scope in heads:
            seq, hashed = heads[scope]
            first, last = (1, seq) if moments is None else await _stretch(tx, scope, seq, *moments)
            found.append(AuditScope(scope=scope, seq=seq, hash=hashed, first=first, last=last))
    return AuditScopes(scopes=found)


async def _stretch(tx: Tx, scope: str, head: int, start: int, end: int) -> tuple[int, int]:
    """The rows received in [start, end)."""
    first = await _since(tx, scope, 1, head + 1, start)
    return first, (await _since(tx, scope, first, head + 1, end)) - 1


async def _since(tx: Tx, scope: str, low: int, high: int, moment: int) -> int:
    """The first row from `low` on that was received at `moment` or later; `high` where none was."""
    while low < high:
        middle = (low + high) // 2
        found = await tx.fetch_one(_RECEIVED, (scope, middle))
        if found is not None and found[0] < moment:
            low = middle + 1
        else:
            high = middle
    return low


def _line(row: Any) -> AuditLine:
    seq, table, id, v, device, n, by, at, digest, hashed, previous, kind, received = row
    return AuditLine(
        seq=seq,
        table=table,
        id=id,
        v=v,
        device=device,
        n=n,
        by=by,
        at=at,
        digest=digest,
        hash=hashed,
        previous=previous or (GENESIS if seq == 1 else ""),
        kind=kind or "",
        received=received,
    )
