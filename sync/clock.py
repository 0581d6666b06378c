"""The only reader of the time.

SystemClock    wall clock of the machine, and its boot clock, which goes on while a laptop sleeps
DrivenClock    stands where it is put: by the test that holds it, or through an inherited pipe (`--clock-fd`)
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LINE_BYTES = 32


class Clock(Protocol):
    """What the program asks for the time; all values are integers of milliseconds."""

    def now(self) -> int:
        """Wall clock: ms since the Unix epoch, UTC."""

    def boot(self) -> tuple[str, int]:
        """The boot's id and ms since boot, sleep included; the id is empty where no such clock exists."""


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        try:
            self._boot_id = _BOOT_ID.read_text().strip()
        except OSError:
            self._boot_id = ""

    def now(self) -> int:
        """Wall clock: ms since the Unix epoch, UTC."""
        return time.time_ns() // 1_000_000

    def boot(self) -> tuple[str, int]:
        """The boot's id and `CLOCK_BOOTTIME` in ms (a monotonic clock would stop while a laptop sleeps)."""
        if not self._boot_id or not hasattr(time, "CLOCK_BOOTTIME"):
            return "", 0
        return self._boot_id, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class DrivenClock:
    """A clock that stands still until it is told otherwise; `skew` makes one device's wall clock wrong."""

    def __init__(self, now_ms: int, *, boot_id: str = "driven", skew_ms: int = 0) -> None:
        self._now = now_ms
        self._started = now_ms - 60_000
        self.boot_id = boot_id
        self.skew_ms = skew_ms

    def now(self) -> int:
        """Wall clock: ms since the Unix epoch, UTC, as it was driven, plus this device's error."""
        return self._now + self.skew_ms

    def boot(self) -> tuple[str, int]:
        """The driven time since this clock's own start; never wrong by `skew_ms`."""
        return self.boot_id, self._now - self._started

    def set(self, now_ms: int) -> None:
        """Move to `now_ms`; time never goes back."""
        self._now = max(self._now, now_ms)

    def advance(self, by_ms: int) -> None:
        """Move on by `by_ms` ≥ 0."""
        self.set(self._now + by_ms)

    def reboot(self, boot_id: str) -> None:
        """The device was switched off and on: a new boot id, counted from now."""
        self.boot_id = boot_id
        self._started = self._now


class PipedClock(DrivenClock):
    """A driven clock whose time comes through an inherited pipe, as lines of decimal ms.

    The driver writes before it sends a request, so a reader that drains the pipe whenever it is asked is never behind.
    """

    def __init__(self, fd: int, now_ms: int) -> None:
        super().__init__(now_ms)
        self.fd = fd
        self._rest = b""
        self.closed = False  # the driver is gone: the time stays where it is
        os.set_blocking(fd, False)

    def now(self) -> int:
        """The newest time in the pipe."""
        self.drain()
        return super().now()

    def boot(self) -> tuple[str, int]:
        """Boot clock at the newest time in the pipe."""
        self.drain()
        return super().boot()

    def drain(self) -> None:
        """Read what the pipe holds; a half line waits for its end."""
        with contextlib.suppress(BlockingIOError, OSError):
            while chunk := os.read(self.fd, 4096):
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                for line in lines:
                    if line.isdigit() and len(line) < _LINE_BYTES:
                        self.set(int(line))
            self.closed = True


class ClockDriver:
    """The writing end: moves the parent's own driven clock and the child's piped one together."""

    def __init__(self, clock: DrivenClock, fd: int) -> None:
        self.clock = clock
        self._fd = fd

    def set(self, now_ms: int) -> None:
        """Move both ends to `now_ms`."""
        self.clock.set(now_ms)
        os.write(self._fd, b"%d\n" % now_ms)
