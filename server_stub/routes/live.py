"""GET /v1/live: server-sent events that tell which heads moved, never what (sync.md, *Wire*)."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from server_stub.central.people import Caller, NotAllowed, scopes_for
from server_stub.services import Services
from sync.protocol.identifiers import class_of

COMMENT_SECONDS = 15


@get("/live", summary="Which heads moved", media_type="text/event-stream")
async def live(caller: NamedDependency[Caller], services: NamedDependency[Services]) -> Stream:
    """`event: head`, data `{scope: seq}` of the scopes this device may hold; a comment every 15 s. The stream ends with
    the session, within those 15 s."""
    return Stream(_events(caller, services), media_type="text/event-stream", headers={"cache-control": "no-store"})


async def _events(caller: Caller, services: Services) -> AsyncGenerator[bytes, None]:
    async with services.hub.listen(caller.device) as listener:
        listener.scopes = await _permitted(caller, services)
        yield b": here\n\n"
        checked = services.clock.now()
        while True:
            heads = await listener.wait(COMMENT_SECONDS)
            if listener.closed:
                return
            now = services.clock.now()
            if not heads or now - checked >= COMMENT_SECONDS * 1000:
                checked = now
                try:
                    await services.sessions.check(caller, now)
                except NotAllowed:
                    return
            if any(class_of(scope) == "base" for scope in heads):  # roles may have changed; who lost all hears so once
                listener.scopes = await _permitted(caller, services)
            yield b"event: head\ndata: " + msgspec.json.encode(heads) + b"\n\n" if heads else b":\n\n"


async def _permitted(caller: Caller, services: Services) -> set[str]:
    now = services.clock.now()
    return set(await services.store.read(lambda tx: scopes_for(tx, caller.device, now)))
