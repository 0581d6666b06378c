"""/n, the notices that run (?p=2 the next fifty), and /n/<id>, one of them: read by anybody, nothing needs a token."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server_stub.public.answers import Asked, Page, Public, carried, missing
from server_stub.public.notice import PAGES, notice_page, notices


@get("/n", include_in_schema=False)
async def all_notices(request: Asked, public: NamedDependency[Public]) -> Page:
    """Those that run, a page at a time."""
    asked = request.query_params.get("p", "")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1
    page = min(max(page, 1), PAGES)
    shown, more = await notices(public.store, page)
    newer = carried(request, more={"p": str(page - 1)}) if page > 1 else ""
    older = carried(request, more={"p": str(page + 1)}) if more else ""
    told: dict[str, Any] = {"notices": shown, "newer": newer, "older": older}
    if page > 1:
        told["keeps"] = {"p": str(page)}
    return await public.page(request, "notices.html", **told)


@get("/n/{id:str}", include_in_schema=False)
async def one_notice(request: Asked, public: NamedDependency[Public], id: FromPath[str]) -> Page:
    """One, also for some time after its end."""
    view = await notice_page(public.store, id)
    if view is None:
        raise missing()
    return await public.page(request, "notice.html", view=view)


HANDLERS = (all_notices, one_notice)
