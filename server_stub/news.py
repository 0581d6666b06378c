"""What other processes wrote: the heads are looked at every second, and at once when one of them hints.

    hint heard ─┐
    a second   ─┴─▶ read the heads ─▶ hub: what moved since it was last told ─▶ live connections
                                     └▶ base moved: the applier reads the hall anew

A hint may be lost; the second is what counts. Several server processes may work on one PostgreSQL, and a command
such as `sync-server morning` writes beside the server on SQLite too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from server_stub.apply.applier import Applier
from server_stub.central.store import Store, Tx
from server_stub.central.trouble import StoreBusy
from server_stub.live import Hub
from sync.errors import StoreError
from sync.protocol.identifiers import class_of

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 5.0  # a connection that ended is opened again after this; looking goes on meanwhile
_log = logging.getLogger("sync-server")


class News:
    """One for a server process."""

    def __init__(self, store: Store, hub: Hub, applier: Applier) -> None:
        self._store = store
        self._hub = hub
        self._applier = applier
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Look and listen until told to stop; what is there already is no news."""
        await self.look()
        self._tasks = [asyncio.create_task(self._look()), asyncio.create_task(self._listen())]

    async def stop(self) -> None:
        """Stop both."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def look(self) -> None:
        """Tell what moved."""
        heads = dict(await self._store.glance(_heads))
        moved = self._hub.unheard(heads)
        if any(class_of(scope) == "base" for scope in moved):
            await self._applier.read_hall()
        self._hub.publish(moved)

    async def _look(self) -> None:
        while True:
            try:
                await self.look()
            except StoreBusy as error:
                _log.error("news_failed", extra={"error": type(error.__cause__ or error).__name__})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
            self._wake.clear()

    async def _listen(self) -> None:
        while self._store.shared:
            with contextlib.suppress(StoreBusy, StoreError):
                async with self._store.hints(self._wake.set) as ended:
                    await ended
            await asyncio.sleep(AGAIN_SECONDS)


async def _heads(tx: Tx) -> list[tuple[str, int]]:
    return [(scope, seq) for scope, seq in await tx.fetch("SELECT scope, seq FROM head")]
