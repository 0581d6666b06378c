"""GET /v1/province: how the upload of ratings stands, and where the province's days differ from ours."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.di import NamedDependency

from server_stub.central.people import Caller, granted
from server_stub.central.store import Tx
from server_stub.services import Services
from server_stub.upstream.province.outbox import NAME
from sync.protocol.messages import ProvinceDay, ProvinceState
from sync.records.states import Role

MAY = frozenset({Role.SUPERVISOR, Role.DUTY})
DAYS, NUMBERS = 62, 50
_STATE = "SELECT last_ok_at, trouble, trouble_at, next_at FROM connector WHERE name = ?"
_DAYS = """SELECT day, state, ours, theirs, missing, differing, extra, compared_at FROM upload_day
ORDER BY CASE WHEN state = 'different' THEN 0 ELSE 1 END, day DESC LIMIT ?"""


@get("/province", summary="How the upload of ratings to the province stands")
async def province(caller: NamedDependency[Caller], services: NamedDependency[Services]) -> ProvinceState:
    """Counts, the last trouble and the days with their differences; nothing but for supervisors and duty managers."""
    on = bool(services.applier.hall.settings.get("province_url", ""))
    return await services.store.read(lambda tx: _state(tx, caller.staff, on=on))


async def _state(tx: Tx, staff: str, *, on: bool) -> ProvinceState:
    if not MAY & {role for role, _ in await granted(tx, staff)}:
        return ProvinceState(on=False)
    counts = dict(await tx.fetch("SELECT state, count(*) FROM upload GROUP BY state"))
    refused = await tx.fetch("SELECT code, count(*) FROM upload WHERE state = 'refused' GROUP BY code")
    oldest = await tx.fetch_one("SELECT min(day) FROM upload WHERE state <> 'acknowledged'")
    found = await tx.fetch_one(_STATE, (NAME,)) or (None, None, None, 0)
    return ProvinceState(
        on=on,
        waiting=counts.get("waiting", 0),
        acknowledged=counts.get("acknowledged", 0),
        refused=counts.get("refused", 0),
        refused_for={code or "": n for code, n in refused},
        oldest_day=oldest[0] or "",
        last_ok_at=found[0],
        trouble=found[1] or "",
        trouble_at=found[2],
        next_at=found[3],
        days=[_day(row) for row in await tx.fetch(_DAYS, (DAYS,))],
    )


def _day(row: Any) -> ProvinceDay:
    day, state, ours, theirs, *lists, compared_at = row
    missing, differing, extra = (msgspec.json.decode(each, type=list[str]) for each in lists)
    return ProvinceDay(
        day=day,
        state=state,
        ours=ours,
        theirs=theirs,
        missing=len(missing),
        differing=len(differing),
        extra=len(extra),
        numbers=[*missing, *differing, *extra][:NUMBERS],
        compared_at=compared_at,
    )
