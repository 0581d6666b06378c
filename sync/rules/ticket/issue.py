"""A ticket is given out: numbered by the centre, waiting at once, told to nobody who need not know who holds it.

number   prefix of the matter + the next of its series on that day, as in A001; without a network out of the block
         that the device was given that day; one number for all matters of one visit
day      the centre's, on receipt: numbers are its own, and a series never begins a second time
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Priority, Role, TicketState
from sync.rules import block
from sync.rules.block import TICKET, series_of
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.series import draw
from sync.rules.ticket.close import close_later

if TYPE_CHECKING:
    from sync.records.matter import Matter
    from sync.records.ticket import NumberSeries

MATTERS_MOST = 5
"""Of one visit."""
ANYONES = (Priority.NONE, Priority.ELDERLY, Priority.DISABLED)
"""What a person may say of themselves; the green channel and appointments are the staff's to grant."""
BY_THEMSELVES = frozenset({Role.CITIZEN, Role.KIOSK})
"""On a page of their own, or at a terminal that gives out tickets."""


def _reads(op: Operation[verbs.Issue]) -> tuple[Read, ...]:
    base = scope_of(hall_of(op.scope), "base")
    return (
        Key("ticket", op.id),
        *(Key("matter", id, base) for id in dict.fromkeys((op.args.matter, *op.args.more))),
        match("number_series", scope=op.scope),
        *block.reads(op, op.args.number, op.scope),
    )


def _scopes(op: Operation[verbs.Issue]) -> tuple[str, ...]:
    return (op.scope, scope_of(hall_of(op.scope), "callback")) if op.args.phone else (op.scope,)


@rule(verbs.Issue, GUARD, {Role.CLERK, Role.DUTY, Role.GRID} | BY_THEMSELVES, reads=_reads, scopes=_scopes)
def issue(op: Operation[verbs.Issue], facts: Facts) -> Effects:
    """Refused `exists`, `not_found` (matter), `inactive`, `bad_value` (priority, a matter twice), `too_many` and
    `forbidden` for a citizen's own claim to the green channel or an appointment."""
    args = op.args
    facts.absent("ticket", op.id)
    matter, *more = _matters(op, facts)
    if args.priority not in set(Priority):
        raise Refused("bad_value", field="priority")
    if args.priority not in ANYONES and facts.roles <= BY_THEMSELVES:
        raise Refused("forbidden", kind=op.kind)
    day = day_of(facts.received)
    effects = Effects()
    number: str | None = None
    if args.number is not None:
        day, number = args.number.period, f"{matter.prefix}{args.number.n:03d}"
        if facts.authority:
            series = series_of(op.scope, TICKET, matter.prefix)
            block.use(effects, op, facts, args.number, series, op.scope, _series(op, facts, series))
    elif facts.authority:
        day, number = next_number(effects, op, facts, day, matter.prefix)
    effects.put(
        "ticket",
        op.id,
        number=number,
        day=day,
        matter=matter.id,
        prefix=matter.prefix,
        holder=args.holder,
        priority=args.priority,
        more=[{"matter": each.id, "prefix": each.prefix} for each in more] or None,
        state=TicketState.WAITING,
        site=args.site,
        desk=args.desk,
        issued_at=facts.now,
        arrived_at=facts.now,
    )
    if facts.authority and args.phone:  # a window's copy has no place for telephones, not even a pending one
        effects.put(
            "contact",
            op.id,
            scope=scope_of(hall_of(op.scope), "callback"),
            holder=args.holder,
            phone=args.phone,
            at=facts.received,
        )
    close_later(effects, op, facts)
    return effects


def _matters(op: Operation[verbs.Issue], facts: Facts) -> list[Matter]:
    """What the person comes for, each matter once."""
    wanted = (op.args.matter, *op.args.more)
    if len(wanted) > MATTERS_MOST:
        raise Refused("too_many", field="more", max=MATTERS_MOST)
    if len(set(wanted)) < len(wanted):
        raise Refused("bad_value", field="more")
    found: list[Matter] = [facts.need("matter", id) for id in wanted]
    for matter in found:
        if not matter.active:
            raise Refused("inactive", table="matter", id=matter.id)
    return found


def next_number(effects: Effects, op: Operation[Any], facts: Facts, day: str, prefix: str) -> tuple[str, str]:
    """Take the next number of the prefix, and the day it counts in, which never goes back.

    The prefix is the matter's, so all series of the queue are read: one row a prefix, whatever the day.
    """
    series = series_of(op.scope, TICKET, prefix)
    day, n = draw(effects, facts, _series(op, facts, series), series, op.scope, day)
    return day, f"{prefix}{n:03d}"


def _series(op: Operation[Any], facts: Facts, id: str) -> NumberSeries | None:
    return next((row for row in facts.match("number_series", scope=op.scope) if row.id == id), None)
