"""GET /v1/snapshot: which file a scope lies in as a whole; the file is fetched like any blob."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter

from server_stub.central.people import Caller, scopes_for
from server_stub.problems import told
from server_stub.services import Services
from sync.protocol.messages import Snapshot


@get("/snapshot", summary="A scope as a whole", responses=told(404))
async def snapshot(
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
    named: Annotated[
        str, QueryParameter(name="scope", description="a scope that the device may hold", max_length=200)
    ] = "",
) -> Snapshot:
    """Made where there is none of this hour; 404 for a scope that is not there for this device."""
    now = services.clock.now()
    if named not in await services.store.read(lambda tx: scopes_for(tx, caller.device, now)):
        raise NotFoundException
    return await services.snapshots.of(named)
