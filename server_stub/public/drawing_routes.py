"""The address of a ticket drawn with a telephone: /g/<code of the display>. It works without JavaScript.

GET /g/<code> ─┬ the form: matters, priority ─POST─┬ 303 /t/<token>, and the browser keeps which it was
               ├ it has one already ─▶ 303 to it    └ none chosen, refused, too often ─▶ the form, with the sentence
               └ a code of before ───▶ 410: scan what the display shows now
"""

from __future__ import annotations

from typing import Any

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath

from server_stub.public import pages, token
from server_stub.public.answers import Asked, Page, Public, carried, missing, posted, see
from server_stub.public.booking import queue_of
from server_stub.public.drawing import (
    DRAW,
    DRAWN,
    OPENS,
    TAKES,
    DrawForm,
    draw,
    draw_form,
    draw_page,
    held,
    site_of,
    unfit,
)
from server_stub.public.rating import FORM_BYTES
from sync.protocol.messages import ACCEPTED, REFUSED, Result
from sync.records.settings import DAY
from sync.rules.ticket.issue import MATTERS_MOST

HOLDS = "ticket"
"""The cookie of a browser that drew a ticket."""
SAID = frozenset({"too_many", "inactive"})
Wrong = tuple[str, dict[str, Any]]


async def show_form(
    request: Asked, public: Public, site: str | None, form: DrawForm, status: int = 200, wrong: Wrong | None = None
) -> Page:
    """The form; with what was wrong and what was filled in."""
    found = await queue_of(public.store, site)
    if found is None:
        raise missing()
    view = await draw_page(public.store, *found, form)
    return await public.page(request, "draw.html", status=status, view=view, wrong=wrong)


async def opened(request: Asked, public: Public, sealed: str, later: int) -> tuple[str | None, Page | None]:
    """The site of a code, and what is shown instead of its form: that it has run out, or the ticket that is held."""
    found = site_of(public.store, sealed, later)
    if found is None:
        raise missing()
    site, fresh = found
    if (ticket := await held(public.store, request.cookies.get(HOLDS, ""))) is not None:
        return site, to_ticket(request, public, ticket)
    return site, None if fresh else await public.page(request, "draw.html", status=410, view=None, wrong=None)


def to_ticket(request: Asked, public: Public, id: str) -> Page:
    """On to the ticket's own page."""
    return see(f"/t/{token.make(public.store.secret, token.TICKET, id)}{carried(request)}")


@get("/g/{sealed:str}", include_in_schema=False)
async def draw_form_page(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """What somebody who scanned the display may come for."""
    site, instead = await opened(request, public, sealed, OPENS)
    return instead or await show_form(request, public, site, DrawForm(tuple(request.query_params.getall("m", []))))


@post("/g/{sealed:str}", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def draw_ticket(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """The form was sent. Sent twice, with something else in it too, it is one ticket."""
    form = draw_form(await posted(request))
    id = token.check(public.store.secret, DRAW, form.id)
    if id is None:
        raise missing()
    site, instead = await opened(request, public, sealed, TAKES)
    found = await queue_of(public.store, site)
    if instead is not None or found is None:
        return instead or await show_form(request, public, site, form)
    address = request.client.host if request.client else ""
    again = await public.store.asks("ticket", address, public.store.setting("phone_tickets"))
    if again is not None:
        return await show_form(request, public, site, form, 429, ("draw_often", {"at": pages.clock_time(again)}))
    if why := await unfit(public.store, found[0], form):
        return await show_form(request, public, site, form, 422, (f"draw_{why}", {}))
    result = await draw(public.store, found[0], id, form)
    if result.status != ACCEPTED and result.code != "exists":
        status = 422 if result.status == REFUSED else 503
        return await show_form(request, public, site, form, status, wrong_of(result))
    shown = to_ticket(request, public, id)
    secure = request.url.scheme == "https"
    sealed_id = token.make(public.store.secret, DRAWN, id)
    shown.cookies.append(
        Cookie(HOLDS, value=sealed_id, path="/g", max_age=DAY // 1000, httponly=True, samesite="lax", secure=secure)
    )
    return shown


def wrong_of(result: Result) -> Wrong:
    """What is said of a form that gave no ticket."""
    if result.status != REFUSED:
        return "wrong_busy", {}
    return (f"draw_{result.code}" if result.code in SAID else "draw_refused"), {"most": MATTERS_MOST}


HANDLERS = (draw_form_page, draw_ticket)
