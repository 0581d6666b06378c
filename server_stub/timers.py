"""What falls due: deadlines, expiry, warnings, close of day. Each is an operation of the actor `clock`,
sent through the one write path with a number made from what it is: submitted twice, it happens once. What its rule
finds too early, since a setting was changed, falls due again when the rule says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from server_stub.apply.applier import Applier
from server_stub.apply.incoming import CLOCK_DEVICE, Incoming
from server_stub.central.statements import delete, insert_missing, update
from server_stub.central.store import Store, Tx
from sync.clock import Clock, PipedClock
from sync.errors import InputError
from sync.protocol.identifiers import derived, once
from sync.protocol.messages import FINAL, Result
from sync.protocol.operation import Envelope, decode

BATCH = 100
TOO_EARLY = ("too_early", "not_due")
_COLUMNS = ("id", "at", "kind", "record", "scope", "args")
_ENDED = delete("due")
_MOVED = update("due", ("scope",), "id")
_LATER = insert_missing("due", _COLUMNS)
_log = logging.getLogger("sync-server")
LOOK_MS = 1_000  # how often the real clock is asked; a driven one says itself when it moves


class Timers:
    """Submits what is due, in order of its time, until nothing is."""

    def __init__(self, store: Store, applier: Applier, clock: Clock) -> None:
        self._store = store
        self._applier = applier
        self._clock = clock
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Look at the clock regularly; at once when a driven one moves."""
        wake = asyncio.Event()
        if isinstance(self._clock, PipedClock):
            piped: Callable[[], None] = wake.set
            asyncio.get_running_loop().add_reader(self._clock.fd, self._drained(piped))
        self._task = asyncio.create_task(self._run(wake))

    def _drained(self, then: Callable[[], None]) -> Callable[[], None]:
        def ready() -> None:
            self._clock.now()
            if isinstance(self._clock, PipedClock) and self._clock.closed:
                asyncio.get_running_loop().remove_reader(self._clock.fd)  # an end of file is ready for ever
            then()

        return ready

    async def _run(self, wake: asyncio.Event) -> None:
        while not self._stopping:  # `wait_for` loses a cancellation that comes together with the news
            try:
                await self.catch_up()
            except Exception as error:  # the disk is full, say: what is due waits, and the clock goes on
                _log.error("timers_failed", extra={"error": type(error).__name__})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), LOOK_MS / 1000)
            wake.clear()

    async def catch_up(self) -> int:
        """Submit everything due now, also what that makes due; answers how many operations were submitted."""
        done = 0
        async with self._lock:
            while due := await self._store.glance(self._due):
                results = await self._applier.submit([self._incoming(row) for row in due])
                now = self._clock.now()
                ended, moved, later = [], [], []
                for row, result in zip(due, results, strict=True):
                    if result.code == "moved":  # between the look and the operation: it falls due where it lies now
                        moved.append((result.params["to"], row["id"]))
                    elif result.status in FINAL:
                        ended.append((row["id"],))
                        if (at := _put_off(result)) > now:
                            id = derived(row["kind"], row["record"], at, row["args"])
                            later.append((id, at, *(row[name] for name in _COLUMNS[2:])))
                done += len(ended)
                if not (ended or moved):
                    break
                await self._forget(ended, moved, later)
        return done

    async def _due(self, tx: Tx) -> list[dict[str, Any]]:
        found = await tx.fetch(
            f"SELECT {', '.join(_COLUMNS)} FROM due WHERE at <= ? ORDER BY at, id LIMIT ?",  # noqa: S608 - own words
            (self._clock.now(), BATCH),
        )
        return [dict(zip(_COLUMNS, row, strict=True)) for row in found]

    async def _forget(
        self, ended: list[tuple[str]], moved: list[tuple[str, str]], later: list[tuple[Any, ...]]
    ) -> None:
        async def work(tx: Tx) -> None:
            await tx.bulk(_ENDED, ended)
            await tx.bulk(_LATER, later)
            await tx.bulk(_MOVED, moved)

        await self._store.write(work)

    def _incoming(self, row: dict[str, Any]) -> Incoming:
        envelope = Envelope(
            n=once(row["kind"], row["record"], row["at"], row["args"], row["scope"]),
            kind=row["kind"],
            id=row["record"],
            scope=row["scope"],
            args=msgspec.Raw(row["args"].encode()),
            by="clock",
            session="",
            said_at=row["at"],
        )
        try:
            operation = decode(envelope, CLOCK_DEVICE)
        except InputError as error:
            return Incoming(envelope, CLOCK_DEVICE, row["at"], row["at"], None, error.code)
        return Incoming(envelope, CLOCK_DEVICE, row["at"], self._clock.now(), operation)

    async def stop(self) -> None:
        """Stop looking."""
        if isinstance(self._clock, PipedClock):
            asyncio.get_running_loop().remove_reader(self._clock.fd)
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


def _put_off(result: Result) -> int:
    """When what came too early is not that any more: the hall has made its period longer since; 0 for all else."""
    at = result.params.get("until", result.params.get("at"))
    return at if result.code in TOO_EARLY and isinstance(at, int) else 0
