"""A hall of so many windows, all open all day, as a heap of moments: somebody comes, a window gets free.

    jobs ─▶ run(jobs, windows, policy) ─▶ wait of each job, ms

The policy is told what a hall knows: who came, who waits since when, which service ended after how long. It never sees
a job that has not come, nor how long one that is at a window will take.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from workstation.simulate.day import Job

ARRIVES, GETS_FREE = 0, 1


class Policy(Protocol):
    """Who is next at a window."""

    def came(self, now: int, service: str) -> None:
        """Somebody came for `service` (ms)."""

    def ended(self, now: int, service: str, lasted: int) -> None:
        """A service ended, after `lasted` ms."""

    def order(self, now: int, free: Iterable[int], heads: Mapping[str, int]) -> Sequence[int]:
        """Free windows in the order in which they choose; `heads`: since when the first of each service waits."""

    def choose(self, now: int, window: int, heads: Mapping[str, int]) -> str | None:
        """The service whose first is called to this window; None: the window stays free."""


def run(jobs: Sequence[Job], windows: int, policy: Policy) -> list[int]:
    """The wait of each job, in their order. Raises ValueError where the policy leaves somebody waiting for ever."""
    queues: dict[str, deque[int]] = {job.service: deque() for job in jobs}
    moments = [(job.arrived, ARRIVES, place) for place, job in enumerate(jobs)]
    heapq.heapify(moments)
    free, at_window = set(range(windows)), dict[int, int]()
    waits = [-1] * len(jobs)
    while moments:
        now, kind, which = heapq.heappop(moments)
        if kind == ARRIVES:
            queues[jobs[which].service].append(which)
            policy.came(now, jobs[which].service)
        else:
            job = jobs[at_window.pop(which)]
            policy.ended(now, job.service, job.lasts)
            free.add(which)
        if moments and moments[0][0] == now:
            continue  # all that happens at this moment comes first
        for window, place in _called(now, queues, jobs, free, policy):
            waits[place] = now - jobs[place].arrived
            at_window[window] = place
            heapq.heappush(moments, (now + jobs[place].lasts, GETS_FREE, window))
    if -1 in waits:
        raise ValueError("somebody waits for ever")
    return waits


def _called(
    now: int, queues: Mapping[str, deque[int]], jobs: Sequence[Job], free: set[int], policy: Policy
) -> Iterable[tuple[int, int]]:
    """Windows and the jobs that they call now, until nobody finds anyone."""
    again = True
    while again and free:
        again = False
        heads = {service: jobs[queue[0]].arrived for service, queue in queues.items() if queue}
        for window in policy.order(now, sorted(free), heads) if heads else ():
            service = policy.choose(now, window, heads)
            if service is not None:
                free.discard(window)
                yield window, queues[service].popleft()
                again = True
                break
