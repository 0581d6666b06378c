"""What a service should last, by what the queue's own have taught: minutes of a matter, and how far off one is.

the last services of a queue, read every few minutes ──▶ sync.staffing.Expectation, a matter each ──▶ sync.waits
the matter's own figure ─ weighs as three services ──┘
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from server_stub.public.store import PublicStore
from sync.records.settings import MINUTE
from sync.staffing import Expectation

LATEST: Final = 500
"""Services of a queue that teach: some days of it."""
KEPT_MS: Final = 5 * MINUTE

Taught = Sequence[tuple[str, float]]
_kept: WeakKeyDictionary[PublicStore, dict[str, tuple[int, Taught]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Lasting:
    """Of one matter, ms: what the next service should last, and how far off one is (`Expectation.spread`)."""

    lasts: int
    off: float


async def lasting(store: PublicStore, scope: str) -> Mapping[str, Lasting]:
    """Every matter of the hall, as a queue's services have taught it; where none was seen, as its own figure says."""
    known = {row.id: Expectation(row.expected_minutes or 1) for row in await store.read("matter")}
    for matter, minutes in await _taught(store, scope):
        if matter in known:
            known[matter].lasted(minutes)
    return {id: _told(each) for id, each in known.items()}


def _told(known: Expectation) -> Lasting:
    lasts = max(round(known.minutes * MINUTE), MINUTE)
    return Lasting(lasts, known.spread * MINUTE)


async def _taught(store: PublicStore, scope: str) -> Taught:
    """(matter, minutes) of the last services, the oldest first; read anew every few minutes, not for every phone."""
    now, of_store = store.clock.now(), _kept.setdefault(store, {})
    at, found = of_store.get(scope, (0, ()))
    if scope in of_store and 0 <= now - at < KEPT_MS:
        return found
    ended: dict[str, Any] = {"newest": "ended_at", "limit": LATEST, "scope": scope, "ended_by": "finish"}
    rows = await store.read("service_segment", **ended)
    found = [(row.matter, (row.ended_at - row.started_at) / MINUTE) for row in reversed(rows)]
    of_store[scope] = (now, found)
    return found
