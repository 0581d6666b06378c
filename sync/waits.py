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

from sync.rules import policy
from sync.rules.balanced import Layout

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
    layout: Layout | None = None,
) -> Estimate | None:
    """Of `mine`, one of `waiting`; None where no open window takes it. `lasts_ms`: what a ticket's service takes, and
    `off_ms` how far off that was so far; `layout`: the queue's, where the hall goes by one."""
    queue = sorted(waiting, key=policy.standing(settings))
    free = [(max(desk.free_at, now), place) for place, desk in enumerate(desks)]
    heapq.heapify(free)
    ahead, off = 0, 0.0
    while free:
        at, place = heapq.heappop(free)
        desk = desks[place]
        chosen = policy.first(queue, desk, at, settings, layout)
        if chosen is None:
            if (again := policy.looks_again(queue, desk, at, settings, layout)) is not None:
                heapq.heappush(free, (again, place))
            continue
        if chosen.id == mine.id:
            wait = at - now
            return Estimate(ahead, wait, wait + int(off**0.5))
        queue.remove(chosen)
        lasts = lasts_ms(chosen)
        offered = policy.offered(mine, desk, settings, layout)
        layout = policy.after(layout, desk, chosen, settings)
        if offered or policy.offered(mine, desk, settings, layout):
            ahead += 1
            off += (SHARE * lasts if off_ms is None else off_ms(chosen)) ** 2
        heapq.heappush(free, (at + lasts, place))
    return None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who would take a ticket now."""

    prefix: str
    arrived_at: int
    id: str = ""
    number: str | None = None
    priority: str = "none"
    missed_at: int | None = None
    target_window: str | None = None


def newcomers(
    prefixes: Iterable[str],
    waiting: Iterable[Any],
    desks: Sequence[Desk],
    lasts_ms: Callable[[Any], int],
    now: int,
    settings: Mapping[str, Any],
    off_ms: Callable[[Any], float],
    layout: Layout | None = None,
) -> dict[str, Estimate]:
    """The estimate of each prefix for who takes a ticket now, in one play forward: their turn comes where a window that
    takes it finds nobody of those who wait. Prefixes that no open window takes are left out."""
    queue = sorted(waiting, key=policy.standing(settings))
    left = {prefix: Newcomer(prefix, now) for prefix in prefixes}
    ahead, off = dict.fromkeys(left, 0), dict.fromkeys(left, 0.0)
    free = [(max(desk.free_at, now), place) for place, desk in enumerate(desks)]
    heapq.heapify(free)
    found: dict[str, Estimate] = {}
    while free and left:
        at, place = heapq.heappop(free)
        desk = desks[place]
        chosen = policy.first(queue, desk, at, settings, layout)
        mine = [prefix for prefix, each in left.items() if policy.offered(each, desk, settings, layout)]
        if chosen is None or policy.early(chosen, at):
            for prefix in mine:
                found[prefix] = Estimate(ahead[prefix], at - now, at - now + int(off[prefix] ** 0.5))
                del left[prefix]
        if chosen is None:
            if (again := policy.looks_again(queue, desk, at, settings, layout)) is not None:
                heapq.heappush(free, (again, place))
            continue
        queue.remove(chosen)
        layout = policy.after(layout, desk, chosen, settings)
        for prefix in mine:
            ahead[prefix] += 1
            off[prefix] += off_ms(chosen) ** 2
        heapq.heappush(free, (at + lasts_ms(chosen), place))
    return found


def minutes_of(found: Estimate) -> tuple[int, int]:
    """Whole minutes, from and to."""
    return -(-found.wait_ms // 60_000), -(-found.latest_ms // 60_000)
