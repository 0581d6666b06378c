"""What nobody goes on with is taken away: parts of files, and the count of days long past. Every hour, by one timer."""

from __future__ import annotations

import asyncio

from server_stub.central.store import Store
from server_stub.files import limits
from server_stub.files.vault import Vault
from server_stub.rounds import Rounds
from sync.clock import Clock
from sync.records.settings import DAY

PART_KEPT = 7 * DAY
"""A device that was away for so long sends a file from its beginning."""
LOOK_SECONDS = 3_600.0


class Sweep(Rounds):
    """One for a server process; several over one folder do no harm to each other."""

    SECONDS, FAILED = LOOK_SECONDS, "sweep_failed"

    def __init__(self, store: Store, vault: Vault, clock: Clock) -> None:
        self._store, self._vault, self._clock = store, vault, clock

    async def look(self) -> int:
        """Sweep once; how many parts went."""
        now = self._clock.now()
        await self._store.write(lambda tx: limits.forget(tx, now))
        return await asyncio.to_thread(self._vault.sweep, now - PART_KEPT)
