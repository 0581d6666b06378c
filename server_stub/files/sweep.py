"""What nobody goes on with is taken away: parts of files, and the count of days long past. Every hour, by one timer."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from server_stub.central.store import Store
from server_stub.files import limits
from server_stub.files.vault import Vault
from sync.clock import Clock
from sync.records.settings import DAY

PART_KEPT = 7 * DAY
"""A device that was away for so long sends a file from its beginning."""
LOOK_SECONDS = 3_600.0
_log = logging.getLogger("sync-server")


class Sweep:
    """One for a server process; several over one folder do no harm to each other."""

    def __init__(self, store: Store, vault: Vault, clock: Clock) -> None:
        self._store, self._vault, self._clock = store, vault, clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look now and regularly, until told to stop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # the folder is away, or the store busy: the next time
                _log.error("sweep_failed", extra={"error": type(error).__name__})
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Sweep once; how many parts went."""
        now = self._clock.now()
        await self._store.write(lambda tx: limits.forget(tx, now))
        return await asyncio.to_thread(self._vault.sweep, now - PART_KEPT)
