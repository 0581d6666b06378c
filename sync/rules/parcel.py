"""双向快递: a parcel with its contents goes to the citizen, or comes back to the hall with originals.

    ──send──▶ sent ──arrive──▶ arrived        what delivers a decision arrives with `case.deliver`
                └────fail────▶ returned | lost

A parcel with papers that came back is a way to deliver that has failed (`case.attempt`): the next one is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sync.calendar import day_of
from sync.protocol.identifiers import derived
from sync.protocol.operation import Operation
from sync.protocol.verbs import parcel as verbs
from sync.records.states import CaseState, Leg, MaterialState, ParcelState
from sync.rules.case import notice, receipt
from sync.rules.case.machine import WINDOW, case_of, chosen, filled, lies_here
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.case import Case
    from sync.records.delivery import Parcel

P = ParcelState
MACHINE: Final = Machine("parcel", {"arrive": {P.SENT: P.ARRIVED}, "fail": {P.SENT: P.RETURNED}})
FAILED: Final = (P.RETURNED, P.LOST)
NOT_HERE: Final = (MaterialState.MISSING, MaterialState.WAIVED)
KINDS: Final = ("document", "material", "other")
MOST, LONGEST = 40, 120
COURIER: Final = "courier"


def _read_for_send(op: Operation[verbs.Send]) -> tuple[Read, ...]:
    beside = (match(table, case=op.args.case) for table in ("document", "material", "parcel"))
    return (Key("case", op.args.case), Key("parcel", op.id), *beside)


@rule(verbs.Send, GUARD, WINDOW, reads=_read_for_send)
def send(op: Operation[verbs.Send], facts: Facts) -> Effects:
    """Refused `parcel_empty`, `parcel_known` (tracking) while one with this number is on its way."""
    args = op.args
    case = case_of(op, facts, args.case)
    facts.absent("parcel", op.id)
    leg = chosen(args.leg, Leg, "leg")
    tracking = filled(args.tracking, "parcel_unnumbered")[:LONGEST]
    others: Sequence[Parcel] = facts.match("parcel", case=args.case)
    if any(other.tracking == tracking and other.state == P.SENT for other in others):
        raise Refused("parcel_known", tracking=tracking)
    if not 0 < len(args.contents) <= MOST:
        raise Refused("parcel_empty")
    return Effects().put(
        "parcel",
        op.id,
        case=args.case,
        leg=leg,
        state=P.SENT.value,
        carrier=filled(args.carrier, "parcel_unnumbered")[:LONGEST],
        tracking=tracking,
        receiver=filled(args.receiver, "receiver_missing")[:LONGEST],
        contents=[_item(item, op, facts, case) for item in args.contents],
        sent_at=facts.now,
        sent_by=op.by,
    )


def _item(item: verbs.ParcelItem, op: Operation[verbs.Send], facts: Facts, case: Case) -> dict[str, Any]:
    """A line as it is kept. Papers go out only once they are signed, originals only where they are here."""
    what, name = chosen(item.what, KINDS, "what"), item.name.strip()[:LONGEST]
    if not 0 < item.copies <= 99:
        raise Refused("bad_choice", field="copies", value=str(item.copies))
    if what == "document":
        papers = dict(receipt.papers(case, facts))
        if item.id not in papers or op.args.leg != Leg.OUT:
            raise Refused("not_found", table="document", id=item.id)
        name = papers[item.id]
    elif what == "material":
        there = {each.id: each for each in facts.match("material", case=op.args.case)}
        if item.id not in there:
            raise Refused("not_found", table="material", id=item.id)
        if op.args.leg == Leg.OUT and there[item.id].state in NOT_HERE:
            raise Refused("parcel_no_original", name=there[item.id].name)
        name = there[item.id].name
    elif not name:
        raise Refused("parcel_empty")
    return {"what": what, "id": item.id if what != "other" else "", "name": name, "copies": item.copies}


def _named(op: Operation[verbs.Arrive] | Operation[verbs.Fail], facts: Facts) -> Parcel:
    parcel: Parcel = facts.need("parcel", op.id)
    lies_here(parcel, op, "parcel")
    if parcel.case != op.args.case:
        raise Refused("not_found", table="parcel", id=op.id)
    return parcel


def _day(op: Operation[verbs.Arrive] | Operation[verbs.Fail], parcel: Parcel, facts: Facts) -> str:
    """Between its sending and today."""
    told = op.args.day
    try:
        day = date.fromisoformat(told).isoformat()
    except ValueError:
        raise Refused("bad_day", day=told[:40]) from None
    if day != told or not day_of(parcel.sent_at or 0) <= day <= day_of(facts.now):
        raise Refused("bad_day", day=told[:40])
    return day


@rule(verbs.Arrive, GUARD, WINDOW, reads=lambda op: (Key("parcel", op.id), Key("case", op.args.case)))
def arrive(op: Operation[verbs.Arrive], facts: Facts) -> Effects:
    """Refused `parcel_delivers` for one whose arrival is the delivery of the decision."""
    parcel, case = _named(op, facts), case_of(op, facts, op.args.case)
    after = MACHINE.after(parcel, "arrive")
    if parcel.leg == Leg.OUT and case.state == CaseState.ISSUED and holds(parcel):
        raise Refused("parcel_delivers")
    return Effects().put("parcel", op.id, state=after, day=_day(op, parcel, facts), ended_at=facts.now, ended_by=op.by)


def _read_for_fail(op: Operation[verbs.Fail]) -> tuple[Read, ...]:
    return (Key("parcel", op.id), Key("case", op.args.case), Key("delivery_attempt", _attempt(op.id)))


@rule(verbs.Fail, GUARD, WINDOW, reads=_read_for_fail)
def fail(op: Operation[verbs.Fail], facts: Facts) -> Effects:
    """Came back, or lost; the first of them is a failed delivery where papers lay in it."""
    parcel, case = _named(op, facts), case_of(op, facts, op.args.case)
    MACHINE.after(parcel, "fail")
    outcome = chosen(op.args.outcome, FAILED, "outcome")
    day, reason = _day(op, parcel, facts), filled(op.args.reason, "reasons_missing")
    effects = Effects().put("parcel", op.id, state=outcome, day=day, reason=reason, ended_at=facts.now, ended_by=op.by)
    if outcome == P.RETURNED and parcel.leg == Leg.OUT and case.state == CaseState.ISSUED and holds(parcel):
        told = {"case": case.id, "method": COURIER, "day": day, "staff": op.by}
        notice.failed(effects, facts, _attempt(op.id), reason=f"{reason} ({parcel.carrier} {parcel.tracking})", **told)
    return effects


def _attempt(parcel: str) -> str:
    return derived("returned", parcel)


def holds(parcel: Parcel) -> set[str]:
    """The papers in it."""
    return {item["id"] for item in parcel.contents or () if item["what"] == "document"}
