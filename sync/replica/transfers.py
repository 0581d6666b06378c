"""What is large goes beside the engine's rounds, each on a task and a connection of its own: a scope that is taken as a
whole, files on their way to the centre. The queue never waits for either.

    round: push, pull ─▶ begin() ─┬─▶ snapshots in ──▶ on_change(tables)
                                  └─▶ files out        (one task of each kind at a time; what fails is begun again)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from sync.errors import ChainBroken, HallError, StoreError
from sync.replica.blobs import Blobs
from sync.replica.exchange import Exchange

_log = logging.getLogger("sync")

AGAIN_SECONDS = 15.0


class Transfers:
    """`on_change` gets the tables that a snapshot changed, `wake` asks for another round, `tell` is told the
    `trouble` that a person has to know: those of the network are told by the rounds."""

    def __init__(
        self,
        exchange: Exchange,
        blobs: Blobs,
        on_change: Callable[[set[str]], None],
        wake: Callable[[], None],
        tell: Callable[..., None],
    ) -> None:
        self._exchange = exchange
        self._blobs = blobs
        self._on_change = on_change
        self._wake = wake
        self._tell = tell
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self) -> None:
        """Go on with whatever there is, unless it is under way."""
        if self._exchange.wanted:
            self._start("snapshots", self._snapshots)
        if self._blobs.waiting():
            self._start("files", self._files)

    def _start(self, kind: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if kind not in self._tasks or self._tasks[kind].done():
            self._tasks[kind] = asyncio.get_running_loop().create_task(self._tried(work))

    async def _tried(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except HallError as error:
            if isinstance(error, (StoreError, ChainBroken)):
                self._tell(trouble=error.code)
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._wake)
        except Exception as error:  # a copy that cannot be read, a defect: what is large is tried again all the same
            _log.error("transfer_failed", extra={"error": type(error).__name__}, exc_info=error)
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._wake)

    async def _snapshots(self) -> None:
        if changed := await self._exchange.snapshots():
            self._on_change(changed)
            self._wake()

    async def _files(self) -> None:
        try:
            if await self._blobs.send():
                self._wake()
        finally:
            if self._blobs.told_anew:
                self._on_change({"refused_file"})
