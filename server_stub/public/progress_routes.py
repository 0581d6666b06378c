"""/c: a case's number and code; /c/<token>, how far it is. The code is posted, so that no address and no log holds it.

POST /c ─┬ the case's own ─▶ 303 /c/<token>
         └ no such pair   ─▶ the form again, with one sentence for both: nobody learns which numbers there are
"""

from __future__ import annotations

from litestar import MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server_stub.public import pages, token
from server_stub.public.answers import Asked, Page, Public, carried, missing, posted
from server_stub.public.progress import CASE, LONGEST_CODE, LONGEST_NUMBER, address, case_of, progress_page
from server_stub.public.rating import FORM_BYTES

REFRESH = 300


@get("/c", include_in_schema=False)
async def ask(request: Asked, public: NamedDependency[Public]) -> Page:
    """The form."""
    return await public.page(request, "progress_ask.html", wrong=False, number="")


@post("/c", include_in_schema=False, request_max_body_size=FORM_BYTES)
async def look(request: Asked, public: NamedDependency[Public]) -> Page:
    """A number and a code were sent. Nothing changes by it."""
    form = await posted(request)
    number, code = ("".join(form.get(name, [""])[:1]).strip() for name in ("number", "code"))
    fits = len(number) <= LONGEST_NUMBER and len(code) <= LONGEST_CODE and "\x00" not in number
    case = await case_of(public.store, number, code) if fits else None
    if case is None:
        return await public.page(request, "progress_ask.html", status=422, wrong=True, number=number[:LONGEST_NUMBER])
    where = address(public.store, case.number) + carried(request)
    return Response("", status_code=303, media_type=MediaType.HTML, headers={**pages.HEADERS, "location": where})


@get("/c/{sealed:str}", include_in_schema=False)
async def progress(request: Asked, public: NamedDependency[Public], sealed: FromPath[str]) -> Page:
    """One case."""
    number = token.check(public.store.secret, CASE, sealed)
    view = await progress_page(public.store, number) if number is not None else None
    if view is None:
        raise missing()
    return await public.page(request, "progress.html", view=view, refresh_seconds=0 if view.over else REFRESH)


HANDLERS = (ask, look, progress)
