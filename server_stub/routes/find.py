"""GET /v1/find: cases by number, credit code or a part of the applicant's name, for whoever has a role on them.

A copy holds what its device's people work on; the centre also has what was archived, and what a new copy has not pulled
yet. At most twenty rows, those received last; who asked for what and which cases were shown stands in `lookup`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from server_stub.central.people import Caller, granted
from server_stub.central.store import Tx
from server_stub.services import Services
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import FIND_ROWS, Found, FoundCase
from sync.records.states import Role

MAY = frozenset({Role.CLERK, Role.GRID, Role.APPROVER, Role.SUPERVISOR})
_FIND = """SELECT c.id, c.number, c.matter, m.name, c.applicant, c.state, c.scope, c.received_at
FROM "case" c LEFT JOIN matter m ON m.id = c.matter
WHERE c.scope IN ({scopes}) AND (c.number = ? OR c.applicant_code = ? OR c.number LIKE ? ESCAPE '!'
    OR c.applicant LIKE ? ESCAPE '!')
ORDER BY c.received_at DESC, c.id LIMIT ?"""
_LOGGED = "INSERT INTO lookup (id, at, staff, device, session, asked, shown) VALUES (?, ?, ?, ?, ?, ?, ?)"


@get("/find", summary="Find cases at the centre")
async def find(
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
    q: Annotated[str, QueryParameter(description="end of a number, credit code, part of a name", max_length=60)] = "",
) -> Found:
    """Cases that the person's roles reach, archived ones too; nothing for fewer than two characters."""
    text = q.strip()
    if len(text) < 2:
        return Found(cases=[])
    found = await services.store.read(lambda tx: _find(tx, caller.staff, text))
    now = services.clock.now()
    shown = msgspec.json.encode([case.id for case in found]).decode()
    logged = (uuid7(now), now, caller.staff, caller.device, caller.session, text, shown)
    await services.store.write(lambda tx: tx.execute(_LOGGED, logged))
    return Found(cases=found)


async def _find(tx: Tx, staff: str, text: str) -> list[FoundCase]:
    over = {over for role, over in await granted(tx, staff) if role in MAY and ":case/" in over}
    scopes = sorted(over | {scope.replace(":case/", ":archive/", 1) for scope in over})
    if not scopes:
        return []
    plain = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    sql = _FIND.format(scopes=", ".join("?" * len(scopes)))
    rows = await tx.fetch(sql, (*scopes, text, text, f"%{plain}", f"%{plain}%", FIND_ROWS))
    return [
        FoundCase(
            id=id,
            number=number or "",
            matter=name or matter,
            applicant=applicant or "",
            state=state,
            scope=scope,
            received_at=received_at or 0,
        )
        for id, number, matter, name, applicant, state, scope, received_at in rows
    ]
