"""How an ASGI server tells an application that its life begins and ends.

server ─▶ startup ─▶ every life is entered ─▶ complete … shutdown ─▶ every life is left, the last first ─▶ complete
                     where one cannot begin, none does ─▶ failed
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
_log = logging.getLogger("sync-server")


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
    except BaseException as error:
        _log.error("life_failed", extra={"kind": now}, exc_info=error)
        await send({"type": f"lifespan.{now}.failed"})
        raise
    await send({"type": "lifespan.shutdown.complete"})
