"""Leaks on the citizens' pages, one at a time, put into the real code for as long as a block lasts: what a page shows
tells, beside what it should, all that the store has of people. A search that does not find it proves nothing.

    with LEAKS["/w"](): …        the part of the address that leaks ─▶ its view, and a field of it that the page shows
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from server_stub.public import (
    booking_routes,
    drawing_routes,
    moving,
    notice_routes,
    progress_routes,
    publicity_routes,
    routes,
)
from server_stub.public.store import PublicStore
from sync.records.base import PERSONAL
from sync.records.tables import TABLES
from tests.sync.bugs import instead

Told = Callable[[Any, str], Any]


async def everybody(store: PublicStore) -> str:
    """Every word that tells of a person, by the product's own list of such columns, and which rating is whose."""
    words = []
    for name, table in TABLES.items():
        columns = [column.name for column in table.columns if PERSONAL in column.info]
        rows = await store.read(name) if columns or name == "invite_link" else []
        words += [f"{row.id} {[getattr(row, column) for column in columns]}" for row in rows]
    return " ".join(words)


def in_field(field: str) -> Told:
    """Beside what stands in a field of the view; where it is a list, as one more line."""

    def told(view: Any, words: str) -> Any:
        if view is None:
            return None
        before = getattr(view, field)
        return dataclasses.replace(view, **{field: f"{before} {words}" if isinstance(before, str) else [words]})

    return told


def in_first(field: str) -> Told:
    """In a field of the first line of several."""
    tell = in_field(field)
    return lambda lines, words: [tell(lines[0], words), *lines[1:]] if lines else lines


def in_notices(found: Any, words: str) -> Any:
    """In the first notice of a page of them."""
    shown, more = found
    return in_first("addressee")(shown, words), more


def in_place(found: Any, words: str) -> Any:
    """In the name over the display."""
    return None if found is None else (f"{found[0]} {words}", *found[1:])


def in_form(view: Any, words: str) -> Any:
    """In what was filled in: a form that is kept for whoever comes next."""
    return dataclasses.replace(view, form=dataclasses.replace(view.form, holder=words))


@contextlib.contextmanager
def leaking(owner: Any, name: str, tell: Told) -> Iterator[None]:
    """A view that tells too much."""
    view = getattr(owner, name)

    async def leaks(store: PublicStore, *rest: Any, **more: Any) -> Any:
        return tell(await view(store, *rest, **more), await everybody(store))

    with instead(owner, name, leaks):
        yield


@contextlib.contextmanager
def telling_streams() -> Iterator[None]:
    """What moved, not only that something did."""
    silent = moving.Moves._events

    async def tells(self: moving.Moves, scopes: set[str]) -> AsyncGenerator[bytes, None]:
        async for each in silent(self, scopes):
            yield each.replace(b"data: ", f"data: {await everybody(self.store)}".encode())

    with instead(moving.Moves, "_events", tells):
        yield


LEAKS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "/": partial(leaking, routes, "offers", in_first("matter")),
    "/q": partial(leaking, routes, "offers", in_first("matter")),
    "/d": partial(leaking, routes, "display", in_place),
    "/w": partial(leaking, routes, "window_page", in_field("label")),
    "/t": partial(leaking, routes, "ticket_page", in_field("number")),
    "/r": partial(leaking, routes, "rating_page", in_field("matter")),
    "/v": partial(leaking, routes, "paper_page", in_field("bureau")),
    "/n": partial(leaking, notice_routes, "notices", in_notices),
    "/n/": partial(leaking, notice_routes, "notice_page", in_field("reason")),
    "/p": partial(leaking, publicity_routes, "publicities", in_first("title")),
    "/p/": partial(leaking, publicity_routes, "publicity_page", in_field("lines")),
    "/b": partial(leaking, booking_routes, "book_page", in_form),
    "/a": partial(leaking, booking_routes, "appointment_page", in_field("site")),
    "/g": partial(leaking, drawing_routes, "draw_page", in_field("place")),
    "/c": partial(leaking, progress_routes, "progress_page", in_field("office")),
    "live": telling_streams,
}
"""Each by what its address begins with; with a stroke at the end, one of the things that the page without it
lists; `live`, the streams of pages that move."""


def leaks_on(page: str, address: str) -> bool:
    """Whether an address is one of those that a leak shows at."""
    if page == "/":
        return address == page
    return address.startswith(page) if page.endswith("/") else re.match(rf"{page}(?![a-z])", address) is not None
