"""送达: into the applicant's hands, by one of the modes that the law knows.

issued ──deliver──▶ delivered: receipt, an invitation to rate, and one day the archive

window       the receiver signs at the counter         courier    its parcel has arrived
electronic   the address that was agreed to            left       refused: a witness, where it was left
entrusted    through another authority, day of receipt

Where all of them fail, a public notice is left (`notice`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.settings import DELIVERY_DAYS, DELIVERY_NEEDS
from sync.records.states import InviteState, Leg, ParcelState
from sync.rules import paper
from sync.rules.case import licence, notice, receipt
from sync.rules.case.machine import MACHINE, WINDOW, case_of, chosen, filled
from sync.rules.case.move import archive_later
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rating import check_invite
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.case import Case
    from sync.records.delivery import Parcel


def _beside(op: Operation[verbs.Deliver], class_: str) -> str:
    return scope_of(hall_of(op.scope), class_)


def _read_for_deliver(op: Operation[verbs.Deliver]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        Key("invite", op.args.invite, _beside(op, "rating")),
        notice.open_of(op),
        match("parcel", case=op.id),
        *receipt.reads(op, op.args.document),
    )


@rule(
    verbs.Deliver,
    GUARD,
    WINDOW,
    reads=_read_for_deliver,
    scopes=lambda op: (*paper.scopes(op), _beside(op, "rating"), _beside(op, "callback")),
)
def deliver(op: Operation[verbs.Deliver], facts: Facts) -> Effects:
    """送达: the receipt is prepared and the applicant invited to rate; who it is lies in the callback scope alone."""
    case, args = case_of(op, facts), op.args
    after = MACHINE.after(case, "deliver")
    method = chosen(args.method, DELIVERY_NEEDS, "method")
    receiver = filled(args.receiver, "receiver_missing")
    told = _told(args, case, facts)
    if licence.unsigned(facts.match("document", case=op.id)):
        raise Refused("licence_unsigned")
    check_invite(args.invite)
    if facts.authority:  # a replica need not hold the scope of ratings
        facts.absent("invite", args.invite)
    effects = Effects().put("case", op.id, state=after, delivered_at=facts.now)
    notice.withdraw(effects, op, facts)
    if method == "courier":
        _arrived(effects, op, facts, case)
    place = told.pop("place", "")
    body = [facts.setting("delivery_remark").format(receiver=receiver), *_lines(told, facts)]
    receipt.prepare(effects, op, facts, case, args.document, method=method, body=body, place=place)
    _invite(effects, op, facts, case)
    return archive_later(effects, facts, op.id, case.office)


def _arrived(effects: Effects, op: Operation[verbs.Deliver], facts: Facts, case: Case) -> None:
    """The parcel that delivers. Refused `parcel_missing` (tracking) where none with this number is on its way, and
    `parcel_lacks` (papers) where the receipt would say more than lies in it."""
    tracking = op.args.details["tracking"].strip()
    parcels: Sequence[Parcel] = facts.match("parcel", case=op.id)
    parcel = next((p for p in parcels if (p.tracking, p.leg, p.state) == (tracking, Leg.OUT, ParcelState.SENT)), None)
    if parcel is None:
        raise Refused("parcel_missing", tracking=tracking[:40])
    inside = {item["id"] for item in parcel.contents or ()}
    if missing := [words for id, words in receipt.papers(case, facts) if id not in inside]:
        raise Refused("parcel_lacks", papers="、".join(missing))
    day = op.args.details["received"].strip()
    effects.put("parcel", parcel.id, state=ParcelState.ARRIVED.value, day=day, ended_at=facts.now, ended_by=op.by)


def _told(args: verbs.Deliver, case: Case, facts: Facts) -> dict[str, str]:
    """What the receipt must say of this mode, no more and no less; a day is none before the issue or after today."""
    needs = DELIVERY_NEEDS[args.method]
    for name in args.details:
        chosen(name, needs, "details")
    told: dict[str, str] = {}
    for name in needs:
        value = args.details.get(name, "").strip()
        if not value:
            raise Refused("delivery_detail_missing", detail=facts.setting("delivery_details")[name])
        if name in DELIVERY_DAYS:
            receipt.day_told(value, case, facts)
        told[name] = value
    return told


def _lines(told: dict[str, str], facts: Facts) -> list[str]:
    words = facts.setting("delivery_details")
    return [f"{words[name]}：{value}" for name, value in told.items()]


def _invite(effects: Effects, op: Operation[verbs.Deliver], facts: Facts, case: Case) -> None:
    lapses_at = facts.now + facts.setting("invite_open")
    effects.put(
        "invite",
        op.args.invite,
        scope=_beside(op, "rating"),
        subject="case",
        state=InviteState.OPEN.value,
        matter=case.matter,
        staff=case.reviewer,
        site=case.site,
        opened_at=facts.now,
        lapses_at=lapses_at,
    )
    effects.put(
        "invite_link",
        op.args.invite,
        scope=_beside(op, "callback"),
        case=op.id,
        number=case.number,
        holder=case.applicant,
        phone=(case.form or {}).get("phone"),
        at=facts.now,
    )
    effects.later(lapses_at, "invite.lapse@1", op.args.invite, scope=_beside(op, "rating"))
