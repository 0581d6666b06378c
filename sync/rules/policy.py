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
               too long for it: `sync.rules.balanced` weighs the first of each prefix, the place above says who that is
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from sync.records.settings import DEFAULTS
from sync.records.states import Priority
from sync.rules import balanced
from sync.rules.balanced import BALANCED, Laid, Layout
from sync.staffing import SKILLS as MOST

FIXED, SKILLS, POOL = "fixed", "skills", "pool"
POLICIES: Final = (FIXED, SKILLS, POOL, BALANCED)

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
    if policy_of(settings) == BALANCED:
        return _weighed(tickets, window, now, settings, laid_for(window, layout))
    takes = skills_of(window, settings)  # once, not for each who waits
    return min(
        (t for t in tickets if _given(t, window, takes) and not resting(t, now, settings)),
        key=lambda t: (early(t, now), *place(t, settings, window.id)),
        default=None,
    )


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
    return Laid({**takes, **own}, (layout.work if layout is not None else None) or {})


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
    ageing: int = settings.get("ageing", DEFAULTS["ageing"])
    arrived = ticket.arrived_at or 0
    sent_here = window is not None and ticket.target_window == window
    return (not sent_here, arrived - STEPS[ticket.priority] * ageing, arrived, ticket.number or "~", ticket.id)


def _weighed(tickets: Iterable[Any], window: Counter, now: int, settings: Mapping[str, Any], laid: Laid) -> Any:
    """`choose` by the hall's own policy: who was sent here, else the first of the service that weighs most; an
    appointment before its time only where nobody else may be called, and only of the window's own services."""
    heads: dict[tuple[bool, str], tuple[tuple[bool, int, int, str, str], Any]] = {}
    for ticket in tickets:
        if ticket.target_window not in (None, window.id) or resting(ticket, now, settings):
            continue
        stands = place(ticket, settings, window.id)
        head = (early(ticket, now), "" if ticket.target_window else ticket.prefix)
        if head not in heads or stands < heads[head][0]:
            heads[head] = (stands, ticket)
    if (False, "") in heads:
        return heads[False, ""][1]
    since = {prefix: stands[1] for (soon, prefix), (stands, _) in heads.items() if not soon}
    if (prefix := balanced.choose(now, window.id, since, laid)) is not None:
        return heads[False, prefix][1]
    return min((heads[True, own] for own in laid.takes[window.id] if (True, own) in heads), default=(None, None))[1]


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
        heads = [line[-1] for line in lines.values() if line]
        chosen = _weighed(heads, window, now, settings, laid)
        if chosen is None:
            return
        lines[early(chosen, now), chosen.prefix, chosen.target_window].pop()
        if chosen.target_window is None:
            laid = balanced.after(laid, window.id, chosen.prefix)
        yield chosen
