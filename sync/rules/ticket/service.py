"""Service at a window, in segments: what a ticket's service took is their sum.

serve ─▶ segment ─hold─▶ (set aside) ─resume─▶ segment ─transfer─▶ (waits elsewhere) … segment ─finish─▶ invite
                                                                          and with further matters: ─▶ segment, here
                                                                          or (waits elsewhere), keeping the place
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.protocol.identifiers import derived, hall_of, scope_of
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import rating
from sync.protocol.verbs import ticket as verbs
from sync.records.states import InviteState, TicketState
from sync.rules import policy
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rating import check_invite
from sync.rules.rule import GUARD, rule
from sync.rules.ticket.call import free_session
from sync.rules.ticket.machine import (
    MACHINE,
    WAITS,
    WINDOW_STAFF,
    WITH_DUTY,
    begin_segment,
    end_call,
    end_segment,
    reads,
    session_with,
    ticket_of,
)

if TYPE_CHECKING:
    from sync.records.matter import Matter
    from sync.records.place import Window
    from sync.records.rectification import Contact
    from sync.records.ticket import ServiceSegment, Ticket, WindowSession


@rule(
    verbs.Serve,
    GUARD,
    WINDOW_STAFF,
    reads=lambda op: (*reads(op), Key("service_segment", op.args.segment)),
)
def serve(op: Operation[verbs.Serve], facts: Facts) -> Effects:
    """The person has come: the call ends, a segment of service begins."""
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "serve")
    session = session_with(op, facts)
    facts.absent("service_segment", op.args.segment)
    effects = Effects()
    end_call(effects, op, facts, "served")
    start = begin_segment(effects, op, facts, op.args.segment, session)
    return effects.put("ticket", op.id, state=after, serving_at=start, target_window=None)


@rule(verbs.Hold, GUARD, WINDOW_STAFF, reads=reads)
def hold(op: Operation[verbs.Hold], facts: Facts) -> Effects:
    """Put aside for a while; the window is free for others, the ticket stays this window's."""
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "hold")
    session = session_with(op, facts)
    effects = Effects().put("ticket", op.id, state=after).put("window_session", session.id, ticket=None)
    end_segment(effects, op, facts, "hold")
    return effects


@rule(
    verbs.Resume,
    GUARD,
    WINDOW_STAFF,
    reads=lambda op: (
        *reads(op),
        Key("window_session", op.args.session),
        Key("service_segment", op.args.segment),
    ),
)
def resume(op: Operation[verbs.Resume], facts: Facts) -> Effects:
    """Go on at the window that put the ticket aside. Refused `other_window` anywhere else."""
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "resume")
    session = free_session(op, facts, op.args.session)
    if session.window != ticket.window:
        raise Refused("other_window", window=ticket.window)
    facts.absent("service_segment", op.args.segment)
    effects = Effects()
    begin_segment(effects, op, facts, op.args.segment, session)
    return effects.put("ticket", op.id, state=after, session=session.id).put("window_session", session.id, ticket=op.id)


def _read_for_transfer(op: Operation[verbs.Transfer]) -> tuple[Read, ...]:
    base = scope_of(hall_of(op.scope), "base")
    return (
        *reads(op),
        Key("window", op.args.window, base),
        Key("matter", op.args.matter, base),
        match("window_session", window=op.args.window, closed_at=None),
    )


@rule(verbs.Transfer, GUARD, WITH_DUTY, reads=_read_for_transfer)
def transfer(op: Operation[verbs.Transfer], facts: Facts) -> Effects:
    """Send on to a window, or to whoever serves another matter; number and arrival are kept.

    Refused `no_target` (neither, or where it is already), `window_closed` (nobody sits there), `wrong_scope`.
    """
    args = op.args
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "transfer")
    session = session_with(op, facts)
    if args.window == session.window or (args.window is None and args.matter in (None, ticket.matter)):
        raise Refused("no_target")
    effects = Effects()
    if args.window is not None:
        window: Window = facts.need("window", args.window)
        if window.queue_scope != op.scope:
            raise Refused("wrong_scope", table="window", id=window.id)
        if not facts.match("window_session", window=args.window, closed_at=None):
            raise Refused("window_closed", window=window.id)
    if args.matter is not None:
        matter: Matter = facts.need("matter", args.matter)
        if not matter.active:
            raise Refused("inactive", table="matter", id=matter.id)
        effects.put("ticket", op.id, matter=matter.id, prefix=matter.prefix, more=_instead(ticket, matter.id))
    effects.put("ticket", op.id, **{**WAITS, "state": after, "target_window": args.window})
    effects.put("window_session", session.id, ticket=None)
    end_segment(effects, op, facts, "transfer")
    return effects


