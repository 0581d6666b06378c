"""The address of a ticket, /t/<token>: its holder's alone, on a telephone. It works without JavaScript.

GET /t/<token> ─▶ the page ─▶ "I am not coming any more" ─POST cancel─▶ 303 the page, which says that it is cancelled
"""

from __future__ import annotations

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server_stub.public import token
from server_stub.public.answers import Asked, Page, Public, carried, missing, see
from server_stub.public.queue import TicketPage, give_up, ticket_page
from server_stub.public.rating import FORM_BYTES

REFRESH = 15
"""Seconds until a page that moves reads itself again."""


async def view_of(public: Public, sealed: str) -> tuple[str, TicketPage]:
    """The ticket that a token opens; 404 for any other."""
    id = token.check(public.store.secret, token.TICKET, sealed)
    view = await ticket_page(public.store, id) if id is not None else None
    if id is None or view is None:
        raise missing()
    return id, view


@get("/t/{sealed:str}", include_in_schema=False)
async def ticket(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """One's own ticket."""
    _, view = await view_of(public, sealed)
    told: dict[str, Any] = {"refresh_seconds": REFRESH, "live": f"{request.url.path}/live"} if view.moves else {}
    return await public.page(request, "ticket.html", view=view, **told)


@post("/t/{sealed:str}/cancel", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def cancel(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """Its holder does not wait any longer; whoever is served meanwhile goes on being served."""
    id, view = await view_of(public, sealed)
    if view.may_go:
        await give_up(public.store, id, view.scope)
    return see(request.url.path.removesuffix("/cancel") + carried(request))


HANDLERS = (ticket, cancel)
