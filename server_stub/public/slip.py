"""GET /v1/slip: the address of a ticket's page and its wait, for whoever gives out tickets: its holder's slip.

The page's token is sealed by the server's secret, so a terminal has to ask for it. On the wire, not a page: it stands
here because it tells what the page tells.
"""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.types import Scope

from server_stub.central.people import Caller, granted
from server_stub.public import token
from server_stub.public.central import CentralStore
from server_stub.public.queue import ticket_page
from server_stub.services import Services
from sync.protocol.messages import Slip
from sync.protocol.operation import NAME_LENGTH
from sync.records.states import Role, TicketState
from sync.rules.staff import RATED

MAY = frozenset({Role.CLERK, Role.DUTY, Role.GRID, Role.KIOSK})


@get("/slip", summary="What a ticket's holder takes along")
async def slip(
    caller: NamedDependency[Caller],
    services: NamedDependency[Services],
    scope: Scope,
    ticket: Annotated[str, QueryParameter(description="the ticket's id", max_length=NAME_LENGTH)] = "",
) -> Slip:
    """An empty one for a ticket that is not there, for one of a queue in which the person gives out none, and for one
    that waits no more. Whoever is rated is told no address: the page of today leads to the rating tomorrow, which is
    the citizen's alone."""
    # no dependency: beside `caller` it would be resolved in a group of tasks
    citizens: CentralStore = scope["state"]["citizens"]
    page = await ticket_page(citizens, ticket)
    over = await services.store.read(lambda tx: granted(tx, caller.staff))
    if page is None or page.state != TicketState.WAITING:
        return Slip()
    if not any(role in MAY and scope == page.scope for role, scope in over):
        return Slip()
    base = str(citizens.setting("public_url")).rstrip("/")
    rated = any(role in RATED for role, _ in over)
    address = f"{base}/t/{token.make(citizens.secret, token.TICKET, ticket)}" if base and not rated else ""
    code = "" if rated else token.code_of(citizens.secret, ticket)
    minutes, windows = list(page.minutes or ()), list(page.windows)
    return Slip(address=address, code=code, ahead=page.ahead, minutes=minutes, windows=windows)
