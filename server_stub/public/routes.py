"""The citizens' addresses. Each handler: token → view → page; those that post: form → submit → redirect.

POST /r/<token> ─▶ rating.give ─┬ accepted, or answered already ─▶ 303 to the same page, which says thanks
                                └ a field is wrong               ─▶ the form again, filled in, with the sentence
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import MediaType, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from server_stub.central.trouble import StoreBusy
from server_stub.public import (
    booking_routes,
    drawing_routes,
    moving,
    notice_routes,
    pages,
    progress_routes,
    publicity_routes,
    screens,
    ticket_routes,
    token,
)
from server_stub.public.answers import (
    Asked,
    Page,
    Public,
    carried,
    form_problem,
    http_problem,
    missing,
    posted,
    provide_public,
    store_problem,
)
from server_stub.public.compare import AROUND, FILE_BYTES, Compared, uploaded
from server_stub.public.drawing import code_path
from server_stub.public.examples import examples
from server_stub.public.paper import paper_of_page, paper_page
from server_stub.public.plain import is_plain
from server_stub.public.queue import DISPLAYED, announced, display, still_called, window_page
from server_stub.public.rating import FORM_BYTES, Form, add_words, give, rating_form, rating_page, typed
from server_stub.public.standing import offers
from server_stub.public.store import one
from server_stub.public.voice import TEST, words
from sync.errors import InputError
from sync.protocol.identifiers import scope_of
from sync.protocol.messages import ACCEPTED, REFUSED, Result
from sync.records.states import InviteState

SCREEN_REFRESH, BACK = 2, 20
"""Seconds until a page reads itself again, or an answered rating leaves the small screen to the next citizen."""
ANSWERED = frozenset({"invite_closed", "exists"})
"""Refusals that mean: this was said before. The page itself says what became of it."""
OWN = "answered"
"""The cookie of the browser that gave the rating, for that page only and until it is closed."""
SAID_OF_A_FIELD = frozenset({"bad_value", "too_long", "too_many"})


@get("/", include_in_schema=False)
async def index(request: Asked, public: NamedDependency[Public]) -> Page:
    """What there is."""
    sites = [row for row in await public.store.read("site") if row.queue_scope and row.kind != "hall"]
    booking = bool(public.store.setting("appointment_seats"))
    told: dict[str, Any] = {"offers": await offers(public.store, scope_of(public.store.hall, "queue")), "sites": sites}
    told["examples"] = await examples(public.store)
    return await public.page(request, "index.html", screens=await _open_screens(public), booking=booking, **told)


@get("/q/{site:str}", include_in_schema=False)
async def site_waits(request: Asked, public: NamedDependency[Public], site: FromPath[str]) -> Page:
    """What a site's windows do, and how long one would wait now."""
    place = await one(public.store, "site", site)
    if place is None or not place.queue_scope:
        raise missing()
    return await public.page(
        request, "waits.html", place=place.name, offers=await offers(public.store, place.queue_scope)
    )


async def _open_screens(public: Public) -> list[tuple[str, str]]:
    """(label, address) of every small screen of a sample hall. A real hall's stand nowhere: `sync-server screens`."""
    hall = await one(public.store, "hall", public.store.hall)
    if hall is None or not hall.sample:
        return []
    return await screens.addresses(public.store)


