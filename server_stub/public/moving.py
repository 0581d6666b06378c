"""Streams of the pages that move: `event: moved` whenever something happened in the page's queue, never what.

/t/<token>/live   /w/<address>/live   /d[/<site>]/live     whoever may see the page may hear that it moves
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, field

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import Scope

from server_stub.live import Hub
from server_stub.public import token
from server_stub.public.queue import display, ticket_page, window_page
from server_stub.public.store import PublicStore

COMMENT_SECONDS = 15
MOST = 2_000
"""Streams at once; who comes later reads the page again every quarter of a minute."""


@dataclass(slots=True)
class Moves:
    """What the streams share; `open` counts them."""

    store: PublicStore
    hub: Hub
    open: list[int] = field(default_factory=lambda: [0])

    def stream(self, scopes: Collection[str] | None) -> Stream:
        """The news of these scopes; 404 for a page that is none, 503 where there are too many streams."""
        if scopes is None:
            raise HTTPException(status_code=404)
        if self.open[0] >= MOST:
            raise HTTPException(status_code=503)
        return Stream(self._events(set(scopes)), media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def _events(self, scopes: set[str]) -> AsyncGenerator[bytes, None]:
        self.open[0] += 1
        try:
            async with self.hub.listen() as listener:
                listener.scopes = scopes
                yield b": here\n\n"
                while not listener.closed:
                    heads = await listener.wait(COMMENT_SECONDS)
                    if not listener.closed:
                        yield b"event: moved\ndata: \n\n" if heads else b":\n\n"
        finally:
            self.open[0] -= 1


def provide_moves(scope: Scope) -> Moves:
    """Litestar's dependency `moves`: those of the hall that was asked."""
    moves: Moves = scope["state"]["moves"]
    return moves


@get("/t/{sealed:str}/live", include_in_schema=False)
async def ticket_moves(moves: NamedDependency[Moves], sealed: FromPath[str]) -> Stream:
    """One's own ticket."""
    id = token.check(moves.store.secret, token.TICKET, sealed)
    view = await ticket_page(moves.store, id) if id is not None else None
    return moves.stream({view.scope} if view is not None else None)


@get("/w/{address:str}/live", include_in_schema=False)
async def window_moves(moves: NamedDependency[Moves], address: FromPath[str]) -> Stream:
    """A small screen."""
    view = await window_page(moves.store, address)
    return moves.stream(view.scopes if view is not None else None)


@get("/d/live", include_in_schema=False)
async def hall_moves(moves: NamedDependency[Moves]) -> Stream:
    """The hall's display."""
    found = await display(moves.store, None)
    return moves.stream({found[1]} if found is not None else None)


@get("/d/{site:str}/live", include_in_schema=False)
async def site_moves(moves: NamedDependency[Moves], site: FromPath[str]) -> Stream:
    """A site's display."""
    found = await display(moves.store, site)
    return moves.stream({found[1]} if found is not None else None)


HANDLERS = (ticket_moves, window_moves, hall_moves, site_moves)
