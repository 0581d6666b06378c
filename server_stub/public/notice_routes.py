"""/n, the notices that run, and /n/<id>, one of them: read by anybody, so nothing here needs a token."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server_stub.public.answers import Asked, Page, Public, missing
from server_stub.public.notice import notice_page, notices


@get("/n", include_in_schema=False)
async def all_notices(request: Asked, public: NamedDependency[Public]) -> Page:
    """Those that run."""
    told: dict[str, Any] = {"notices": await notices(public.store)}
    return await public.page(request, "notices.html", **told)


@get("/n/{id:str}", include_in_schema=False)
async def one_notice(request: Asked, public: NamedDependency[Public], id: FromPath[str]) -> Page:
    """One, also for some time after its end."""
    view = await notice_page(public.store, id)
    if view is None:
        raise missing()
    return await public.page(request, "notice.html", view=view)


HANDLERS = (all_notices, one_notice)
