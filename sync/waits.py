"""How long somebody who waits will wait: the hall played forward, each window calling by the policy. Pure arithmetic.

    who waits, in the policy's order ─┐
    open windows, when each is free  ─┼─▶ the window that gets free takes the first it is offered, … until one's turn
    minutes each service should take ─┘

Nothing is known of who comes later, or how long a service really takes: `latest_ms` says how far off it may be.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.rules import policy
from sync.rules.balanced import Layout
from sync.staffing import PRIOR_SPREAD


@dataclass(frozen=True, slots=True)
class Desk:
    """An open window: what it serves, when it is free, and the service of whom is there now."""

    id: str
    skills: list[str] | None
    free_at: int
    busy: str | None = None


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
    """Of `mine`, one of `waiting`; None where no open window takes it."""
    told = estimates(waiting, desks, lasts_ms, now, settings, off_ms, layout)
    return next((found for id, found in told if id == mine.id), None)


def estimates(
    waiting: Iterable[Any],
    desks: Sequence[Desk],
    lasts_ms: Callable[[Any], int],
    now: int,
    settings: Mapping[str, Any],
    off_ms: Callable[[Any], float] | None = None,
    layout: Layout | None = None,
) -> Iterator[tuple[str, Estimate]]:
    """Ids of those who wait as they will be called, each with its estimate, in one play forward; who is taken by no
    open window is left out. `lasts_ms`: what a ticket's service takes, and `off_ms` how far off one is; `layout`: the
    queue's, where the hall goes by one."""
    queue = sorted(waiting, key=policy.standing(settings))
    alike = {(ticket.prefix, ticket.target_window): ticket for ticket in queue}  # are offered to the same windows
    ahead, off = dict.fromkeys(alike, 0), dict.fromkeys(alike, 0.0)
    free = [(max(desk.free_at, now), place) for place, desk in enumerate(desks)]
    heapq.heapify(free)
    serves = [desk.busy for desk in desks]
    layout = policy.played(layout, serves)
    while free and queue:
        at, place = heapq.heappop(free)
        desk = desks[place]
        policy.turns(layout, serves[place], None)
        serves[place] = None
        chosen = policy.first(queue, desk, at, settings, layout)
        if chosen is None:
            if (again := policy.looks_again(queue, desk, at, settings, layout)) is not None:
                heapq.heappush(free, (again, place))
            continue
        kind, wait = (chosen.prefix, chosen.target_window), at - now
        yield chosen.id, Estimate(ahead[kind], wait, wait + int(off[kind] ** 0.5))
        queue.remove(chosen)
        lasts = lasts_ms(chosen)
        offered = {kind for kind, each in alike.items() if policy.offered(each, desk, settings, layout)}
        layout = policy.after(layout, desk, chosen, settings)
        serves[place] = chosen.prefix
        policy.turns(layout, None, chosen.prefix)
        further = (PRIOR_SPREAD * lasts if off_ms is None else off_ms(chosen)) ** 2
        for kind, each in alike.items():
            if kind in offered or policy.offered(each, desk, settings, layout):
                ahead[kind] += 1
                off[kind] += further
        heapq.heappush(free, (at + lasts, place))


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
    serves = [desk.busy for desk in desks]
    layout = policy.played(layout, serves)
    found: dict[str, Estimate] = {}
    while free and left:
        at, place = heapq.heappop(free)
        desk = desks[place]
        policy.turns(layout, serves[place], None)
        serves[place] = None
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
        serves[place] = chosen.prefix
        policy.turns(layout, None, chosen.prefix)
        for prefix in mine:
            ahead[prefix] += 1
            off[prefix] += off_ms(chosen) ** 2
        heapq.heappush(free, (at + lasts_ms(chosen), place))
    return found


def minutes_of(found: Estimate) -> tuple[int, int]:
    """Whole minutes, from and to."""
    return -(-found.wait_ms // 60_000), -(-found.latest_ms // 60_000)
