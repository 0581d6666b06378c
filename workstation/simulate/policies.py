"""The policies that are held against each other. All but `balanced` know their windows' services from the morning on.

fixed      a window has one service, by the work of other hours than the ones it is scored in; with more services than
           windows some have several
skills     at most three, by other hours too
pool       every window takes everybody: the shortest waits there can be, and what no person can be trained for
balanced   at most three, laid out anew every half hour by what is expected then (`sync.staffing`); a window that gets
           free takes on somebody who has waited long for a service that too few have
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sync import staffing
from workstation.simulate.day import Job

FIXED, SKILLS, POOL, BALANCED = "fixed", "skills", "pool", "balanced"
HOUR_MS = 3_600_000
PERIOD_MS = HOUR_MS // 2
RELIEF_MS = 90_000
"""Waiting so long, a person is worth another service for a window."""
SCARCE = 0.5
"""How much a wait counts for a service that few windows have: by the root of windows a window of its own."""

Sets = Sequence[Iterable[str]]


class Static:
    """Windows whose services are known by the hour: the longest wait first."""

    def __init__(self, services: Callable[[int], Sets]) -> None:
        """`services(now)`: those of each window."""
        self._services = services

    def came(self, now: int, service: str) -> None:
        """Nothing is learned."""

    def ended(self, now: int, service: str, lasted: int) -> None:
        """Nothing is learned."""

    def order(self, now: int, free: Iterable[int], heads: Mapping[str, int]) -> Sequence[int]:
        """By their numbers."""
        return list(free)

    def choose(self, now: int, window: int, heads: Mapping[str, int]) -> str | None:
        """Who came first of those it takes."""
        offered = [service for service in self._services(now)[window] if service in heads]
        return min(offered, key=lambda service: heads[service], default=None)


def fixed(jobs: Sequence[Job], windows: int) -> Static:
    """One service a window."""
    return _by_other_hours(jobs, windows, 1)


def skills(jobs: Sequence[Job], windows: int) -> Static:
    """Three a window."""
    return _by_other_hours(jobs, windows, staffing.SKILLS)


def _by_other_hours(jobs: Sequence[Job], windows: int, most: int) -> Static:
    """Even hours are laid out by the work of the odd ones, and the other way round: nothing is scored on what it was
    chosen by."""
    everything = dict.fromkeys({job.service for job in jobs}, 0.0)
    by_parity = []
    for parity in (0, 1):
        others = [job for job in jobs if job.arrived // HOUR_MS % 2 != parity]
        by_parity.append(staffing.cards(everything | work(others), windows, most))
    return Static(lambda now: by_parity[now // HOUR_MS % 2])


def pool(jobs: Sequence[Job], windows: int) -> Static:
    """Everybody takes everything."""
    sets = [sorted({job.service for job in jobs})] * windows
    return Static(lambda _: sets)


def work(jobs: Sequence[Job]) -> dict[str, float]:
    """Windows at work on each service, on average from the first arrival to the last."""
    found: dict[str, float] = {}
    for job in jobs:
        found[job.service] = found.get(job.service, 0.0) + job.lasts
    span = max(jobs[-1].arrived - jobs[0].arrived, HOUR_MS) if jobs else HOUR_MS
    return {service: lasted / span for service, lasted in found.items()}


class Balanced:
    """The hall's own. It begins the day knowing the names of its services and nothing else."""

    def __init__(self, services: Iterable[str], windows: int) -> None:
        self.known = {service: staffing.Expectation() for service in sorted(services)}
        self.changes = 0  # services that windows took on or gave up between two layouts
        self._windows = windows
        self._waiting = dict.fromkeys(self.known, 0)
        self._opened = self._next = -1
        self._work = dict.fromkeys(self.known, 1.0)
        self._lay_out()

    def came(self, now: int, service: str) -> None:
        """Counted, and one more waits."""
        if self._opened < 0:
            self._opened, self._next = now, now + PERIOD_MS
        self.known[service].arrived(now / 1000)
        self._waiting[service] += 1

    def ended(self, now: int, service: str, lasted: int) -> None:
        """What the next will take is known a little better."""
        self.known[service].lasted(lasted / 60_000)

    def order(self, now: int, free: Iterable[int], heads: Mapping[str, int]) -> Sequence[int]:
        """Those first whose services many others have too: the rarer ones stay free for whom only they can take."""
        if now >= self._next >= 0:
            self._next = now + PERIOD_MS
            self._work = {service: self._expected(service, now) for service in self.known}
            self._lay_out()
        return sorted(free, key=lambda w: (sum(self._work[s] / self._cover[s] for s in self.sets[w]), w))

    def choose(self, now: int, window: int, heads: Mapping[str, int]) -> str | None:
        """The longest wait, a scarce service's counting more."""
        weights = {s: (now - at + 1) * (self._windows / self._cover[s]) ** SCARCE for s, at in heads.items()}
        own = max((s for s in self.sets[window] if s in heads), key=lambda s: weights[s], default=None)
        late = [s for s, at in heads.items() if now - at > RELIEF_MS and s not in self.sets[window]]
        other = max(late, key=lambda s: weights[s], default=None)
        if other is not None and (own is None or weights[other] > weights[own]) and self._take_on(window, other):
            own = other
        if own is not None:
            self._waiting[own] -= 1
        return own

    def _expected(self, service: str, now: int) -> float:
        """Windows at work on it in the coming half hour: who will come, and who waits already."""
        known = self.known[service]
        people = known.arrivals_per_s(now / 1000, self._opened / 1000) * PERIOD_MS / 1000 + self._waiting[service]
        return people * known.minutes * 60_000 / PERIOD_MS

    def _lay_out(self) -> None:
        self.sets = [list(each) for each in staffing.cards(self._work, self._windows)]
        self._cover = {service: sum(service in each for each in self.sets) for service in self.known}

    def _take_on(self, window: int, service: str) -> bool:
        """Give the window another service for the one that others can spare; False where none can be spared."""
        held = self.sets[window]
        if len(held) >= staffing.SKILLS:
            spare = [s for s in held if self._cover[s] > 1]
            if not spare:
                return False
            gone = min(spare, key=lambda s: (self._work[s] / self._cover[s], s))
            held.remove(gone)
            self._cover[gone] -= 1
        held.append(service)
        self._cover[service] += 1
        self.changes += 1
        return True
