"""Whoever was served is invited to rate it, however the service ended: nobody at a window can keep it back.

    finish ───────────────────────────────────▶ invite + link, at once
    transfer, close_day,                      ┐
    resume by another than who put it aside   ┴▶ left to the clock: invite.open ─▶ invite + link

What the clock opens has an id of the centre's making, since a window need not say one: those who hold the queue know
the ticket and its segments, and must not find the rating by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import rating as verbs
from sync.records.states import InviteState, Role
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.rectification import Contact
    from sync.records.ticket import ServiceSegment, Ticket


def invite_later(
    effects: Effects, op: Operation[Any], facts: Facts, ticket: Ticket, segment: ServiceSegment | None
) -> None:
    """The clock opens the invitation for a stretch of service; for the ticket's last one where it is not at hand."""
    if not facts.authority:
        return
    which = segment.id if segment is not None else f"{ticket.id} {ticket.v}"
    effects.later(
        facts.now,
        kind_of(verbs.OpenInvite),
        facts.hidden("invite", which),
        scope=scope_of(hall_of(op.scope), "rating"),
        queue=op.scope,
        ticket=ticket.id,
        segment=None if segment is None else segment.id,
    )


def last_of(segments: Sequence[ServiceSegment]) -> ServiceSegment | None:
    """The stretch of service that began last."""
    return max(segments, key=lambda each: (each.started_at or 0, each.id), default=None)


def _reads(op: Operation[verbs.OpenInvite]) -> tuple[Read, ...]:
    callback = scope_of(hall_of(op.scope), "callback")
    return (
        Key("invite", op.id),
        Key("invite_link", op.id, callback),
        Key("contact", op.args.ticket, callback),
        Key("ticket", op.args.ticket, op.args.queue),
        match("service_segment", in_scope=op.args.queue, ticket=op.args.ticket),
    )


@rule(
    verbs.OpenInvite,
    GUARD,
    {Role.CLOCK},
    reads=_reads,
    scopes=lambda op: (op.scope, scope_of(hall_of(op.scope), "callback")),
)
def open_invite(op: Operation[verbs.OpenInvite], facts: Facts) -> Effects:
    """The part before a transfer, and what was going on or put aside when the day closed. Refused `exists`,
    `not_found` (ticket, segment)."""
    ticket: Ticket = facts.need("ticket", op.args.ticket)
    segments = facts.match("service_segment", ticket=ticket.id)
    meant = op.args.segment
    segment = last_of([each for each in segments if each.ended_at is not None and meant in (None, each.id)])
    if segment is None:
        raise Refused("not_found", table="service_segment", id=meant)
    effects = Effects()
    invite(effects, op, facts, op.id, ticket, segment)
    return effects


def invite(
    effects: Effects, op: Operation[Any], facts: Facts, id: str, ticket: Ticket, segment: ServiceSegment
) -> None:
    """Two records that meet only in their id: what was done by whom, and for whom."""
    rating, callback = (scope_of(hall_of(op.scope), part) for part in ("rating", "callback"))
    facts.absent("invite", id)
    facts.absent("invite_link", id)
    contact: Contact | None = facts.get("contact", ticket.id)
    lapses_at = facts.now + facts.setting("invite_open")
    effects.put(
        "invite",
        id,
        scope=rating,
        subject="service",
        state=InviteState.OPEN,
        matter=segment.matter,
        window=segment.window,
        staff=segment.staff,
        site=ticket.site,
        opened_at=facts.now,
        lapses_at=lapses_at,
    )
    effects.put(
        "invite_link",
        id,
        scope=callback,
        ticket=ticket.id,
        case=ticket.case,
        number=ticket.number,
        holder=ticket.holder,
        phone=contact.phone if contact else None,
        at=facts.now,
    )
    effects.later(lapses_at, kind_of(verbs.Lapse), id, scope=rating)
