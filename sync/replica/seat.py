"""What a device keeps while somebody works at it: its window by a heartbeat, leased tickets as the queue moves, numbers
of its own. Where the server is silent nothing is lost: what is leased stays usable by the boot clock.

    sit, number, stir ─▶ at once ─┐
    every 15 s ───────────────────┴─▶ numbers, heartbeat, leases ─▶ on_lease where one was given
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from sync.errors import HallError, ServerRefused
from sync.replica.blocks import Series
from sync.replica.leases import BEAT_SECONDS, BREATH_SECONDS, LeaseKeeper
from sync.transport.http import HttpTransport

_log = logging.getLogger("sync")


class Seat:
    """Its methods are called on the engine's loop; `series` may be set from any thread before `stir`."""

    def __init__(self) -> None:
        self.session = ""  # the window session that this device keeps
        self.series: tuple[Series, ...] = ()  # numbers that this device gives by itself
        self._beat = asyncio.Event()

    def sit(self, session: str) -> None:
        """Keep this window session, until another one or ''."""
        self.session = session
        self._beat.set()

    def stir(self) -> None:
        """The queue has moved, or numbers are wanted: look at once."""
        self._beat.set()

    async def keep(
        self, transport: HttpTransport, leases: LeaseKeeper, now: Callable[[], int], on_lease: Callable[[], None]
    ) -> None:
        """Until it is cancelled. `now` is the centre's time, ms."""
        clock, beaten = asyncio.get_running_loop().time, 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                # not wait_for, which loses a cancellation that comes together with the beat (Python 3.11)
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._beat.wait()
            self._beat.clear()
            if not transport.token:
                continue
            try:
                if self.series:
                    await leases.renew_blocks(self.series, now())
                if not self.session:
                    continue
                if clock() - beaten >= BEAT_SECONDS:
                    await leases.beat(self.session)
                    beaten = clock()
                if leases.low(self.session, now()) and await leases.renew(self.session):
                    on_lease()
            except ServerRefused as refused:
                if refused.code == "window_closed":
                    self.session = ""
            except HallError:
                pass  # the round before or after this one tells what is wrong
            except Exception as error:  # a copy that cannot be read, a defect: whoever sits here keeps the window
                _log.error("seat_failed", extra={"error": type(error).__name__}, exc_info=error)
            await asyncio.sleep(BREATH_SECONDS)
