"""A person at a window: one live session a window, one a person.

    window.open ─▶ open ⇄ paused ─▶ closed
    again by the same person at the same device: the old session closes, the new one takes over who stands there
    by another, once the device there is silent and its leases are over: who was served is held, who was called waits

The heartbeat that shows a session alive is no operation; that it stopped, and came back, is one of the clock's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import lease as lease_verbs
from sync.protocol.verbs import ticket as verbs
from sync.records.states import LeaseState, RequestState, Role, SessionState, TicketState
from sync.rules import request
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine
from sync.rules.ticket.close import close_later
from sync.rules.ticket.layout import lay_out_later
from sync.rules.ticket.machine import AT_WINDOW, WAITS, WINDOW_STAFF

if TYPE_CHECKING:
    from sync.records.place import Window
    from sync.records.ticket import Pause, WindowSession

MACHINE = Machine(
    "window",
    {
        "pause": {SessionState.OPEN: SessionState.PAUSED},
        "resume": {SessionState.PAUSED: SessionState.OPEN},
        "close": dict.fromkeys((SessionState.OPEN, SessionState.PAUSED), SessionState.CLOSED),
    },
)


def _read_for_open(op: Operation[verbs.OpenWindow]) -> tuple[Read, ...]:
    window = op.args.window
    return (
        Key("window_session", op.id),
        Key("window", window, scope_of(hall_of(op.scope), "base")),
        match("window_session", window=window, closed_at=None),
        match("window_session", staff=op.by, closed_at=None),
        match("pause", scope=op.scope, to_at=None),
        match("ticket_lease", window=window, ended_at=None),
        match("call", window=window, open=True),
        match("service_segment", window=window, ended_at=None),
        request.asked_at(op, window),
        *(match("ticket", window=window, state=state) for state in AT_WINDOW),
    )


@rule(verbs.OpenWindow, GUARD, WINDOW_STAFF, reads=_read_for_open)
def open_window(op: Operation[verbs.OpenWindow], facts: Facts) -> Effects:
    """Sit down. Refused `window_taken` (by whom), `session_open` (the person's other window), `wrong_scope`."""
    facts.absent("window_session", op.id)
    window: Window = facts.need("window", op.args.window)
    if window.queue_scope != op.scope:
        raise Refused("wrong_scope", table="window", id=window.id)
    effects = Effects()
    ticket: str | None = None
    for old in facts.match("window_session", window=window.id, closed_at=None):
        if (old.staff, old.device) == (op.by, op.device):
            ticket = old.ticket
            for lease in facts.match("ticket_lease", window=window.id, ended_at=None):
                effects.put("ticket_lease", lease.id, session=op.id)
        else:
            _take_over(effects, op, facts, old)
        effects.put(
            "window_session",
            old.id,
            state=SessionState.CLOSED,
            ticket=None,
            closed_at=max(facts.now, old.opened_at),
        )
        _end_pauses(
            effects, facts, [p for p in facts.match("pause", scope=op.scope, to_at=None) if p.session == old.id]
        )
    for other in facts.match("window_session", staff=op.by, closed_at=None):
        if other.window != window.id:
            raise Refused("session_open", window=other.window)
    if ticket is not None:
        effects.put("ticket", ticket, session=op.id)
    effects.put(
        "window_session",
        op.id,
        window=window.id,
        staff=op.by,
        device=op.device,
        state=SessionState.OPEN,
        ticket=ticket,
        opened_at=facts.now,
    )
    close_later(effects, op, facts)
    wanted = facts.match("window_request", scope=op.scope, window=window.id, state=RequestState.ASKED)
    request.end(effects, op, facts, wanted, RequestState.MET)
    return lay_out_later(effects, op, facts)


def _take_over(effects: Effects, op: Operation[verbs.OpenWindow], facts: Facts, old: WindowSession) -> None:
    """From a device that fell silent. Refused `window_taken` while it is heard, or may still call what is leased."""
    leases = facts.match("ticket_lease", window=old.window, ended_at=None)
    margin: int = facts.setting("ticket_lease_margin")
    until = max((lease.expires_at + margin for lease in leases), default=0)
    if old.silent_at is None or (facts.authority and facts.received < until):
        raise Refused("window_taken", window=old.window, staff=old.staff)
    for lease in leases:
        effects.put("ticket_lease", lease.id, state=LeaseState.EXPIRED.value, ended_at=facts.received)
    for call in facts.match("call", window=old.window, open=True):
        effects.put("call", call.id, open=False, ended_at=max(facts.now, call.called_at), outcome="silent")
        effects.put("ticket", call.ticket, state=TicketState.WAITING, **WAITS)
    for segment in facts.match("service_segment", window=old.window, ended_at=None):
        ended_at = max(old.silent_at, segment.started_at)
        effects.put("service_segment", segment.id, ended_at=ended_at, ended_by="silent")
        effects.put("ticket", segment.ticket, state=TicketState.HELD)


@rule(lease_verbs.Silence, GUARD, {Role.CLOCK}, reads=lambda op: (Key("window_session", op.id),))
def silence(op: Operation[lease_verbs.Silence], facts: Facts) -> Effects:
    """The device was not heard: another person may take the window."""
    session = _own(op, facts, or_by={Role.CLOCK})
    MACHINE.after(session, "close")
    return Effects().put("window_session", op.id, silent_at=facts.received)


@rule(lease_verbs.Heard, GUARD, {Role.CLOCK}, reads=lambda op: (Key("window_session", op.id),))
def heard(op: Operation[lease_verbs.Heard], facts: Facts) -> Effects:
    """It is there again, before anybody took the window."""
    session = _own(op, facts, or_by={Role.CLOCK})
    MACHINE.after(session, "close")
    return Effects().put("window_session", op.id, silent_at=None)


@rule(
    verbs.PauseWindow,
    GUARD,
    WINDOW_STAFF,
    reads=lambda op: (Key("window_session", op.id), Key("pause", op.args.pause)),
)
def pause(op: Operation[verbs.PauseWindow], facts: Facts) -> Effects:
    """暂停: no tickets for a while, and why. Refused `ticket_at_window`."""
    session = _own(op, facts)
    after = MACHINE.after(session, "pause")
    _nobody_at(session)
    facts.absent("pause", op.args.pause)
    effects = Effects().put("window_session", op.id, state=after, pause_reason=op.args.reason)
    return effects.put("pause", op.args.pause, session=op.id, reason=op.args.reason, from_at=facts.now)


@rule(
    verbs.ResumeWindow,
    GUARD,
    WINDOW_STAFF,
    reads=lambda op: (Key("window_session", op.id), match("pause", session=op.id, to_at=None), request.asked(op)),
)
def resume(op: Operation[verbs.ResumeWindow], facts: Facts) -> Effects:
    """The pause ends."""
    session = _own(op, facts)
    after = MACHINE.after(session, "resume")
    effects = Effects().put("window_session", op.id, state=after, pause_reason=None)
    wanted = facts.match("window_request", scope=op.scope, state=RequestState.ASKED)
    request.end(effects, op, facts, [each for each in wanted if each.window == session.window], RequestState.MET)
    return _end_pauses(effects, facts, facts.match("pause", session=op.id, to_at=None))


@rule(
    verbs.CloseWindow,
    GUARD,
    WINDOW_STAFF | {Role.DUTY, Role.CLOCK},
    reads=lambda op: (
        Key("window_session", op.id),
        match("pause", session=op.id, to_at=None),
        match("ticket", scope=op.scope, state=TicketState.HELD),
        match("ticket", scope=op.scope, state=TicketState.WAITING),
        match("ticket_lease", session=op.id, ended_at=None),
    ),
)
def close(op: Operation[verbs.CloseWindow], facts: Facts) -> Effects:
    """Leave the window; tickets sent on to it may go to any other. Refused `ticket_at_window`, a held one's too.

    The duty manager closes anyone's, and time itself one whose device fell silent.
    """
    session = _own(op, facts, or_by={Role.DUTY, Role.CLOCK})
    after = MACHINE.after(session, "close")
    _nobody_at(session)
    for held in facts.match("ticket", scope=op.scope, state=TicketState.HELD):
        if held.window == session.window:
            raise Refused("ticket_at_window", ticket=held.id, window=session.window)
    effects = Effects()
    for waiting in facts.match("ticket", scope=op.scope, state=TicketState.WAITING):
        if waiting.target_window == session.window:
            effects.put("ticket", waiting.id, target_window=None)
    if session.device == op.device:  # another's leases last: it may have called already, unheard of yet
        for lease in facts.match("ticket_lease", session=op.id, ended_at=None):
            effects.put("ticket_lease", lease.id, state=LeaseState.RETURNED.value, ended_at=facts.received)
    closed_at = max(facts.now, session.opened_at or 0)
    effects.put("window_session", op.id, state=after, pause_reason=None, closed_at=closed_at)
    return _end_pauses(effects, facts, facts.match("pause", session=op.id, to_at=None))


def _own(op: Operation[Any], facts: Facts, or_by: set[Role] | None = None) -> WindowSession:
    session: WindowSession = facts.need("window_session", op.id)
    if session.scope != op.scope:
        raise Refused("not_found", table="window_session", id=op.id)
    if session.staff != op.by and not (or_by or set()) & facts.roles:
        raise Refused("not_yours", window=session.window)
    return session


def _nobody_at(session: WindowSession) -> None:
    if session.ticket is not None:
        raise Refused("ticket_at_window", ticket=session.ticket, window=session.window)


def _end_pauses(effects: Effects, facts: Facts, pauses: Sequence[Pause]) -> Effects:
    for pause in pauses:
        effects.put("pause", pause.id, to_at=max(facts.now, pause.from_at or 0))
    return effects
