"""Calling: the centre alone says who is called to which window; the rest of a call is the window's own.

call_next, call ─▶ call (open) + announcement ─recall─▶ another announcement … ─▶ served | missed | undone

A ticket that is leased to another window is passed over, and refused `leased` where it is asked for by its number:
that window may have called it without a network. The server asks for it back before it lets such a call in.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.protocol.identifiers import derived, hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import ticket as verbs
from sync.records.states import LeaseState, SessionState, TicketState
from sync.rules import policy
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.ticket.layout import layout_now, match_at_windows, take_on
from sync.rules.ticket.machine import (
    AT_WINDOW,
    MACHINE,
    WAITS,
    WINDOW_STAFF,
    end_call,
    reads,
    session_with,
    ticket_of,
)

if TYPE_CHECKING:
    from sync.records.ticket import Ticket, TicketLease, WindowSession

HAD = frozenset({*AT_WINDOW, TicketState.HELD, TicketState.DONE})
"""Called when another window has it, or has even served it: that window came first."""


def made_by(call: str) -> tuple[tuple[str, str], ...]:
    """What a call makes, table and id: named among its reads, a group looks for all of it at once, not call by call."""
    return ("call", call), ("announcement", derived("announcement", call, 1))


def _read_for_next(op: Operation[verbs.CallNext]) -> tuple[Read, ...]:
    return (
        Key("window_session", op.id),
        *starmap(Key, made_by(op.args.call)),
        match("window", in_scope=scope_of(hall_of(op.scope), "base"), queue_scope=op.scope),
        match("ticket", scope=op.scope, state=TicketState.WAITING),
        match("ticket_lease", scope=op.scope, ended_at=None),
        Key("layout", op.scope),
        *match_at_windows(op.scope),
    )


@rule(verbs.CallNext, GUARD, WINDOW_STAFF, reads=_read_for_next, exclusive=True)
def call_next(op: Operation[verbs.CallNext], facts: Facts) -> Effects:
    """Whoever is next by the hall's policy. Refused `queue_empty`, `leased` where all who wait are leased elsewhere,
    `restored_wait` where that may be, and as `free_session` says."""
    session = free_session(op, facts, op.id)
    window = next((w for w in facts.match("window", queue_scope=op.scope) if w.id == session.window), None)
    if window is None:
        raise Refused("not_found", table="window", id=session.window)
    today, restored = day_of(facts.now), facts.restored is not None
    line = facts.line("ticket", policy.standing(facts.settings), scope=op.scope, state=TicketState.WAITING)
    leases = {lease.ticket: lease for lease in facts.match("ticket_lease", scope=op.scope, ended_at=None)}

    def waits(ticket: Ticket) -> bool:
        return ticket.day == today

    def free(ticket: Ticket) -> bool:
        leased = ticket.id in leases and _elsewhere(leases[ticket.id], session, facts)
        return waits(ticket) and not leased and not (restored and _in_doubt(ticket, facts))

    layout = layout_now(op, facts, window)
    if facts.earlier is not None:  # it was called already, by a centre that was lost: the same, or nobody
        chosen = next((t for t in line if t.id == facts.earlier.get("ticket") and free(t)), None)
    else:
        chosen = policy.first(line, window, facts.now, facts.settings, layout, free)
    if chosen is None and facts.earlier is not None:
        raise Refused("queue_empty", window=session.window)
    if chosen is None:
        first = policy.first(line, window, facts.now, facts.settings, layout, waits)
        if first is None:
            raise Refused("queue_empty", window=session.window)
        if first.id not in leases or not _elsewhere(leases[first.id], session, facts):
            raise Refused("restored_wait", until=_in_doubt(first, facts))
        raise _leased(first, leases[first.id])
    effects = place_call(op, facts, chosen, session, op.args.call, TicketState.CALLED)
    effects.told["ticket"] = chosen.id
    take_on(effects, op, facts, window, chosen)
    return _use(effects, facts, leases.get(chosen.id), session)


def _elsewhere(lease: TicketLease, session: WindowSession, facts: Facts) -> bool:
    """Whether another window's device may have called the ticket under this lease, unheard of yet."""
    margin: int = facts.setting("ticket_lease_margin")
    return lease.device != session.device and facts.received < (lease.expires_at or 0) + margin


def _in_doubt(ticket: Ticket, facts: Facts) -> int:
    """Until when another window may have called the ticket under a lease that a restored centre has forgotten; 0 where
    nobody can have."""
    restored = facts.restored
    if restored is None or facts.earlier is not None or not any(facts.setting("offline_tickets").values()):
        return 0
    until: int = restored["at"] + facts.setting("ticket_lease") + facts.setting("ticket_lease_margin")
    return until if (ticket.issued_at or 0) < restored["at"] and facts.received < until else 0


def _leased(ticket: Ticket, lease: TicketLease) -> Refused:
    return Refused("leased", number=ticket.number, window=lease.window, until=lease.expires_at)


