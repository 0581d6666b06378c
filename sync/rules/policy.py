"""Who is next. The same order for the rule that calls and for the screens that show the queue.

    place    sent on to this window  ▸  then  arrival − steps of priority × ageing

A step of priority is worth the setting `ageing` of waiting, so a ticket that has waited longer than the others' steps
are worth goes first: nobody starves. An appointment's arrival is the beginning of its half hour; until then it comes
after all others, then it has its place: that once it turns, the order of any other two tickets never while they wait.

The setting `queue_policy` says which tickets a window is offered:
    fixed      of its first prefix alone
    skills     of all prefixes it serves
    pool       any
    balanced   of the prefixes that the queue's layout gives it, three at most; and of another where somebody has waited
               too long for it: `sync.rules.balanced` weighs the first of each prefix, the place above says who that is.
               What the other windows are busy with is added to the layout by `at_windows`
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from sync.records.settings import DEFAULTS
from sync.records.states import Priority, TicketState
from sync.rules import balanced
from sync.rules.balanced import BALANCED, Laid, Layout
from sync.staffing import SKILLS as MOST

FIXED, SKILLS, POOL = "fixed", "skills", "pool"
POLICIES: Final = (FIXED, SKILLS, POOL, BALANCED)
AT_WINDOWS: Final = (TicketState.CALLED, TicketState.RECALLED, TicketState.SERVING)

STEPS: Final[Mapping[str, int]] = {
    Priority.NONE: 0,
    Priority.GREEN: 1,
    Priority.ELDERLY: 2,
    Priority.DISABLED: 2,
    Priority.APPOINTMENT: 3,
}


class Waiting(Protocol):
    """What the policy sees of a waiting ticket."""

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> str | None: ...
    @property
    def prefix(self) -> str: ...
    @property
    def priority(self) -> str: ...
    @property
    def arrived_at(self) -> int | None: ...
    @property
    def missed_at(self) -> int | None: ...
    @property
    def target_window(self) -> str | None: ...


Standing = Callable[[Any], tuple[str, str, int, int, str, str]]
Heads = dict[tuple[bool, str | None], Any]


class Counter(Protocol):
    """What the policy sees of a window."""

    @property
    def id(self) -> str: ...
    @property
    def skills(self) -> list[str] | None: ...


def choose(
    tickets: Iterable[Any], window: Counter, now: int, settings: Mapping[str, Any], layout: Layout | None = None
) -> Any:
    """The ticket to call to `window` now, None where none may be. `layout`: the queue's, where the hall goes by one."""
    return first(sorted(tickets, key=standing(settings)), window, now, settings, layout)


def first(
    line: Sequence[Any],
    window: Counter,
    now: int,
    settings: Mapping[str, Any],
    layout: Layout | None = None,
    free: Callable[[Any], bool] | None = None,
) -> Any:
    """The same of tickets that stand in line already, by `standing`, and are `free`: forty windows that press at once
    ask of one line, and each looks at the first of every service alone."""
    heads = _heads(line, window, now, settings, free)
    if policy_of(settings) == BALANCED:
        return _weighed(heads, window, now, settings, laid_for(window, layout))
    if (False, None) in heads:
        return heads[False, None]
    takes = skills_of(window, settings)
    mine = {head: t for head, t in heads.items() if not takes or head[1] in takes}
    now_first = _soonest((t for (soon, _), t in mine.items() if not soon), settings)
    return now_first if now_first is not None else _soonest(mine.values(), settings)


def order(
    tickets: Iterable[Any],
    now: int,
    settings: Mapping[str, Any],
    window: Counter | None = None,
    layout: Layout | None = None,
) -> list[Any]:
    """Tickets as they will be called, to `window` (only those it is offered) or in the hall; the resting come last."""
    if window is not None and policy_of(settings) == BALANCED:
        return _one_by_one(list(tickets), window, now, settings, layout)
    return sorted(
        (t for t in tickets if window is None or offered(t, window, settings)),
        key=lambda t: (resting(t, now, settings), early(t, now), *place(t, settings, window.id if window else None)),
    )


def offered(ticket: Waiting, window: Counter, settings: Mapping[str, Any], layout: Layout | None = None) -> bool:
    """Whether the hall's policy gives this ticket to this window; one sent on goes where it was sent."""
    return _given(ticket, window, skills_of(window, settings, layout))


