"""送达: into the applicant's hands, by one of the modes that the law knows.

issued ──deliver──▶ delivered: receipt, an invitation to rate, and one day the archive

window       the receiver signs at the counter         courier    parcel's number, day of receipt
electronic   the address that was agreed to            left       refused: a witness, where it was left
entrusted    through another authority, day of receipt
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from sync.calendar import day_of
from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.settings import DELIVERY_DAYS, DELIVERY_NEEDS
from sync.records.states import DocumentState, InviteState, PaperKind
from sync.rules import paper
from sync.rules.case import licence
from sync.rules.case.machine import MACHINE, WINDOW, case_of, chosen, filled
from sync.rules.case.move import archive_later
from sync.rules.facts import Facts, Key, Read
from sync.rules.outcome import Effects, Refused
from sync.rules.rating import check_invite
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.case import Case
    from sync.records.document import Document


def _beside(op: Operation[verbs.Deliver], class_: str) -> str:
    return scope_of(hall_of(op.scope), class_)


def _read_for_deliver(op: Operation[verbs.Deliver]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        Key("invite", op.args.invite, _beside(op, "rating")),
        *paper.reads(op, PaperKind.DELIVERY_RECEIPT, op.args.document),
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
    methods = facts.setting("delivery_methods")
    method = methods[chosen(args.method, methods, "method")]
    receiver = filled(args.receiver, "receiver_missing")
    told = _told(args, case, facts)
    if licence.unsigned(facts.match("document", case=op.id)):
        raise Refused("licence_unsigned")
    check_invite(args.invite)
    if facts.authority:  # a replica need not hold the scope of ratings
        facts.absent("invite", args.invite)
    effects = Effects().put("case", op.id, state=after, delivered_at=facts.now)
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.DELIVERY_RECEIPT,
        args.document,
        **paper.about(case, facts),
        handled_by=paper.name_of_actor(op, facts),
        delivered=_delivered(op, facts),
        delivery_method=method,
        delivery_place=told.pop("place", ""),
        body=[facts.setting("delivery_remark").format(receiver=receiver), *_lines(told, facts)],
    )
    _invite(effects, op, facts, case)
    return archive_later(effects, facts, op.id, case.office)


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
            _day(value, case, facts)
        told[name] = value
    return told


def _day(value: str, case: Case, facts: Facts) -> None:
    try:
        day = date.fromisoformat(value).isoformat()
    except ValueError:
        raise Refused("bad_day", day=value[:40]) from None
    if day != value or not day_of(case.issued_at or 0) <= day <= day_of(facts.now):
        raise Refused("bad_day", day=value[:40])


def _lines(told: dict[str, str], facts: Facts) -> list[str]:
    words = facts.setting("delivery_details")
    return [f"{words[name]}：{value}" for name, value in told.items()]


def _delivered(op: Operation[verbs.Deliver], facts: Facts) -> list[str]:
    """Title and number of the decision that is handed over, and of its licence."""
    titles = facts.setting("decision_titles")
    documents: Sequence[Document] = facts.match("document", case=op.id)
    there = [d for d in documents if d.state == DocumentState.VALID]
    named = [(titles[d.kind], d) for d in there if d.kind in titles]
    named += [((d.facts or {})["licence"], d) for d in there if d.kind == PaperKind.LICENCE]
    return [f"{title} {d.number or ''}".strip() for title, d in named]


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
    )
    effects.later(lapses_at, "invite.lapse@1", op.args.invite, scope=_beside(op, "rating"))
