"""What a server process looks after regularly, as long as it runs: parts of files, nights, months, signed heads, the
province.

start ─▶ look ─▶ SECONDS ─▶ look ─▶ …    what goes wrong is logged as FAILED and tried again the next time
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from typing import ClassVar

_log = logging.getLogger("sync-server")


class Rounds(ABC):
    """One of a kind for a server process; several processes over one store do no harm to each other."""

    SECONDS: float
    FAILED: ClassVar[str]
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look now and regularly, until told to stop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @abstractmethod
    async def look(self) -> object:
        """Once."""

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # the disk is full, the store busy, a folder away
                _log.error(self.FAILED, extra={"error": type(error.__cause__ or error).__name__})
            await asyncio.sleep(self.SECONDS)
