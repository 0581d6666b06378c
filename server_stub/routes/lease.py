"""POST /v1/heartbeat, /v1/lease: what a window session holds for a while. The work is done in `server_stub.leases`."""

from __future__ import annotations

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from server_stub.central.people import Caller
from server_stub.problems import told
from server_stub.services import Services
from sync.protocol.messages import AskLeases, Beat, Heard, Leases


@post("/heartbeat", status_code=200, summary="A window's device is there", responses=told(409))
async def heartbeat(
    data: JSONBody[Beat], caller: NamedDependency[Caller], services: NamedDependency[Services]
) -> Heard:
    """No operation: it leaves nothing in any log. Refused `window_closed` (409) where the session is over."""
    return await services.leases.heard(data.session, caller.device, caller.staff)


@post("/lease", status_code=200, summary="Ask for leases, and give back", responses=told(409))
async def lease(
    data: JSONBody[AskLeases], caller: NamedDependency[Caller], services: NamedDependency[Services]
) -> Leases:
    """All leases that the session holds after it, each lasting from the sending of this request; the blocks given."""
    await services.timers.catch_up()
    return await services.leases.answer(data, caller.device, caller.staff)
