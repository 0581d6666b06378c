"""GET /v1/live: server-sent events that tell which heads moved, never what (sync.md, *Wire*)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from server_stub.central.people import Caller, scopes_for
from server_stub.services import Services
from sync.protocol.identifiers import class_of

COMMENT_SECONDS = 15


@get("/live", summary="Which heads moved", media_type="text/event-stream")
async def live(caller: NamedDependency[Caller], services: NamedDependency[Services]) -> Stream:
    """`event: head`, data `{scope: seq}` of the scopes this device may hold; a comment every 15 s."""
    return Stream(_events(caller, services), media_type="text/event-stream", headers={"cache-control": "no-store"})


async def _events(caller: Caller, services: Services) -> AsyncIterator[bytes]:
    async with services.hub.listen() as listener:
        permitted = await _permitted(caller, services)
        yield b": here\n\n"
        while not listener.closed:
            moved = await listener.wait(COMMENT_SECONDS)
            if any(class_of(scope) == "base" for scope in moved):
                permitted = await _permitted(caller, services)
            heads = {scope: seq for scope, seq in moved.items() if scope in permitted}
            yield b"event: head\ndata: " + msgspec.json.encode(heads) + b"\n\n" if heads else b":\n\n"


async def _permitted(caller: Caller, services: Services) -> set[str]:
    now = services.clock.now()
    return set(await services.store.read(lambda connection: scopes_for(connection, caller.device, now)))
