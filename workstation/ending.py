"""Told to end: SIGTERM, and SIGHUP of a terminal that was closed, end a command as Ctrl-C would.

signal ─▶ noted, SIGINT raised ─▶ asyncio and the screens clean up: child gone, terminal restored, outbox kept
                  └─ still here after GRACE_SECONDS (the terminal is gone, say) ─▶ SIGALRM ends the process
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

GRACE_SECONDS = 5
SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def as_ctrl_c() -> Iterator[list[int]]:
    """While the block runs these signals raise KeyboardInterrupt; the list tells which came, none for a real Ctrl-C."""
    told: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield told
        return

    def leave(number: int, _: FrameType | None) -> None:
        told.append(number)
        if hasattr(signal, "alarm"):
            signal.alarm(GRACE_SECONDS)
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a background job: nobody would hear of it
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    before = {number: signal.signal(number, leave) for number in SIGNALS}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
