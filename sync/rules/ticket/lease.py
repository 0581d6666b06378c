"""Leases: tickets that a window may call without a network, and nobody else until it is known that it did not.

    held ──ask (another window wants it)──▶ asked
      │ ╲                                    │
      │  ╲──────────── call_leased ──────────┼──▶ used
      ├───────── return (the holder says) ───┴──▶ returned
      └───── expire (expiry and margin past) ───▶ expired

The holder stops before `expires_at` by its own boot clock; others wait for its word, or for the margin after. A call
that was made in time and comes late is taken as long as nobody else has the ticket at a window: one that was missed
elsewhere meanwhile, or closed with the day, was here all the time. A lease of the same ticket that another window was
given meanwhile is over then.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap
from typing import TYPE_CHECKING, Any, Final

from sync.calendar import MINUTE_MS
from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import lease as verbs
from sync.protocol.verbs.ticket import CloseDay
from sync.records.states import LeaseState, Role, SessionState, TicketState
from sync.rules import policy
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine
from sync.rules.ticket.call import HAD, made_by, place_call
from sync.rules.ticket.layout import layout_now, match_at_windows
from sync.rules.ticket.machine import MACHINE, WINDOW_STAFF, ticket_of

if TYPE_CHECKING:
    from sync.records.ticket import Ticket, TicketLease, WindowSession

L = LeaseState
LEASE: Final = Machine(
    "lease",
    {
        "ask": {L.HELD: L.ASKED, L.ASKED: L.ASKED},
        "return": {L.HELD: L.RETURNED, L.ASKED: L.RETURNED},
        "expire": {L.HELD: L.EXPIRED, L.ASKED: L.EXPIRED},
        "use": {L.HELD: L.USED, L.ASKED: L.USED, L.EXPIRED: L.USED},
    },
)
LATE_MS: Final = 10 * MINUTE_MS
"""After a call that comes when its day is closed already, the day is closed once more: the rest of the service follows
in the same push."""


def in_force(lease: TicketLease, facts: Facts) -> bool:
    """Whether its holder may still come with a call that it made in time."""
    margin: int = facts.setting("ticket_lease_margin")
    return lease.ended_at is None and facts.received < (lease.expires_at or 0) + margin


def ended(effects: Effects, facts: Facts, lease: TicketLease, state: str) -> Effects:
    """The lease is over."""
    return effects.put("ticket_lease", lease.id, state=state, ended_at=facts.received)


def _read_for_give(op: Operation[verbs.GiveLeases]) -> tuple[Read, ...]:
    base = scope_of(hall_of(op.scope), "base")
    return (
        Key("window_session", op.id),
        *(Key("ticket_lease", id) for id in op.args.leases),
        match("ticket_lease", scope=op.scope, day=op.args.day),
        match("ticket", scope=op.scope, state=TicketState.WAITING),
        *match_at_windows(op.scope),
        match("window", in_scope=base, queue_scope=op.scope),
        match("site", in_scope=base, queue_scope=op.scope),
        Key("layout", op.scope),
    )


@rule(verbs.GiveLeases, GUARD, {Role.CLOCK}, reads=_read_for_give)
def give(op: Operation[verbs.GiveLeases], facts: Facts) -> Effects:
    """The likely next tickets of this window, as its hall allows; those it has last anew once half their time is over,
    so that asking often changes nothing. What was asked back is not leased again: whoever
    wanted it calls it. Refused `state` for a session that is closed."""
    session: WindowSession = facts.need("window_session", op.id)
    if session.scope != op.scope:
        raise Refused("not_found", table="window_session", id=op.id)
    if session.state == SessionState.CLOSED:
        raise Refused("state", noun="window", verb="lease", state=str(session.state), allowed=[SessionState.OPEN])
    leases: Sequence[TicketLease] = facts.match("ticket_lease", scope=op.scope, day=op.args.day)
    waiting = {t.id: t for t in facts.match("ticket", scope=op.scope, state=TicketState.WAITING)}
    effects, kept = Effects(), 0
    for lease in leases:
        if lease.session != op.id or lease.ended_at is not None:
            continue
        if lease.ticket not in waiting:  # called by the ordinary way, or gone
            ended(effects, facts, lease, L.RETURNED)
            continue
        kept += 1
        if lease.state == L.HELD and (lease.expires_at or 0) - facts.received < facts.setting("ticket_lease") // 2:
            _lasts(effects, facts, lease.id)
    for id, ticket in zip(op.args.leases, _free(op, facts, session, waiting, leases, kept), strict=False):
        facts.absent("ticket_lease", id)
        effects.put(
            "ticket_lease",
            id,
            ticket=ticket.id,
            day=ticket.day,
            window=session.window,
            session=op.id,
            staff=session.staff,
            device=session.device,
            state=L.HELD.value,
            given_at=facts.received,
        )
        _lasts(effects, facts, id)
    return effects


def _lasts(effects: Effects, facts: Facts, id: str) -> None:
    expires_at = facts.received + facts.setting("ticket_lease")
    effects.put("ticket_lease", id, expires_at=expires_at)
    effects.later(expires_at + facts.setting("ticket_lease_margin"), kind_of(verbs.ExpireLease), id)


def _free(
    op: Operation[verbs.GiveLeases],
    facts: Facts,
    session: WindowSession,
    waiting: dict[str, Ticket],
    leases: Sequence[TicketLease],
    kept: int,
) -> list[Ticket]:
    """Tickets that may be leased to this window now, likeliest first."""
    sites = facts.match("site", queue_scope=op.scope)
    allowed: dict[str, int] = facts.setting("offline_tickets")
    most = allowed["hall" if any(site.kind == "hall" for site in sites) or not sites else "site"]
    window = next((w for w in facts.match("window", queue_scope=op.scope) if w.id == session.window), None)
    if window is None:
        raise Refused("not_found", table="window", id=session.window)
    barred = {lease.ticket for lease in leases if lease.ended_at is None or lease.asked_at is not None}
    free = [t for t in waiting.values() if t.day == op.args.day and t.id not in barred]
    ready = [t for t in free if not policy.resting(t, facts.received, facts.settings)]
    return policy.order(ready, facts.received, facts.settings, window, layout_now(op, facts, window))[
        : max(0, most - kept)
    ]


def _lease_of(op: Operation[Any], facts: Facts, id: str) -> TicketLease:
    lease: TicketLease = facts.need("ticket_lease", id)
    if lease.scope != op.scope:
        raise Refused("not_found", table="ticket_lease", id=id)
    return lease


@rule(verbs.AskBack, GUARD, {Role.CLOCK}, reads=lambda op: (Key("ticket_lease", op.id),))
def ask_back(op: Operation[verbs.AskBack], facts: Facts) -> Effects:
    """The holder sees it with its next pull, and says whether it can give the ticket up."""
    lease = _lease_of(op, facts, op.id)
    after = LEASE.after(lease, "ask")
    return Effects().put("ticket_lease", op.id, state=after, asked_at=lease.asked_at or facts.received)


@rule(verbs.ReturnLease, GUARD, {Role.CLOCK}, reads=lambda op: (Key("ticket_lease", op.id),))
def give_back(op: Operation[verbs.ReturnLease], facts: Facts) -> Effects:
    """The holder has struck it from its own list before it said so."""
    lease = _lease_of(op, facts, op.id)
    return ended(Effects(), facts, lease, LEASE.after(lease, "return"))


@rule(verbs.ExpireLease, GUARD, {Role.CLOCK}, reads=lambda op: (Key("ticket_lease", op.id),))
def expire(op: Operation[verbs.ExpireLease], facts: Facts) -> Effects:
    """Refused `not_due` where it was prolonged in the meantime."""
    lease = _lease_of(op, facts, op.id)
    after = LEASE.after(lease, "expire")
    if in_force(lease, facts):
        raise Refused("not_due", at=(lease.expires_at or 0) + facts.setting("ticket_lease_margin"))
    return ended(Effects(), facts, lease, after)


def _held(op: Operation[verbs.CallLeased], facts: Facts) -> TicketLease | None:
    """The lease that this device holds; None in a preview where the network went before its row was pulled."""
    lease: TicketLease | None = facts.get("ticket_lease", op.args.lease)
    if lease is None and not facts.authority:
        return None
    lease = _lease_of(op, facts, op.args.lease)
    if lease.ticket != op.id or lease.device != op.device or lease.staff != op.by:
        raise Refused("not_yours", window=lease.window)
    return lease


def _read_for_call(op: Operation[verbs.CallLeased]) -> tuple[Read, ...]:
    args = op.args
    return (
        Key("ticket", op.id),
        Key("window_session", args.session),
        Key("ticket_lease", args.lease),
        *starmap(Key, made_by(args.call)),
        match("ticket_lease", ticket=op.id, ended_at=None),
    )


@rule(verbs.CallLeased, GUARD, WINDOW_STAFF, reads=_read_for_call)
def call_leased(op: Operation[verbs.CallLeased], facts: Facts) -> Effects:
    """Refused `lease_over` where it was not held when the call was made, or was given back; `taken` where another
    window has the ticket by now; `not_yours`, `paused`, `already_serving`."""
    ticket = ticket_of(op, facts)
    lease = _held(op, facts)
    session: WindowSession = facts.need("window_session", op.args.session)
    if session.staff != op.by or session.device != op.device:
        raise Refused("not_yours", window=session.window)
    if session.state == SessionState.PAUSED:
        raise Refused("paused", window=session.window)
    if session.ticket is not None:
        raise Refused("already_serving", ticket=session.ticket)
    if ticket.state in HAD:
        raise Refused("taken", window=ticket.window, number=ticket.number, state=str(ticket.state))
    after_ticket = MACHINE.after(ticket, "call_leased")
    # A preview knows no time but the wall clock's, which decides nothing: the device counts by its boot clock.
    in_time = lease is None or not facts.authority or facts.now <= (lease.expires_at or 0)
    if not in_time or (lease is not None and lease.state not in LEASE.steps["use"]):
        raise Refused("lease_over", number=ticket.number, until=lease.expires_at if lease else None)
    effects = place_call(op, facts, ticket, session, op.args.call, after_ticket)
    if lease is not None:
        ended(effects, facts, lease, L.USED)
    for other in facts.match("ticket_lease", ticket=op.id, ended_at=None):
        if other.id != op.args.lease:  # given to another window before this call was heard of: it has nobody to call
            ended(effects, facts, other, L.EXPIRED)
    if ticket.state == TicketState.CLOSED_END_OF_DAY:
        effects.later(facts.received + LATE_MS, kind_of(CloseDay), op.scope, day=ticket.day)
    return effects