def _given(ticket: Waiting, window: Counter, takes: Sequence[str]) -> bool:
    if ticket.target_window is not None:
        return ticket.target_window == window.id
    return not takes or ticket.prefix in takes


def serves(window: Counter, prefix: str, settings: Mapping[str, Any], layout: Layout | None = None) -> bool:
    """Whether the hall's policy gives tickets of this prefix to this window, as it is laid out now."""
    takes = skills_of(window, settings, layout)
    return not takes or prefix in takes


def skills_of(window: Counter, settings: Mapping[str, Any], layout: Layout | None = None) -> list[str]:
    """The prefixes that the hall's policy gives to this window, its main one first; empty: all."""
    policy = policy_of(settings)
    if policy == BALANCED and window.id in (takes := _takes(layout)):
        return list(takes[window.id])
    if policy == POOL or not window.skills:
        return []
    return window.skills[:1] if policy == FIXED else list(window.skills)


def after(layout: Layout | None, window: Counter, called: Waiting, settings: Mapping[str, Any]) -> Layout | None:
    """The layout once `called` was chosen for this window."""
    if policy_of(settings) != BALANCED or called.target_window is not None:
        return layout
    return balanced.after(laid_for(window, layout), window.id, called.prefix)


def looks_again(
    tickets: Iterable[Any], window: Counter, now: int, settings: Mapping[str, Any], layout: Layout | None = None
) -> int | None:
    """When a window that finds nobody of `tickets` now may find one, if nobody else comes; None: never."""
    pause: int = settings.get("missed_pause", DEFAULTS["missed_pause"])
    own = policy_of(settings) == BALANCED
    found = []
    for ticket in tickets:
        if resting(ticket, now, settings):
            if own or offered(ticket, window, settings):
                found.append(ticket.missed_at + pause)
        elif own and ticket.target_window is None and not offered(ticket, window, settings, layout):
            found.append(place(ticket, settings)[1] + balanced.RELIEF_MS + 1)
    return min((at for at in found if at > now), default=None)


def policy_of(settings: Mapping[str, Any]) -> str:
    """The hall's."""
    return str(settings.get("queue_policy", DEFAULTS["queue_policy"]))


def laid_for(window: Counter, layout: Layout | None) -> Laid:
    """The queue's layout; a window that is not in it yet begins with its own first services."""
    takes = _takes(layout)
    own = {} if window.id in takes else {window.id: list(window.skills or ())[:MOST]}
    work = (layout.work if layout is not None else None) or {}
    return Laid({**takes, **own}, work, layout.busy if isinstance(layout, Laid) else None)


def at_windows(layout: Layout | None, called: Iterable[tuple[str | None, str]], window: str | None) -> Layout | None:
    """The layout with what the windows beside this one are busy with: (window, prefix) of tickets called or served."""
    return _busy(layout, [prefix for place, prefix in called if place not in (None, window)])


def played(layout: Layout | None, served: Iterable[str | None]) -> Layout | None:
    """The layout to play forward from: each window's service now."""
    return _busy(layout, [prefix for prefix in served if prefix is not None])


def turns(layout: Layout | None, ended: str | None, begun: str | None) -> None:
    """In a play forward: a window ends what it was busy with, or begins something."""
    if isinstance(layout, Laid):
        for prefix, more in ((ended, -1), (begun, 1)):
            if prefix is not None:
                layout.busy[prefix] = max(layout.busy.get(prefix, 0) + more, 0)


def _busy(layout: Layout | None, prefixes: Sequence[str]) -> Layout | None:
    if layout is None:
        return None
    return Laid(_takes(layout), layout.work or {}, {prefix: prefixes.count(prefix) for prefix in set(prefixes)})


def _takes(layout: Layout | None) -> Mapping[str, Sequence[str]]:
    return (layout.takes if layout is not None else None) or {}


def resting(ticket: Waiting, now: int, settings: Mapping[str, Any]) -> bool:
    """A missed ticket is not offered again for the setting `missed_pause`."""
    pause: int = settings.get("missed_pause", DEFAULTS["missed_pause"])
    return ticket.missed_at is not None and now < ticket.missed_at + pause


def early(ticket: Waiting, now: int) -> bool:
    """Whether its appointment has not begun: it is called only where nobody else may be. One sent on was served."""
    if ticket.priority != Priority.APPOINTMENT or ticket.target_window is not None:
        return False
    return (ticket.arrived_at or 0) > now


