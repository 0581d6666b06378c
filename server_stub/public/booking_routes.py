"""The addresses of appointments: /b is the form, /a/<token> the page of one. Both work without JavaScript.

GET /b ─▶ ?m=matter ─▶ &day=… ─▶ POST /b ─┬ a seat ─▶ 303 /a/<token> ─POST check-in─▶ 303 /t/<token>
                                          └ none ───▶ the form again, with the sentence; too often: 429
"""

from __future__ import annotations

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server_stub.public import pages, token
from server_stub.public.answers import Asked, Page, Public, carried, missing, posted, see
from server_stub.public.booking import (
    APPOINTMENT,
    BOOK,
    AppointmentPage,
    BookForm,
    appointment_page,
    book,
    book_form,
    book_page,
    cancel,
    check_in,
    path_of,
    queue_of,
    wrong_of,
)
from server_stub.public.rating import FORM_BYTES
from sync.protocol.messages import ACCEPTED, REFUSED
from sync.rules.appointment import ticket_id

REFRESH = 30


async def show_form(
    request: Asked,
    public: Public,
    site: str | None,
    form: BookForm,
    *,
    status: int = 200,
    wrong: tuple[str, dict[str, Any]] | None = None,
) -> Page:
    """The form, as far as was chosen; with what was wrong and what was filled in."""
    found = await queue_of(public.store, site)
    if found is None:
        raise missing()
    view = await book_page(public.store, *found, form)
    keeps = {"m": view.form.matter, "day": view.form.day} if view.matter else {}
    return await public.page(request, "book.html", status=status, view=view, wrong=wrong, keeps=keeps)


def chosen(request: Asked) -> BookForm:
    """The matter and the day in an address."""
    return BookForm(matter=request.query_params.get("m", "")[:200], day=request.query_params.get("day", "")[:10])


@get("/b", include_in_schema=False)
async def hall_form(request: Asked, public: NamedDependency[Public]) -> Page:
    """The hall's appointments."""
    return await show_form(request, public, None, chosen(request))


@get("/b/{site:str}", include_in_schema=False)
async def site_form(request: Asked, public: NamedDependency[Public], site: FromPath[str]) -> Page:
    """A site's."""
    return await show_form(request, public, site, chosen(request))


async def take(request: Asked, public: Public, site: str | None) -> Page:
    """The form was sent. Sent twice, it is one seat."""
    found, form = await queue_of(public.store, site), book_form(await posted(request))
    id = token.check(public.store.secret, BOOK, form.id)
    if found is None or id is None:
        raise missing()
    address = request.client.host if request.client else ""
    again = await public.store.asks("seat", address, public.store.setting("appointment_address"))
    if again is not None:
        wrong = "book_wrong_often", {"at": pages.clock_time(again)}
        return await show_form(request, public, site, form, status=429, wrong=wrong)
    result = await book(public.store, found[0], id, form)
    if result.status == ACCEPTED:
        return see(path_of(public.store, id) + carried(request))
    status = 422 if result.status == REFUSED else 503
    return await show_form(request, public, site, form, status=status, wrong=wrong_of(result))


@post("/b", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def hall_take(request: Asked, public: NamedDependency[Public]) -> Page:
    """A seat in the hall."""
    return await take(request, public, None)


@post("/b/{site:str}", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def site_take(request: Asked, public: NamedDependency[Public], site: FromPath[str]) -> Page:
    """A seat at a site."""
    return await take(request, public, site)


async def view_of(public: Public, sealed: str) -> tuple[str, AppointmentPage]:
    """The appointment that a token opens; 404 for any other."""
    id = token.check(public.store.secret, APPOINTMENT, sealed)
    view = await appointment_page(public.store, id) if id is not None else None
    if id is None or view is None:
        raise missing()
    return id, view


@get("/a/{sealed:str}", include_in_schema=False)
async def appointment(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """One's own appointment; on its day it is read again, so that its holder sees when they may report."""
    _, view = await view_of(public, sealed)
    seconds = REFRESH if view.today and view.state in ("booked", "missed") else 0
    return await public.page(request, "appointment.html", view=view, refresh_seconds=seconds)


@post("/a/{sealed:str}/check-in", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def report(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """Its holder is there: on to the ticket's page."""
    id, view = await view_of(public, sealed)
    if view.may & {"check_in", "late"}:
        result = await check_in(public.store, id, view.scope)
        if result.status == ACCEPTED:
            return see(f"/t/{token.make(public.store.secret, token.TICKET, ticket_id(id))}{carried(request)}")
    return see(path_of(public.store, id) + carried(request))


@post("/a/{sealed:str}/cancel", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def give_up(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """Its holder does not come."""
    id, view = await view_of(public, sealed)
    if "cancel" in view.may:
        await cancel(public.store, id, view.scope)
    return see(path_of(public.store, id) + carried(request))


HANDLERS = (hall_form, site_form, hall_take, site_take, appointment, report, give_up)
