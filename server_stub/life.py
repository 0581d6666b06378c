"""How an ASGI server tells an application that its life begins and ends.

server ─▶ startup ─▶ every life is entered ─▶ complete … shutdown ─▶ every life is left, the last first ─▶ complete
                     where one cannot begin, none does ─▶ failed
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from traceback import format_exc
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


async def lead(lives: Iterable[AbstractAsyncContextManager[None]], receive: Receive, send: Send) -> None:
    """From the server's first word to its last; what goes wrong is told and raised."""
    await receive()
    now = "startup"
    try:
        async with AsyncExitStack() as stack:
            for life in lives:
                await stack.enter_async_context(life)
            await send({"type": "lifespan.startup.complete"})
            now = "shutdown"
            await receive()
    except BaseException:
        await send({"type": f"lifespan.{now}.failed", "message": format_exc()})
        raise
    await send({"type": "lifespan.shutdown.complete"})
