"""An application behind a real socket in the tests' own process, which begins and ends without waiting.

    with OnThread(app) as served:        uvicorn on a thread of its own; served.url, served.loop
    server = Prompt(config)              uvicorn on this loop: a task of `server._serve([socket])`, then `server.end()`

uvicorn by itself looks ten times a second whether it should end and whether its connections have: a fifth of a second
for each of hundreds of tests.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn

from server_stub.serve import bind

WAIT_S = 60


class Prompt(uvicorn.Server):
    """A server that is told when to end; `ending` is done before its connections are waited for."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self.listens = threading.Event()
        self._ending = ending
        self._over = asyncio.Event()

    def end(self) -> None:
        """Stop; from any thread."""
        self.loop.call_soon_threadsafe(self._over.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.listens.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        for each in [*self.servers, *(sockets or ())]:
            each.close()
        for _ in range(4):  # turns of the loop after which a connection that was accepted just now is known
            await asyncio.sleep(0)
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:
                    await asyncio.sleep(0.002)
        except TimeoutError:
            for task in state.tasks:
                task.cancel()
            for connection in list(state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)
        await self.lifespan.shutdown()


class OnThread:
    """Listening from the beginning on, on a free port of the loopback or on `port`."""

    def __init__(self, app: Any, *, port: int = 0, ending: Callable[[], None] = lambda: None, **config: Any) -> None:
        sock = bind("127.0.0.1", port)
        self.port = int(sock.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        settings = uvicorn.Config(app, log_level="error", access_log=False, lifespan="on", ws="none", **config)
        self._server = Prompt(settings, ending)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve([sock])), name="server")
        self._thread.start()
        assert self._server.listens.wait(WAIT_S)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Where the application's work is done: its locks belong to it."""
        return self._server.loop

    def stop(self) -> None:
        """End it and wait for its thread."""
        self._server.end()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()

    def __enter__(self) -> OnThread:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
