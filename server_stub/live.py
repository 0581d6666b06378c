"""Who waits for news: every workstation's live connection, and the timers. It tells which head moved, never what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

OF_A_DEVICE = 4
"""Live connections of one device: a terminal has one, and one that a dead network has not let go of yet."""


class Listener:
    """Heads that moved and were not told yet, merged: a slow listener gets one answer, not a queue."""

    def __init__(self, device: str = "") -> None:
        self.device = device
        self.heads: dict[str, int] = {}
        self.scopes: set[str] | None = None  # what may be told; None: anything
        self._news = asyncio.Event()
        self.closed = False

    def tell(self, heads: dict[str, int]) -> None:
        """Add news, if they are any of this listener's business."""
        if self.scopes is not None:
            heads = {scope: seq for scope, seq in heads.items() if scope in self.scopes}
        if heads:
            self.heads |= heads
            self._news.set()

    def close(self) -> None:
        """Wake up for the last time."""
        self.closed = True
        self._news.set()

    async def wait(self, seconds: float) -> dict[str, int]:
        """The news since the last call; empty after `seconds` without any."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()
        heads, self.heads = self.heads, {}
        return heads


class Hub:
    """All listeners."""

    def __init__(self) -> None:
        self._listeners: dict[Listener, None] = {}  # oldest first
        self._told: dict[str, int] = {}
        self.closing = False

    @asynccontextmanager
    async def listen(self, device: str = "") -> AsyncIterator[Listener]:
        """A listener as long as the block lasts; where a device has OF_A_DEVICE already, its oldest ends."""
        listener = Listener(device)
        theirs = [each for each in self._listeners if each.device == device and not each.closed] if device else []
        for each in theirs[: max(0, len(theirs) + 1 - OF_A_DEVICE)]:
            each.close()
        self._listeners[listener] = None
        if self.closing:
            listener.close()
        try:
            yield listener
        finally:
            self._listeners.pop(listener, None)

    def devices(self) -> set[str]:
        """Whose connection is there: they are heard of now, though they ask nothing."""
        return {each.device for each in self._listeners if each.device and not each.closed}

    def unheard(self, heads: dict[str, int]) -> dict[str, int]:
        """Those that are further than what was told."""
        return {scope: seq for scope, seq in heads.items() if seq > self._told.get(scope, -1)}

    def publish(self, heads: dict[str, int]) -> None:
        """Tell everyone, once."""
        heads = self.unheard(heads)
        self._told |= heads
        if heads:
            for listener in self._listeners:
                listener.tell(heads)

    def close(self) -> None:
        """End every live connection, so that the server can stop."""
        self.closing = True
        for listener in self._listeners:
            listener.close()
