"""/p, the months that were made public, and /p/<month>, the text of one: read by anybody, on a phone or on a wall."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server_stub.public.answers import Asked, Page, Public, missing
from server_stub.public.publicity import publicities, publicity_page


@get("/p", include_in_schema=False)
async def all_months(request: Asked, public: NamedDependency[Public]) -> Page:
    """The newest month as it was let out, and the earlier ones."""
    told: dict[str, Any] = {"months": await publicities(public.store)}
    return await public.page(request, "publicity.html", view=next(iter(told["months"]), None), **told)


@get("/p/{month:str}", include_in_schema=False)
async def one_month(request: Asked, public: NamedDependency[Public], month: FromPath[str]) -> Page:
    """One month."""
    view = await publicity_page(public.store, month)
    if view is None:
        raise missing()
    return await public.page(request, "publicity.html", view=view, months=await publicities(public.store))


HANDLERS = (all_months, one_month)
