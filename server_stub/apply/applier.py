"""The gate to the write path: requests wait here for the group that is being written, and go together in the next one.

push ─┐
page ─┼─▶ submit() ─▶ queue ─▶ Group, one transaction ─▶ results, heads moved ─▶ hub
timer ┘
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from server_stub.apply.group import Group
from server_stub.apply.hall import HallFacts, keep_secret, read_hall
from server_stub.apply.incoming import Incoming
from server_stub.central.store import Store
from server_stub.central.trouble import StoreBusy
from server_stub.live import Hub
from sync.calendar import Calendar
from sync.protocol.identifiers import class_of
from sync.protocol.messages import Result

GROUP_OPERATIONS = 500
_log = logging.getLogger("sync-server")


class Applier:
    """One for a server process; `hall` is read anew whenever the base scope moves."""

    def __init__(self, store: Store, hub: Hub, group: int = GROUP_OPERATIONS) -> None:
        """`group`: so many operations go together at most, and whole requests always; with 1 each request alone."""
        self._store = store
        self._hub = hub
        self._most = group
        self._waiting: list[tuple[Sequence[Incoming], asyncio.Future[list[Result]]]] = []
        self._running: asyncio.Task[None] | None = None
        self._signed_on: set[tuple[str, str]] = set()
        self.hall = HallFacts("", Calendar.standard(), {})

    async def start(self) -> None:
        """Read the hall's facts; a new store's secret is made."""
        self.hall = await self._store.read(read_hall)
        if not self.hall.secret:
            await self._store.write(keep_secret)
            self.hall = await self._store.read(read_hall)

    async def read_hall(self) -> None:
        """Read them anew; as they were where that cannot be."""
        try:
            self.hall = await self._store.read(read_hall)
        except (StoreBusy, ValueError) as error:
            _log.error("hall_not_read", extra={"error": type(error).__name__})

    async def submit(self, operations: Sequence[Incoming]) -> list[Result]:
        """Apply operations of one device, in order; the results in the same order once they are on disk."""
        if not operations:
            return []
        answer: asyncio.Future[list[Result]] = asyncio.get_running_loop().create_future()
        self._waiting.append((operations, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                taken = self._take()
                group = [operation for operations, _ in taken for operation in operations]
                try:
                    results, moved = await Group(self._store, self.hall, group, self._signed_on).run()
                except Exception as error:  # disk full, store gone: everyone waiting is told, nothing was written
                    for _, answer in taken:
                        if not answer.done():
                            answer.set_exception(error)
                    continue
                if any(class_of(scope) == "base" for scope in moved):
                    await self.read_hall()
                _hand_out(taken, results)  # before anybody is told: who pressed waits, who listens does not
                self._tell(moved)
        finally:
            self._running = None

    def _tell(self, heads: dict[str, int]) -> None:
        """What is written is told."""
        self._hub.publish(heads)
        if heads:
            self._store.hint()

    def _take(self) -> list[tuple[Sequence[Incoming], asyncio.Future[list[Result]]]]:
        """Whole requests from the front, up to the group's size; at least one."""
        count, taken = 0, 0
        for operations, _ in self._waiting:
            if taken and count + len(operations) > self._most:
                break
            count, taken = count + len(operations), taken + 1
        front, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return front

    async def stop(self) -> None:
        """Wait for what is being written."""
        if self._running is not None:
            await self._running


def _hand_out(
    taken: Sequence[tuple[Sequence[Incoming], asyncio.Future[list[Result]]]], results: Sequence[Result]
) -> None:
    start = 0
    for operations, answer in taken:
        if not answer.done():
            answer.set_result(list(results[start : start + len(operations)]))
        start += len(operations)
