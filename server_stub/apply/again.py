"""An operation that is offered again, since the centre that had accepted it was lost (sync.rules.restore).

It comes out as it did: with its numbers, at the time that it was said. What it stood on may be another device's and not
here yet; so where a rule says no it waits for a while, with all that its device says behind it. After that it is
refused like any other, and its author is told. Whose sign-on was lost with the centre is held for the duty manager.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server_stub.apply.incoming import Incoming
from sync.rules.facts import RESTORED

WAIT_MS = 10 * 60_000
"""So long after the restoration others are waited for: everybody who is online has offered theirs by then."""


@dataclass(frozen=True, slots=True)
class Again:
    """`earlier`: what the lost centre had answered, `received` when at the latest; `waits`: others may still bring what
    is missing."""

    earlier: Mapping[str, Any]
    received: int
    waits: bool

    @classmethod
    def of(cls, incoming: Incoming, settings: Mapping[str, Any]) -> Again | None:
        """None for what is said for the first time, and where nothing was restored, whatever it claims."""
        earlier = incoming.envelope.earlier
        restored = None if earlier is None else settings.get(RESTORED)
        if restored is None or earlier is None:
            return None
        at = min(incoming.at, restored["at"])  # it was received before: the numbers of that day or year are meant
        return cls(earlier, at, incoming.received < restored["at"] + WAIT_MS)