def place(ticket: Waiting, settings: Mapping[str, Any], window: str | None = None) -> tuple[bool, int, int, str, str]:
    """The sorting key: smaller is sooner."""
    sent_here = window is not None and ticket.target_window == window
    return (not sent_here, *standing(settings)(ticket)[2:])


def standing(settings: Mapping[str, Any]) -> Standing:
    """Where a ticket stands in line: first those whom nobody sent on, by service, then those sent on, by window; within
    that the place. The same function for the same setting, so that rows can be kept in its order."""
    return _standing(settings.get("ageing", DEFAULTS["ageing"]))


@lru_cache(maxsize=64)
def _standing(ageing: int) -> Standing:
    def stands(ticket: Waiting) -> tuple[str, str, int, int, str, str]:
        arrived, target = ticket.arrived_at or 0, ticket.target_window
        sooner = arrived - STEPS[ticket.priority] * ageing
        return target or "", ticket.prefix if target is None else "", sooner, arrived, ticket.number or "~", ticket.id

    return stands


def _heads(
    line: Sequence[Any], window: Counter, now: int, settings: Mapping[str, Any], free: Callable[[Any], bool] | None
) -> Heads:
    """The first of each service that may be called to `window` now, and of those sent on to it (None); with True the
    first whose appointment is to come."""
    found: Heads = {}
    stands, at = standing(settings), 0
    while at < len(line):
        target, service, *_ = stands(line[at])
        end = bisect_right(line, (target, service), lo=at, key=lambda ticket: stands(ticket)[:2])
        for i in range(at, end) if target in ("", window.id) else ():
            ticket = line[i]
            if resting(ticket, now, settings) or not (free is None or free(ticket)):
                continue
            soon = early(ticket, now)
            found.setdefault((soon, None if target else service), ticket)
            if not soon:
                break
        at = end
    return found


def _weighed(heads: Heads, window: Counter, now: int, settings: Mapping[str, Any], laid: Laid) -> Any:
    """`first` by the hall's own policy: who was sent here, else the first of the service that weighs most; an
    appointment before its time only where nobody else may be called, and only of the window's own services."""
    if (False, None) in heads:
        return heads[False, None]
    stands = standing(settings)
    since = {prefix: stands(t)[2] for (soon, prefix), t in heads.items() if not soon and prefix is not None}
    if (prefix := balanced.choose(now, window.id, since, laid)) is not None:
        return heads[False, prefix]
    return _soonest((heads[True, own] for own in laid.takes[window.id] if (True, own) in heads), settings)


def _soonest(tickets: Iterable[Any], settings: Mapping[str, Any]) -> Any:
    stands = standing(settings)
    return min(tickets, key=lambda t: stands(t)[2:], default=None)


def _one_by_one(
    tickets: list[Any], window: Counter, now: int, settings: Mapping[str, Any], layout: Layout | None
) -> list[Any]:
    """`order` at a window of the hall's own policy: called one after another, taking on what it takes on."""
    called = list(_calls(tickets, window, now, settings, laid_for(window, layout)))
    rest = [t for t in tickets if resting(t, now, settings) and offered(t, window, settings, layout)]
    return called + sorted(rest, key=lambda t: (early(t, now), *place(t, settings, window.id)))


def _calls(tickets: list[Any], window: Counter, now: int, settings: Mapping[str, Any], laid: Laid) -> Iterator[Any]:
    """By service, so that a long queue is walked once and not once for each call."""
    lines: dict[tuple[bool, str, str | None], list[Any]] = {}
    for ticket in sorted(tickets, key=lambda t: place(t, settings, window.id), reverse=True):
        if not resting(ticket, now, settings):
            lines.setdefault((early(ticket, now), ticket.prefix, ticket.target_window), []).append(ticket)
    while True:
        ends = sorted((line[-1] for line in lines.values() if line), key=standing(settings))
        chosen = _weighed(_heads(ends, window, now, settings, None), window, now, settings, laid)
        if chosen is None:
            return
        lines[early(chosen, now), chosen.prefix, chosen.target_window].pop()
        if chosen.target_window is None:
            laid = balanced.after(laid, window.id, chosen.prefix)
        yield chosen
