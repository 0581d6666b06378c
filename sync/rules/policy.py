"""Who is next. The same order for the rule that calls and for the screens that show the queue.

    place    sent on to this window  ▸  then  arrival − steps of priority × ageing

A step of priority is worth the setting `ageing` of waiting, so a ticket that has waited longer than the others' steps
are worth goes first: nobody starves. An appointment's arrival is the beginning of its half hour; until then it comes
after all others, then it has its place: that once it turns, the order of any other two tickets never while they wait.

The setting `queue_policy` says which tickets a window is offered:
    fixed    of its first prefix alone
    skills   of all prefixes it serves
    pool     any
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from sync.records.settings import DEFAULTS
from sync.records.states import Priority

FIXED, SKILLS, POOL = "fixed", "skills", "pool"
POLICIES: Final = (FIXED, SKILLS, POOL)

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


def choose(tickets: Iterable[Any], window: Counter, now: int, settings: Mapping[str, Any]) -> Any:
    """The ticket to call to `window` now, None where none may be."""
    return min(
        (t for t in tickets if offered(t, window, settings) and not resting(t, now, settings)),
        key=lambda t: (early(t, now), *place(t, settings, window.id)),
        default=None,
    )


def order(tickets: Iterable[Any], now: int, settings: Mapping[str, Any], window: Counter | None = None) -> list[Any]:
    """Tickets as they will be called, to `window` (only those it is offered) or in the hall; the resting come last."""
    return sorted(
        (t for t in tickets if window is None or offered(t, window, settings)),
        key=lambda t: (resting(t, now, settings), early(t, now), *place(t, settings, window.id if window else None)),
    )


def offered(ticket: Waiting, window: Counter, settings: Mapping[str, Any]) -> bool:
    """Whether the hall's policy gives this ticket to this window; one sent on goes where it was sent."""
    if ticket.target_window is not None:
        return ticket.target_window == window.id
    return serves(window, ticket.prefix, settings)


def serves(window: Counter, prefix: str, settings: Mapping[str, Any]) -> bool:
    """Whether the hall's policy gives tickets of this prefix to this window."""
    policy = settings.get("queue_policy", DEFAULTS["queue_policy"])
    if policy == POOL or not window.skills:
        return True
    return prefix in (window.skills[:1] if policy == FIXED else window.skills)


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
