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


def estimates(
    waiting: Iterable[Any],
    desks: Sequence[Desk],
    lasts_ms: Callable[[Any], int],
    now: int,
    settings: Mapping[str, Any],
    off_ms: Callable[[Any], float],
    layout: Layout | None = None,
) -> Iterator[tuple[str, Estimate]]:
    """Ids of those who wait as they will be called, each with its estimate, in one play forward; who is taken by no
    open window is left out. `lasts_ms`: what a ticket's service takes, and `off_ms` how far off one is; `layout`: the
    queue's, where the hall goes by one."""
    queue = sorted(waiting, key=policy.standing(settings))
    alike = {(ticket.prefix, ticket.target_window): ticket for ticket in queue}  # are offered to the same windows
    ahead, off = dict.fromkeys(alike, 0), dict.fromkeys(alike, 0.0)
    for at, desk, chosen, before, after in _calls(queue, desks, lasts_ms, now, settings, layout):
        if chosen is None:
            continue
        mine = (chosen.prefix, chosen.target_window)
        yield chosen.id, _estimate(ahead[mine], at - now, off[mine])
        for kind, each in alike.items():
            if any(policy.offered(each, desk, settings, laid) for laid in (before, after)):
                ahead[kind] += 1
                off[kind] += off_ms(chosen) ** 2


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
    found: dict[str, Estimate] = {}
    for at, desk, chosen, before, _ in _calls(queue, desks, lasts_ms, now, settings, layout):
        mine = [prefix for prefix, each in left.items() if policy.offered(each, desk, settings, before)]
        for prefix in mine:
            if chosen is None or policy.early(chosen, at):
                found[prefix] = _estimate(ahead[prefix], at - now, off[prefix])
                del left[prefix]
            else:
                ahead[prefix] += 1
                off[prefix] += off_ms(chosen) ** 2
        if not left:
            break
    return found


def _calls(
    queue: list[Any],
    desks: Sequence[Desk],
    lasts_ms: Callable[[Any], int],
    now: int,
    settings: Mapping[str, Any],
    layout: Layout | None,
) -> Iterator[tuple[int, Desk, Any, Layout | None, Layout | None]]:
    """The play forward: when a window is free, which, who of the queue is called there (None: nobody), and the layout
    before and after."""
    free = [(max(desk.free_at, now), place) for place, desk in enumerate(desks)]
    heapq.heapify(free)
    serves = [desk.busy for desk in desks]
    layout = policy.played(layout, serves)
    while free:
        at, place = heapq.heappop(free)
        desk = desks[place]
        policy.turns(layout, serves[place], None)
        serves[place] = None
        chosen, before = policy.first(queue, desk, at, settings, layout), layout
        if chosen is None:
            yield at, desk, None, layout, layout
            if (again := policy.looks_again(queue, desk, at, settings, layout)) is not None:
                heapq.heappush(free, (again, place))
            continue
        queue.remove(chosen)
        layout = policy.after(layout, desk, chosen, settings)
        serves[place] = chosen.prefix
        policy.turns(layout, None, chosen.prefix)
        yield at, desk, chosen, before, layout
        heapq.heappush(free, (at + lasts_ms(chosen), place))


def _estimate(ahead: int, wait_ms: int, variance: float) -> Estimate:
    return Estimate(ahead, wait_ms, wait_ms + int(variance**0.5))


def minutes_of(found: Estimate) -> tuple[int, int]:
    """Whole minutes, from and to."""
    return -(-found.wait_ms // 60_000), -(-found.latest_ms // 60_000)
