"""Which services each window should take next, by what is expected and what waits. Pure arithmetic: no time, no store.

    arrivals, services so far ─▶ Expectation: arrivals an hour, minutes a service, with their error
    expected work, windows ────▶ cards(): at most three services a window, chained

Few services a window and yet nearly the waits of a pool: windows share services in overlapping pairs, so work moves
along the chain to whoever is free (W. Jordan, S. Graves, "Principles on the Benefits of Manufacturing Process
Flexibility", 1995). How many windows a service needs grows with its work and the root of it (square-root staffing).
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

SKILLS = 3
"""What one person can be expected to be ready for."""
SAFETY = 1.5
"""Windows beyond the mean work, in roots of it: 1 sees to 84 % of the half hours, 2 to 98 %."""
MEMORY_S = 3600.0
"""How far back arrivals are counted."""
PRIOR_MINUTES = 4.0
PRIOR_SPREAD = 0.3
PRIOR_COUNT = 3.0
"""What a service is taken to last before any was seen, and how many seen ones weigh as much."""


class Expectation:
    """What is known of one service so far; `error` is the mean of |expected − lasted| over those seen, minutes."""

    def __init__(self, minutes: float = PRIOR_MINUTES) -> None:
        self._total = minutes * PRIOR_COUNT
        self._count = PRIOR_COUNT
        self._missed = self._short = self._squares = 0.0
        self._seen = 0
        self._arrivals: deque[float] = deque()

    @property
    def minutes(self) -> float:
        """What the next service is expected to last."""
        return self._total / self._count

    @property
    def seen(self) -> int:
        """How many services taught it."""
        return self._seen

    @property
    def error(self) -> float | None:
        """How far off the expectation was, each time before the service was counted; None before the first."""
        return self._missed / self._seen if self._seen else None

    @property
    def bias(self) -> float | None:
        """By how much the expectation was too short on the mean, minutes: near 0 where it is calibrated."""
        return self._short / self._seen if self._seen else None

    @property
    def spread(self) -> float:
        """How far one service lies from what is expected, the root of the mean square, minutes: learned, with a share
        of the expected minutes to begin with, which weighs as much as the services that `minutes` begins with."""
        guessed = PRIOR_COUNT * (PRIOR_SPREAD * self.minutes) ** 2
        return math.sqrt((guessed + self._squares) / (PRIOR_COUNT + self._seen))

    def arrived(self, now_s: float) -> None:
        """Somebody came for it."""
        self._arrivals.append(now_s)

    def lasted(self, minutes: float) -> None:
        """A service ended."""
        self._missed += abs(self.minutes - minutes)
        self._short += minutes - self.minutes
        self._squares += (minutes - self.minutes) ** 2
        self._seen += 1
        self._total += minutes
        self._count += 1

    def arrivals_per_s(self, now_s: float, since_s: float) -> float:
        """Arrivals within the memory, or since the hall opened, at least a quarter of an hour; half a person is added,
        so that nothing is ever expected never."""
        while self._arrivals and self._arrivals[0] <= now_s - MEMORY_S:
            self._arrivals.popleft()
        return (len(self._arrivals) + 0.5) / min(MEMORY_S, max(now_s - since_s, MEMORY_S / 4))


def cards(work: Mapping[str, float], windows: int, skills: int = SKILLS) -> list[tuple[str, ...]]:
    """Services of each window, the first its main one; `work` is each service's expected windows at work (Erlang).

    Every service has a window as long as there are places for all. Where there are not, windows take more than
    `skills`: nobody who comes may find that no window takes the matter.
    """
    services = sorted(work, key=lambda service: (-work[service], service))
    if not services or windows < 1:
        return [() for _ in range(max(windows, 0))]
    skills = max(skills, math.ceil(len(services) / windows))
    given = _places(work, services, windows, skills)
    taken: list[list[str]] = [[] for _ in range(windows)]
    burden = [0.0] * windows
    together: Counter[frozenset[str]] = Counter()
    for service in services:
        for _ in range(given[service]):
            free = [w for w in range(windows) if len(taken[w]) < skills and service not in taken[w]]
            if not free:
                break
            best = min(free, key=lambda w: (len(taken[w]), round(burden[w], 9), _met(together, service, taken[w]), w))
            together.update(frozenset((service, other)) for other in taken[best])
            taken[best].append(service)
            burden[best] += work[service] / given[service]
    return [tuple(each) for each in taken]


def _places(work: Mapping[str, float], services: Sequence[str], windows: int, skills: int) -> dict[str, int]:
    """How many windows take each service: one each, every further place to whom it helps most."""
    need = {service: work[service] + SAFETY * math.sqrt(work[service]) for service in services}
    given = dict.fromkeys(services, 1)
    for _ in range(skills * windows - len(services)):
        open_ = [service for service in services if given[service] < windows]
        if not open_:
            break
        given[max(open_, key=lambda service: need[service] / given[service])] += 1
    return given


def _met(together: Counter[frozenset[str]], service: str, others: Iterable[str]) -> int:
    """How often this service already stands beside these: a new neighbour lengthens the chain."""
    return sum(together[frozenset((service, other))] for other in others)
