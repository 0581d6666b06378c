"""The ticket's states and what its verbs have in common.

    issue ─▶ waiting ─call─▶ called ⇄ recalled ─serve─▶ serving ─finish─▶ done
               ▲ ▲ ▲            │ undo    │ miss            │ ├─hold─▶ held ─resume─▶ serving
               │ │ └────────────┘         ▼                 │
               │ └──────reactivate───── missed ─expire─▶ expired
               └────────────────────────────────transfer────┘
    whoever was served is invited to rate it, by whichever way they leave: sync.rules.ticket.invitation
    waiting, called, recalled ─cancel─▶ cancelled          whatever is open ─close_day─▶ closed_end_of_day

A ticket with further matters goes from serving to serving (the next one here) or to waiting (elsewhere) by finish.
A ticket at a window (called, recalled, serving) is its session's `ticket`, and no other is; one that waits has no
window, no session and no call. Issued and transferred are passed through within one step and never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sync.protocol.operation import Operation
from sync.records.states import Role
from sync.records.states import TicketState as S
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.ticket import Ticket, WindowSession

WINDOW_STAFF: Final = frozenset({Role.CLERK, Role.GRID})
WITH_DUTY: Final = WINDOW_STAFF | {Role.DUTY}
"""What frees a window whose person is gone may also be done by the duty manager."""

OPEN: Final = (S.WAITING, S.CALLED, S.RECALLED, S.SERVING, S.HELD, S.MISSED)
AT_WINDOW: Final = (S.CALLED, S.RECALLED, S.SERVING)

_CALLED = (S.CALLED, S.RECALLED)
MACHINE: Final = Machine(
    "ticket",
    {
        "call": {S.WAITING: S.CALLED},
        "call_leased": dict.fromkeys((S.WAITING, S.MISSED, S.EXPIRED, S.CLOSED_END_OF_DAY), S.CALLED),
        "recall": dict.fromkeys(_CALLED, S.RECALLED),
        "undo_call": dict.fromkeys(_CALLED, S.WAITING),
        "serve": dict.fromkeys(_CALLED, S.SERVING),
        "miss": dict.fromkeys(_CALLED, S.MISSED),
        "reactivate": {S.MISSED: S.WAITING},
        "expire": {S.MISSED: S.EXPIRED},
        "hold": {S.SERVING: S.HELD},
        "resume": {S.HELD: S.SERVING},
        "transfer": {S.SERVING: S.WAITING},
        "finish": {S.SERVING: S.DONE},
        "cancel": dict.fromkeys((S.WAITING, *_CALLED), S.CANCELLED),
        "link": {state: state for state in (*AT_WINDOW, S.HELD, S.DONE)},
    },
)

WAITS: Final[Mapping[str, Any]] = {"window": None, "session": None, "called_at": None, "calls": 0, "serving_at": None}
"""The columns of a ticket that waits, whatever happened to it before."""


def reads(op: Operation[Any]) -> tuple[Read, ...]:
    """The ticket, the session it stands at, its open call and its segments."""
    return (
        Key("ticket", op.id),
        match("window_session", ticket=op.id),
        match("call", ticket=op.id, open=True),
        match("service_segment", ticket=op.id),
    )


def ticket_of(op: Operation[Any], facts: Facts, id: str | None = None) -> Ticket:
    """The ticket, of this queue and no other."""
    ticket: Ticket = facts.need("ticket", op.id if id is None else id)
    if ticket.scope != op.scope:
        raise Refused("not_found", table="ticket", id=ticket.id)
    return ticket


def session_with(op: Operation[Any], facts: Facts) -> WindowSession:
    """The session at which the ticket stands; `not_yours` for anyone but its person and the duty manager."""
    found = facts.match("window_session", ticket=op.id)
    if not found:
        raise Refused("not_found", table="window_session", id=op.id)
    session: WindowSession = found[0]
    if session.staff != op.by and Role.DUTY not in facts.roles:
        raise Refused("not_yours", window=session.window)
    return session


def end_call(effects: Effects, op: Operation[Any], facts: Facts, outcome: str) -> None:
    """The ticket's open call ends, as served, missed, undone, cancelled."""
    for call in facts.match("call", ticket=op.id, open=True):
        effects.put("call", call.id, open=False, ended_at=max(facts.now, call.called_at), outcome=outcome)


def end_segment(effects: Effects, op: Operation[Any], facts: Facts, ended_by: str) -> Any:
    """The segment that runs ends now, never before it began; answers it."""
    running = next(s for s in facts.match("service_segment", ticket=op.id) if s.ended_at is None)
    effects.put("service_segment", running.id, ended_at=max(facts.now, running.started_at), ended_by=ended_by)
    return running


def begin_segment(effects: Effects, op: Operation[Any], facts: Facts, id: str, session: WindowSession) -> int:
    """A segment begins: now, but after the ticket's call and its other segments, whatever a device's clock said."""
    ticket = ticket_of(op, facts)
    ends = [segment.ended_at for segment in facts.match("service_segment", ticket=op.id)]
    start: int = max(facts.now, ticket.called_at or 0, *ends, 0)
    effects.put(
        "service_segment",
        id,
        ticket=op.id,
        window=session.window,
        session=session.id,
        staff=op.by,
        matter=ticket.matter,
        started_at=start,
    )
    return start
