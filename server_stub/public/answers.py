"""What every handler of the citizens' pages shares: a rendered page with its headers, and what is said instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import Scope

from server_stub.central.trouble import StoreBusy
from server_stub.public import pages
from server_stub.public.compare import Comparer
from server_stub.public.rating import read_form
from server_stub.public.store import PublicStore, one
from server_stub.public.voice import Voice
from sync.errors import InputError

Asked = Request[Any, Any, Any]
Page = Response[str]


@dataclass(frozen=True, slots=True)
class Public:
    """What the handlers share."""

    store: PublicStore
    comparer: Comparer
    voice: Voice

    async def page(
        self,
        request: Asked,
        template: str,
        *,
        status: int = 200,
        screen: bool = False,
        refresh_seconds: int = 0,
        back: str = "",
        live: str = "",
        keeps: Mapping[str, str] = {},
        **told: Any,
    ) -> Page:
        """A rendered page. A `screen` in the hall speaks Chinese unless the address says otherwise; at such a screen a
        rating goes `back` to it by itself. A page that is read again when the stream at `live` says so has our script
        for it. What was chosen so far, `keeps`, goes along into the other language."""
        language = language_of(request, screen=screen)
        hall = await one(self.store, "hall", self.store.hall)
        html = pages.render(
            template,
            language,
            hall=hall.name if hall else "",
            sample=bool(hall and hall.sample),
            now=self.store.clock.now(),
            path=request.url.path.removesuffix("/words"),
            query=carried(request),
            other=carried(request, pages.catalogue()[language]["other_language_code"], keeps),
            back=back,
            refresh_seconds=refresh_seconds,
            live=live,
            **told,
        )
        shown = answer(html, status)
        if live:
            shown.headers["content-security-policy"] = pages.WITH_SCRIPT
        return shown


def provide_public(scope: Scope) -> Public:
    """Litestar's dependency `public`: that of the hall that was asked."""
    public: Public = scope["state"]["public"]
    return public


def carried(request: Asked, language: str | None = None, more: Mapping[str, str] = {}) -> str:
    """What an address hands on to the next: the language, the small screen that somebody stands at, and `more`."""
    lang, at = language or request.query_params.get("lang"), request.query_params.get("at")
    kept = {"lang": lang if lang in pages.LANGUAGES else None, "at": at, **more}
    told = urlencode({name: value for name, value in kept.items() if value})
    return f"?{told}" if told else ""


def language_of(request: Asked, *, screen: bool = False) -> str:
    """The language a request is answered in; a browser's preference counts only where it is the citizen's own."""
    own = not screen and not request.query_params.get("at")
    return pages.choose_language(
        request.query_params.get("lang"), request.headers.get("accept-language", "") if own else ""
    )


def answer(html: str, status: int = 200) -> Page:
    """HTML with the headers of every page."""
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=pages.HEADERS)


def problem(request: Asked, status: int) -> Page:
    """What a citizen reads instead of a page: a sentence, never a detail; and the way to the first page, unless that
    is a small screen, from which it would lead nobody back."""
    known = status if f"problem_{status}" in pages.catalogue()["zh"] else 500 if status >= 500 else 400
    told: dict[str, Any] = {"status": known, "path": "", "query": carried(request)}
    home = not request.query_params.get("at")
    return answer(pages.render("problem.html", language_of(request), home=home, **told), status)


def http_problem(request: Asked, error: HTTPException) -> Page:
    """What the framework or a handler refuses."""
    return problem(request, error.status_code)


def store_problem(request: Asked, _: StoreBusy) -> Page:
    """The store is full or busy; its log line is the write path's."""
    return problem(request, 503)


def form_problem(request: Asked, _: InputError) -> Page:
    """A form that no page of ours sent."""
    return problem(request, 400)


def missing() -> HTTPException:
    """Neither a page nor a hint whether there might be one."""
    return HTTPException(status_code=404)


async def posted(request: Asked) -> dict[str, list[str]]:
    """The fields of a posted form of at most FORM_BYTES."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise HTTPException(status_code=415)
    return read_form(await request.body())


def see(where: str) -> Page:
    """Go on by GET, so that a reload repeats nothing."""
    return Response("", status_code=303, media_type=MediaType.HTML, headers={**pages.HEADERS, "location": where})
