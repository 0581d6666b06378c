"""What happens to a ticket away from the counter: nobody came, came back, left; and the case it stands for."""

from __future__ import annotations

from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role, TicketState
from sync.rules.facts import Facts, Key
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.ticket.machine import (
    MACHINE,
    WAITS,
    WINDOW_STAFF,
    WITH_DUTY,
    end_call,
    reads,
    session_with,
    ticket_of,
)


@rule(verbs.Miss, GUARD, WITH_DUTY, reads=reads)
def miss(op: Operation[verbs.Miss], facts: Facts) -> Effects:
    """过号: nobody came; the window is free. The ticket is kept for the setting `missed_kept`."""
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "miss")
    session = session_with(op, facts)
    at = max(facts.now, ticket.called_at or 0)
    effects = Effects().put("ticket", op.id, state=after, session=None, missed_at=at, misses=ticket.misses + 1, calls=0)
    effects.put("window_session", session.id, ticket=None)
    end_call(effects, op, facts, "missed")
    return effects.later(at + facts.setting("missed_kept"), kind_of(verbs.Expire), op.id)


@rule(verbs.Reactivate, GUARD, WITH_DUTY, reads=lambda op: (Key("ticket", op.id),))
def reactivate(op: Operation[verbs.Reactivate], facts: Facts) -> Effects:
    """The person has turned up and waits again by the old arrival. Refused `misses_used` after too many."""
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "reactivate")
    most = facts.setting("misses_max")
    if ticket.misses > most:
        raise Refused("misses_used", max=most)
    return Effects().put("ticket", op.id, state=after, **WAITS)


@rule(verbs.Expire, GUARD, {Role.CLOCK}, reads=lambda op: (Key("ticket", op.id),))
def expire(op: Operation[verbs.Expire], facts: Facts) -> Effects:
    """A missed ticket lapses; refused `not_due` where it was missed anew in the meantime."""
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "expire")
    if facts.now < (ticket.missed_at or 0) + facts.setting("missed_kept"):
        raise Refused("not_due", at=(ticket.missed_at or 0) + facts.setting("missed_kept"))
    return Effects().put("ticket", op.id, state=after)


@rule(verbs.Cancel, GUARD, WITH_DUTY | {Role.CITIZEN}, reads=reads)
def cancel(op: Operation[verbs.Cancel], facts: Facts) -> Effects:
    """The person left. A called ticket is cancelled by the window that called it, or by its own holder."""
    ticket = ticket_of(op, facts)
    after = MACHINE.after(ticket, "cancel")
    effects = Effects()
    if ticket.state != TicketState.WAITING:
        if Role.CITIZEN not in facts.roles:
            session_with(op, facts)
        for session in facts.match("window_session", ticket=op.id):
            effects.put("window_session", session.id, ticket=None)
        end_call(effects, op, facts, "cancelled")
    return effects.put("ticket", op.id, state=after, **WAITS)


@rule(
    verbs.Link,
    GUARD,
    WINDOW_STAFF,
    reads=lambda op: (Key("ticket", op.id), Key("case", op.args.case)),
)
def link(op: Operation[verbs.Link], facts: Facts) -> Effects:
    """The case that this person came for; a link made in error is made anew."""
    ticket = ticket_of(op, facts)
    MACHINE.after(ticket, "link")
    if facts.authority:  # which scope the case lies in is not told, so a copy without it could not know
        facts.need("case", op.args.case)
    return Effects().put("ticket", op.id, case=op.args.case)