def public_url(request: Asked, public: Public) -> str:
    """What the addresses in codes begin with: where telephones reach the pages."""
    return str(public.store.setting("public_url") or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")


@get("/d", include_in_schema=False)
async def hall_display(request: Asked, public: NamedDependency[Public]) -> Page:
    """The hall's display."""
    return await show_display(request, public, None)


@get("/d/{site:str}", include_in_schema=False)
async def site_display(request: Asked, public: NamedDependency[Public], site: FromPath[str]) -> Page:
    """A site's display."""
    return await show_display(request, public, site)


async def show_display(request: Asked, public: Public, site: str | None) -> Page:
    """The newest announcements of one queue."""
    found = await display(public.store, site)
    if found is None:
        raise missing()
    place, _, lines = found
    live = f"{request.url.path.rstrip('/')}/live"
    told: dict[str, Any] = {"screen": True, "refresh_seconds": SCREEN_REFRESH, "live": live}
    spoken = "/say" if public.voice.ready else ""
    told |= {"place": place, "lines": lines[:DISPLAYED], "before": lines[DISPLAYED:] if spoken else ()}
    told["still"] = still_called(lines)
    here = code_path(public.store, site)
    told["draw"] = pages.qr(public_url(request, public) + here) if here else None
    return await public.page(request, "display.html", voice=spoken, **told)


@get("/say/{id:str}", include_in_schema=False)
async def say(public: NamedDependency[Public], id: FromPath[str]) -> Response[bytes]:
    """One announcement of today as sound; `test` is none, to try the loudspeaker with."""
    found = await announced(public.store, id)
    if found is None and id != "test":
        raise missing()
    sound = await public.voice.said(TEST if found is None else words(*found))
    if sound is None:
        raise missing()
    headers = {"cache-control": "max-age=600", "x-content-type-options": "nosniff"}
    return Response(sound, media_type="audio/wav", headers=headers)


@get("/w/{address:str}", include_in_schema=False)
async def small_screen(request: Asked, public: NamedDependency[Public], address: FromPath[str]) -> Page:
    """The screen that faces the citizen: the called number; after the service, the code of the rating page."""
    view = await window_page(public.store, address)
    if view is None:
        raise missing()
    code = None
    if view.invitation is not None or view.given is not None:
        led_to = f"t/{view.given.ticket}" if view.given else f"r/{view.invitation.rating if view.invitation else ''}"
        code = pages.qr(f"{public_url(request, public)}/{led_to}")
    told: dict[str, Any] = {"screen": True, "refresh_seconds": SCREEN_REFRESH, "live": f"{request.url.path}/live"}
    return await public.page(request, "window.html", view=view, code=code, **told)


async def show_rating(
    request: Asked, public: Public, id: str, *, status: int = 200, wrong: Result | None = None, form: Form | None = None
) -> Page:
    """The rating's page: form, thanks or closed; with what was wrong and what was filled in."""
    view = await rating_page(public.store, id, form, own=has_answered(request, public, id))
    if view is None:
        raise missing()
    at = request.query_params.get("at", "")
    here = view.window_id is not None and screens.window_at(public.store, at) == view.window_id
    back = f"/w/{quote(at, safe='')}" if here else ""
    # A form that somebody walked away from must not keep the screen from the next citizen either.
    seconds = public.store.setting("small_screen_invite") // 1000 if view.state == "open" else BACK
    return await public.page(
        request,
        "rating.html",
        status=status,
        back=back,
        refresh_seconds=seconds if back else 0,
        view=view,
        wrong=_sentence(wrong),
    )


def _sentence(wrong: Result | None) -> tuple[str, dict[str, Any]] | None:
    """The catalogue's key for what was wrong, and what fills it in."""
    if wrong is None:
        return None
    code = str(wrong.code)
    if wrong.status != REFUSED or code not in SAID_OF_A_FIELD:
        return "wrong_busy", {}
    key = f"wrong_{code}_{wrong.params.get('field')}" if code == "bad_value" else f"wrong_{code}"
    return (key if key in pages.catalogue()["zh"] else "wrong_busy"), {"max": wrong.params.get("max", "")}


def rating_id(public: Public, sealed: str) -> str:
    """The invitation that a token opens; 404 for a forged one."""
    id = token.check(public.store.secret, token.RATING, sealed)
    if id is None:
        raise missing()
    return id


def has_answered(request: Asked, public: Public, id: str) -> bool:
    """Whether this browser gave the rating."""
    return token.check(public.store.secret, token.ANSWERED, request.cookies.get(OWN, "")) == id


def own_cookie(request: Asked, public: Public, id: str) -> Cookie:
    """What the browser that gave a rating is known by afterwards."""
    sealed = token.make(public.store.secret, token.ANSWERED, id)
    secure = request.url.scheme == "https"
    return Cookie(OWN, value=sealed, path=request.url.path, httponly=True, samesite="lax", secure=secure)


async def after(request: Asked, public: Public, id: str, result: Result, form: Form) -> Page:
    """Back to the page by GET once it was said, so that a reload repeats nothing; else the form again."""
    if result.status == ACCEPTED or (result.status == REFUSED and result.code in ANSWERED):
        where = request.url.path.removesuffix("/words") + carried(request)
        return Response("", status_code=303, media_type=MediaType.HTML, headers={**pages.HEADERS, "location": where})
    if result.status == REFUSED and result.code == "not_found":
        raise missing()
    known = result.status == REFUSED and result.code in SAID_OF_A_FIELD
    return await show_rating(request, public, id, status=422 if known else 503, wrong=result, form=form)


@get("/r/{sealed:str}", include_in_schema=False)
async def rating(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """The rating's form, or what became of it."""
    return await show_rating(request, public, rating_id(public, sealed))


@post("/r/{sealed:str}", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def send_rating(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """A rating was sent; sent twice, it counts once."""
    id = rating_id(public, sealed)
    form = rating_form(await posted(request))
    channel = "window" if screens.window_at(public.store, request.query_params.get("at", "")) else "phone"
    invite = await one(public.store, "invite", id)
    # The same words sent again are accepted again: a guess at them must not earn the cookie.
    first = invite is not None and invite.state == InviteState.OPEN
    result = await give(public.store, id, form, channel)
    shown = await after(request, public, id, result, form)
    if first and result.status == ACCEPTED and channel == "phone":  # a small screen is everybody's
        shown.cookies.append(own_cookie(request, public, id))
    return shown


@post("/r/{sealed:str}/words", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def send_words(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """Words are added to a rating."""
    id = rating_id(public, sealed)
    form = Form(words=typed("\n".join((await posted(request)).get("words", []))))
    return await after(request, public, id, await add_words(public.store, id, form.words), form)


async def show_paper(
    request: Asked, public: Public, page: str, compared: Compared | None = None, *, status: int = 200
) -> Page:
    """The paper's page; with what is to be said of a file that somebody holds against it."""
    view = await paper_page(public.store, page)
    if view is None:
        raise missing()
    largest = FILE_BYTES >> 20
    shown = await public.page(request, "paper.html", status=status, view=view, compared=compared, largest=largest)
    shown.headers["content-security-policy"] = pages.WITH_SCRIPT
    return shown


@get("/v/{page:str}", include_in_schema=False)
async def paper(request: Asked, public: NamedDependency[Public], page: FromPath[str]) -> Page:
    """The registry's word on a document."""
    return await show_paper(request, public, page)


@post("/v/{page:str}", include_in_schema=False, status_code=200, request_max_body_size=FILE_BYTES + AROUND)
async def compare_file(request: Asked, public: NamedDependency[Public], page: FromPath[str]) -> Page:
    """A file is held against the registry. Nothing changes and nothing is kept, so the answer is the page itself."""
    try:
        held = uploaded(request.headers.get("content-type", ""), await request.body())
    except HTTPException as error:
        if error.status_code != 413:
            raise
        return await show_paper(request, public, page, Compared("too_large"), status=413)
    if held is None:
        raise HTTPException(status_code=415)
    found = await paper_of_page(public.store, page)
    return await show_paper(request, public, page, await public.comparer.compare(held, found))


@get(["/paper.js", "/live.js", "/display.js"], include_in_schema=False, sync_to_thread=False)
def scripts(request: Asked) -> Response[bytes]:
    """The scripts, all in the browser: one holds a code's mac against a paper's page, one reads a page again, one says
    what the display shows."""
    headers = {"cache-control": "max-age=300", "x-content-type-options": "nosniff"}
    script = pages.script(request.url.path.strip("/").removesuffix(".js"))
    return Response(script, media_type="text/javascript", headers=headers)


@get("/page.css", include_in_schema=False, sync_to_thread=False)
def style_sheet() -> Response[bytes]:
    """The one style sheet."""
    headers = {"cache-control": "max-age=300", "x-content-type-options": "nosniff"}
    return Response(pages.style(), media_type="text/css", headers=headers)


def _plainly(request: Asked) -> None:
    if not all(is_plain(str(part)) for part in request.path_params.values()):
        raise missing()


def public_router() -> Router:
    """All of it, to be mounted at the root."""
    return Router(
        "/",
        route_handlers=[
            index,
            site_waits,
            hall_display,
            site_display,
            say,
            small_screen,
            rating,
            send_rating,
            send_words,
            paper,
            compare_file,
            scripts,
            *ticket_routes.HANDLERS,
            *moving.HANDLERS,
            *notice_routes.HANDLERS,
            *publicity_routes.HANDLERS,
            *booking_routes.HANDLERS,
            *drawing_routes.HANDLERS,
            *progress_routes.HANDLERS,
            style_sheet,
        ],
        dependencies={
            "public": Provide(provide_public, sync_to_thread=False),
            "moves": Provide(moving.provide_moves, sync_to_thread=False),
        },
        before_request=_plainly,
        exception_handlers={HTTPException: http_problem, StoreBusy: store_problem, InputError: form_problem},
    )
