"""How long somebody who waits will wait: the hall played forward, each window calling by the policy. Pure arithmetic.

    who waits, in the policy's order ─┐
    open windows, when each is free  ─┼─▶ the window that gets free takes the first it is offered, … until one's turn
    minutes each service should take ─┘

Nothing is known of who comes later, or how long a service really takes: `latest_ms` says how far off it may be.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.records.settings import DEFAULTS
from sync.rules import policy

SHARE = 0.3
"""What one service is off by, as a share of its expected minutes, before any was seen."""


@dataclass(frozen=True, slots=True)
class Desk:
    """An open window: what it serves, and when it is free."""

    id: str
    skills: list[str] | None
    free_at: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """`ahead` people are called before, to the windows that may take this one; the turn comes in about `wait_ms`, and
    hardly later than `latest_ms`."""

    ahead: int
    wait_ms: int
    latest_ms: int


def estimate(
    mine: Any,
    waiting: Iterable[Any],
    desks: Sequence[Desk],
    lasts_ms: Callable[[Any], int],
    now: int,
    settings: Mapping[str, Any],
    off_ms: Callable[[Any], float] | None = None,
) -> Estimate | None:
    """Of `mine`, one of `waiting`; None where no open window takes it. `lasts_ms`: what a ticket's service takes, and
    `off_ms` how far off that was so far."""
    queue = policy.order(waiting, now, settings)
    free = [(max(desk.free_at, now), place) for place, desk in enumerate(desks)]
    heapq.heapify(free)
    ahead, off = 0, 0.0
    while free:
        at, place = heapq.heappop(free)
        desk = desks[place]
        chosen = policy.choose(queue, desk, at, settings)
        if chosen is None:
            if not (resting := [t.missed_at for t in queue if policy.offered(t, desk, settings)]):
                continue
            pause: int = settings.get("missed_pause", DEFAULTS["missed_pause"])
            heapq.heappush(free, (max(at + 1, min(resting) + pause), place))
            continue
        if chosen.id == mine.id:
            wait = at - now
            return Estimate(ahead, wait, wait + int(off**0.5))
        queue.remove(chosen)
        lasts = lasts_ms(chosen)
        if policy.offered(mine, desk, settings):
            ahead += 1
            off += (SHARE * lasts if off_ms is None else off_ms(chosen)) ** 2
        heapq.heappush(free, (at + lasts, place))
    return None