def _instead(ticket: Ticket, matter: str) -> list[dict[str, Any]] | None:
    """The further matters when one of them is taken first: the one in hand comes in its place, so none is lost."""
    here = {"matter": ticket.matter, "prefix": ticket.prefix}
    return [here if each["matter"] == matter else each for each in ticket.more or ()] or None


def _read_for_finish(op: Operation[verbs.Finish]) -> tuple[Read, ...]:
    hall = hall_of(op.scope)
    return (
        *reads(op),
        match("window", in_scope=scope_of(hall, "base"), queue_scope=op.scope),
        Key("service_segment", derived("segment", op.args.invite)),
        Key("contact", op.id, scope_of(hall, "callback")),
        Key("invite", op.args.invite, scope_of(hall, "rating")),
        Key("invite_link", op.args.invite, scope_of(hall, "callback")),
    )


@rule(
    verbs.Finish,
    GUARD,
    WITH_DUTY,
    reads=_read_for_finish,
    scopes=lambda op: (op.scope, *(scope_of(hall_of(op.scope), part) for part in ("callback", "rating"))),
)
def finish(op: Operation[verbs.Finish], facts: Facts) -> Effects:
    """Service is done. With it, at the centre, opens the invitation to rate: not by the clerk's choice.

    With further matters the person stays here for the next one, or waits for it with the old arrival.
    """
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "finish")
    session = session_with(op, facts)
    check_invite(op.args.invite)
    effects = Effects()
    segment: ServiceSegment = end_segment(effects, op, facts, "finish")
    ended_at = max(facts.now, segment.started_at or 0)
    if ticket.more:
        _go_on(effects, op, facts, ticket, session, ended_at)
    else:
        effects.put("ticket", op.id, state=after, finished_at=ended_at)
        effects.put("window_session", session.id, ticket=None)
    if facts.authority:  # a window's copy holds neither of the invitation's two scopes
        _invite(effects, op, facts, ticket, segment)
    return effects


def _go_on(
    effects: Effects,
    op: Operation[verbs.Finish],
    facts: Facts,
    ticket: Ticket,
    session: WindowSession,
    ended_at: int,
) -> None:
    """The next matter of the same person: at once where this window serves it, else in the queue by the old arrival."""
    following, *rest = ticket.more or []
    effects.put("ticket", op.id, matter=following["matter"], prefix=following["prefix"], more=rest or None)
    window = next((w for w in facts.match("window", queue_scope=op.scope) if w.id == session.window), None)
    if window is None or not policy.serves(window, following["prefix"], facts.settings):
        effects.put("ticket", op.id, **{**WAITS, "state": TicketState.WAITING, "target_window": None})
        effects.put("window_session", session.id, ticket=None)
        return
    id = derived("segment", op.args.invite)
    facts.absent("service_segment", id)
    effects.put(
        "service_segment",
        id,
        ticket=op.id,
        window=session.window,
        session=session.id,
        staff=session.staff,
        matter=following["matter"],
        started_at=ended_at,
    )
    effects.put("ticket", op.id, serving_at=ended_at)


def _invite(
    effects: Effects, op: Operation[verbs.Finish], facts: Facts, ticket: Ticket, segment: ServiceSegment
) -> None:
    """Two records that meet only in their id: what was done by whom, and for whom."""
    hall, invite = hall_of(op.scope), op.args.invite
    facts.absent("invite", invite)
    facts.absent("invite_link", invite)
    contact: Contact | None = facts.get("contact", op.id)
    lapses_at = facts.now + facts.setting("invite_open")
    effects.put(
        "invite",
        invite,
        scope=scope_of(hall, "rating"),
        subject="service",
        state=InviteState.OPEN,
        matter=ticket.matter,
        window=segment.window,
        staff=segment.staff,
        site=ticket.site,
        opened_at=facts.now,
        lapses_at=lapses_at,
    )
    effects.put(
        "invite_link",
        invite,
        scope=scope_of(hall, "callback"),
        ticket=ticket.id,
        case=ticket.case,
        number=ticket.number,
        holder=ticket.holder,
        phone=contact.phone if contact else None,
        at=facts.now,
    )
    effects.later(lapses_at, kind_of(rating.Lapse), invite, scope=scope_of(hall, "rating"))
