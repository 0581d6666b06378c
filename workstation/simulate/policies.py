"""The policies that are held against each other. All but `balanced` know their windows' services from the morning on.

fixed      a window has one service, by the work of other hours than the ones it is scored in; with more services than
           windows some have several
skills     at most three, by other hours too
pool       every window takes everybody: the shortest waits there can be, and what no person can be trained for
balanced   at most three, laid out anew every half hour by what is expected then; a window that gets free takes on
           somebody who has waited long for a service that too few have, and a rush at one service stands behind itself:
           `sync.rules.balanced`, by which a hall calls
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sync import staffing
from sync.rules import balanced as own
from workstation.simulate.day import Job

HOUR_MS = 3_600_000

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
    """The hall's own: what the rule of calling asks, asked here. It begins the day knowing the names of its services
    and nothing else."""

    def __init__(self, services: Iterable[str], windows: int) -> None:
        self.known = {service: staffing.Expectation() for service in sorted(services)}
        self.changes = 0  # services that windows took on or gave up between two layouts
        self._waiting = dict.fromkeys(self.known, 0)
        self._opened = self._next = -1
        self.laid = own.lay_out(dict.fromkeys(self.known, 1.0), range(windows), {})

    def came(self, now: int, service: str) -> None:
        """Counted, and one more waits."""
        if self._opened < 0:
            self._opened, self._next = now, now + own.PERIOD_MS
        self.known[service].arrived(now / 1000)
        self._waiting[service] += 1

    def ended(self, now: int, service: str, lasted: int) -> None:
        """What the next will take is known a little better."""
        self.known[service].lasted(lasted / 60_000)
        self.laid.busy[service] -= 1

    def order(self, now: int, free: Iterable[int], heads: Mapping[str, int]) -> Sequence[int]:
        """Laid out anew every half hour."""
        if now >= self._next >= 0:
            self._next = now + own.PERIOD_MS
            work = {s: own.expected(known, self._waiting[s], now, self._opened) for s, known in self.known.items()}
            laid = own.lay_out(work, list(self.laid.takes), self.laid.takes)
            self.laid = own.Laid(laid.takes, laid.work, self.laid.busy)
        return own.order(free, self.laid)

    def choose(self, now: int, window: int, heads: Mapping[str, int]) -> str | None:
        """The policy's choice; what the window takes on by it counts."""
        service = own.choose(now, window, heads, self.laid)
        if service is not None:
            self._waiting[service] -= 1
            self.changes += service not in self.laid.takes[window]
            self.laid = own.after(self.laid, window, service)
            self.laid.busy[service] = self.laid.busy.get(service, 0) + 1
        return service