def _use(effects: Effects, facts: Facts, lease: TicketLease | None, session: WindowSession) -> Effects:
    """The lease of a ticket that was called in the ordinary way is over."""
    if lease is None:
        return effects
    state = LeaseState.USED if lease.device == session.device else LeaseState.EXPIRED
    return effects.put("ticket_lease", lease.id, state=state.value, ended_at=facts.received)


@rule(
    verbs.Call,
    GUARD,
    WINDOW_STAFF,
    reads=lambda op: (
        Key("ticket", op.id),
        Key("window_session", op.args.session),
        *starmap(Key, made_by(op.args.call)),
        match("ticket_lease", ticket=op.id, ended_at=None),
    ),
    exclusive=True,
)
def call(op: Operation[verbs.Call], facts: Facts) -> Effects:
    """This ticket, out of turn. Refused `taken` where another window came first, `leased`, `restored_wait`,
    `not_today`, `state`."""
    session = free_session(op, facts, op.args.session)
    ticket = ticket_of(op, facts)
    if ticket.state in HAD and ticket.session != session.id:
        raise Refused("taken", window=ticket.window, number=ticket.number, state=str(ticket.state))
    after = MACHINE.after(ticket, "call")
    if ticket.day != day_of(facts.now):
        raise Refused("not_today", day=ticket.day)
    lease = next(iter(facts.match("ticket_lease", ticket=op.id, ended_at=None)), None)
    if lease is not None and _elsewhere(lease, session, facts):
        raise _leased(ticket, lease)
    if until := _in_doubt(ticket, facts):
        raise Refused("restored_wait", until=until)
    return _use(place_call(op, facts, ticket, session, op.args.call, after), facts, lease, session)


def free_session(op: Operation[Any], facts: Facts, id: str) -> WindowSession:
    """The actor's own open session with nobody at it. Refused `not_yours`, `state` (closed), `paused`,
    `already_serving` naming the ticket."""
    session: WindowSession = facts.need("window_session", id)
    if session.staff != op.by or session.scope != op.scope:
        raise Refused("not_yours", window=session.window)
    if session.state == SessionState.PAUSED:
        raise Refused("paused", window=session.window)
    if session.state != SessionState.OPEN:
        raise Refused("state", noun="window", verb="call", state=str(session.state), allowed=[SessionState.OPEN])
    if session.ticket is not None:
        raise Refused("already_serving", ticket=session.ticket)
    return session


def place_call(
    op: Operation[Any], facts: Facts, ticket: Ticket, session: WindowSession, call: str, after: str
) -> Effects:
    """The ticket stands at the session's window, called once and announced."""
    for table, id in made_by(call):
        facts.absent(table, id)
    arrived = ticket.arrived_at or 0  # of an appointment its half hour, which may be to come
    at = max(facts.now, min(arrived, ticket.issued_at or arrived))
    effects = Effects()
    effects.put(
        "ticket",
        ticket.id,
        state=after,
        window=session.window,
        session=session.id,
        called_at=at,
        calls=1,
    )
    effects.put("window_session", session.id, ticket=ticket.id)
    effects.put(
        "call", call, ticket=ticket.id, window=session.window, session=session.id, staff=op.by, called_at=at, open=True
    )
    return _announce(effects, ticket, session.window, call, 1, at)


def _announce(effects: Effects, ticket: Ticket, window: str, call: str, times: int, at: int) -> Effects:
    """One announcement for each time a call is said; none is ever overwritten."""
    return effects.put(
        "announcement",
        derived("announcement", call, times),
        ticket=ticket.id,
        number=ticket.number,
        window=window,
        kind="call" if times == 1 else "recall",
        at=at,
    )


@rule(verbs.Recall, GUARD, WINDOW_STAFF, reads=reads)
def recall(op: Operation[verbs.Recall], facts: Facts) -> Effects:
    """Said once more. Refused `recalls_used` when it was said as often as the hall allows."""
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "recall")
    session = session_with(op, facts)
    most = facts.setting("recalls_max")
    if ticket.calls > most:
        raise Refused("recalls_used", max=most)
    effects = Effects().put("ticket", op.id, state=after, calls=ticket.calls + 1)
    open_calls = facts.match("call", ticket=op.id, open=True)
    at = max(facts.now, ticket.called_at or 0)
    return _announce(effects, ticket, session.window, open_calls[0].id, ticket.calls + 1, at)


@rule(verbs.UndoCall, GUARD, WINDOW_STAFF, reads=reads)
def undo_call(op: Operation[verbs.UndoCall], facts: Facts) -> Effects:
    """The call is taken back; arrival and priority are as they were, so the ticket stands where it stood.

    Refused `undo_late` after the setting `undo_call`, `not_yours` for anyone but the one who called.
    """
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "undo_call")
    session = session_with(op, facts)
    if session.staff != op.by:
        raise Refused("not_yours", window=session.window)
    within = facts.setting("undo_call")
    if facts.now - (ticket.called_at or 0) > within:
        raise Refused("undo_late", within=within)
    effects = Effects().put("ticket", op.id, state=after, **WAITS).put("window_session", session.id, ticket=None)
    end_call(effects, op, facts, "undone")
    return effects
