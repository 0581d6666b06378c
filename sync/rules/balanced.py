"""The hall's own policy, `balanced`: few services a window, laid out anew as the day goes. Pure arithmetic.

    expected work, windows at work ──▶ lay_out() ──▶ Layout: at most three services a window, each half hour
    a window is free, who waits    ──▶ choose()  ──▶ the service whose first is called there
    called for what it had not     ──▶ after()   ──▶ Layout in which it has taken the service on

A rush stands behind itself: where two hundred come at once for one service, those who came for another do not wait for
all of them. Once a third of the windows are at the service, a minute of waiting for it counts less with each window
more – at two fifths of them about half, at a half a fifth. Windows that nobody else wants serve the rush all the same.

The rule that calls and `workstation simulate` ask these same functions: what was proved of recorded days is what a hall
does. They know who came, who waits since when and how long ended services took, and nothing of what is to come.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from sync.staffing import SKILLS, Expectation, cards

BALANCED: Final = "balanced"
PERIOD_MS: Final = 1_800_000
"""A layout holds so long."""
RELIEF_MS: Final = 60_000
"""Waiting so long, a person is worth another service for a window."""
SCARCE: Final = 0.4
"""How much more a wait counts for a service that few windows have: windows a window of its own, to this power."""
RUSH: Final = 1 / 3
"""What one service may have of the windows before a rush at it stands back."""
BACK: Final = 4
"""How fast it does: its share of the windows over `RUSH`, to this power, is what a wait for it is divided by."""
PARTS: Final = 1_000
"""Expected work is kept in thousandths of a window."""


class Layout(Protocol):
    """What windows take, and the work that it was laid out by, in thousandths of a window at work."""

    @property
    def takes(self) -> Mapping[Any, Sequence[str]] | None: ...
    @property
    def work(self) -> Mapping[str, int] | None: ...


class Laid:
    """A layout with how many windows have each service, and how many are `busy` with it now."""

    __slots__ = ("busy", "cover", "takes", "work")

    def __init__(
        self, takes: Mapping[Any, Sequence[str]], work: Mapping[str, int], busy: Mapping[str, int] | None = None
    ) -> None:
        self.takes = {window: tuple(services) for window, services in takes.items()}
        self.work = dict(work)
        self.busy = dict(busy or {})
        self.cover: dict[str, int] = {}
        for services in self.takes.values():
            for service in services:
                self.cover[service] = self.cover.get(service, 0) + 1


def expected(known: Expectation, waiting: int, now: int, opened: int) -> float:
    """Windows at work on a service in the coming half hour: who will come, and who waits already."""
    people = known.arrivals_per_s(now / 1000, opened / 1000) * PERIOD_MS / 1000 + waiting
    return people * known.minutes * 60_000 / PERIOD_MS


def lay_out(work: Mapping[str, float], windows: Sequence[Hashable], before: Mapping[Any, Sequence[str]]) -> Laid:
    """Services of each window by the expected work. Windows are alike to the arithmetic, not to the people at them: a
    window gets, of what is to be had, that which has most in common with what it took `before`."""
    left = cards(work, len(windows))
    takes: dict[Hashable, tuple[str, ...]] = {}
    for window in windows:
        had = set(before.get(window, ()))
        best = max(range(len(left)), key=lambda place: len(had.intersection(left[place])))
        takes[window] = left.pop(best)
    return Laid(takes, {service: round(each * PARTS) for service, each in work.items()})


def order(free: Iterable[Any], laid: Laid) -> list[Any]:
    """Free windows, those first whose services many others have too: the rarer ones stay free for whom only they can
    take."""
    work, cover = laid.work, laid.cover
    return sorted(free, key=lambda w: (sum(work.get(s, 0) / cover[s] for s in laid.takes[w]), w))


def choose(now: int, window: Hashable, heads: Mapping[str, int], laid: Laid) -> str | None:
    """The service whose first is called: the longest wait, a scarce service's counting more and a rush's less. `heads`:
    since when the first of each service waits. None: the window stays free."""
    takes = laid.takes.get(window, ())
    weights = {s: (now - at + 1) * _counts(s, laid) for s, at in heads.items()}
    own = max((s for s in sorted(takes) if s in heads), key=lambda s: weights[s], default=None)
    late = [s for s, at in sorted(heads.items()) if now - at > RELIEF_MS and s not in takes]
    other = max(late, key=lambda s: weights[s], default=None)
    if other is None or (own is not None and weights[other] <= weights[own]):
        return own
    return other if _may_take_on(laid, window) else own


def after(laid: Laid, window: Hashable, service: str) -> Laid:
    """The layout once `window` has called `service`: one that it had not is its own now, for the one that others can
    spare."""
    held = laid.takes.get(window, ())
    if service in held:
        return laid
    if len(held) >= SKILLS and (spare := _spare(laid, window)):
        gone = min(spare, key=lambda s: (laid.work.get(s, 0) / laid.cover[s], s))
        held = tuple(each for each in held if each != gone)
    return Laid({**laid.takes, window: (*held, service)}, laid.work, laid.busy)


def _counts(service: str, laid: Laid) -> float:
    """What a minute of waiting for it counts at a window that gets free."""
    windows = max(len(laid.takes), 1)
    scarce = (windows / max(laid.cover.get(service, 0), 1)) ** SCARCE
    room = max(windows * RUSH, 1)
    return float(scarce * min(1.0, room / (laid.busy.get(service, 0) + 1)) ** BACK)


def _may_take_on(laid: Laid, window: Hashable) -> bool:
    return len(laid.takes.get(window, ())) < SKILLS or bool(_spare(laid, window))


def _spare(laid: Laid, window: Hashable) -> list[str]:
    """Services of the window that another has too."""
    return [service for service in laid.takes.get(window, ()) if laid.cover[service] > 1]
