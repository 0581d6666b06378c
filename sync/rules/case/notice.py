"""公告送达 (民事诉讼法 art. 95): where every other way has failed, a public notice counts as delivery after its days.

    issued ──attempt──▶ issued: a way failed, its day and reason are kept      (a parcel that came back is one, too)
           ──post─────▶ issued: the notice is on the hall's page
                          │ its last day has ended ──serve──▶ delivered: receipt, and one day the archive
                          └ handed over after all, or the decision taken back ──▶ withdrawn

The day of posting does not count; a last day that is no working day is followed by the next one that is (art. 85).
Nobody is invited to rate: nobody was served.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sync.calendar import day_of, end_of_day_ms
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.settings import DELIVERY_NEEDS
from sync.records.states import NoticeState, Role
from sync.rules import paper
from sync.rules.case import licence, receipt
from sync.rules.case.machine import MACHINE, WINDOW, case_of, chosen, filled
from sync.rules.case.move import archive_later
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.case import Case
    from sync.records.delivery import DeliveryAttempt, PublicNotice

NOTICE: Final = Machine("notice", {"serve": {NoticeState.POSTED: NoticeState.SERVED}})


@rule(
    verbs.Attempt,
    GUARD,
    WINDOW,
    reads=lambda op: (Key("case", op.id), Key("delivery_attempt", op.args.attempt)),
)
def attempt(op: Operation[verbs.Attempt], facts: Facts) -> Effects:
    """送达未果: kept with its day and reason."""
    case, args = case_of(op, facts), op.args
    MACHINE.after(case, "attempt")
    facts.absent("delivery_attempt", args.attempt)
    return failed(
        Effects(),
        facts,
        args.attempt,
        case=op.id,
        method=chosen(args.method, DELIVERY_NEEDS, "method"),
        day=receipt.day_told(args.day, case, facts),
        reason=filled(args.reason, "reasons_missing"),
        staff=op.by,
    )


def failed(effects: Effects, facts: Facts, id: str, **told: str) -> Effects:
    """One way was tried in vain."""
    return effects.put("delivery_attempt", id, at=facts.now, **told)


def of_now(attempts: Sequence[DeliveryAttempt], case: Case) -> list[DeliveryAttempt]:
    """Those of what is to be delivered now; the others ended with the delivery before it."""
    before = -1 if case.delivered_at is None else case.delivered_at
    return [each for each in attempts if (each.at or 0) > before]


def lacking(attempts: Sequence[DeliveryAttempt], needed: Sequence[str]) -> list[str]:
    """The ways that must have failed before a notice, and have not."""
    tried = {each.method for each in attempts}
    return [way for way in needed if way not in tried]


def _read_for_post(op: Operation[verbs.Post]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        Key("public_notice", op.args.notice),
        match("public_notice", case=op.id),
        match("delivery_attempt", case=op.id),
        match("document", case=op.id),
        Key("staff", op.by, paper.base_scope(op)),
        Key("document", op.args.document),
    )


@rule(verbs.Post, GUARD, WINDOW, reads=_read_for_post)
def post(op: Operation[verbs.Post], facts: Facts) -> Effects:
    """Refused `notice_too_early` (ways) until these have failed, `notice_posted` (until) while one runs."""
    case, args = case_of(op, facts), op.args
    MACHINE.after(case, "post")
    reasons = facts.setting("notice_reasons")
    reason = reasons[chosen(args.reason, reasons, "reason")]
    if licence.unsigned(facts.match("document", case=op.id)):
        raise Refused("licence_unsigned")
    attempts = of_now(facts.match("delivery_attempt", case=op.id), case)
    methods = facts.setting("delivery_methods")
    if ways := lacking(attempts, facts.setting("notice_after")):
        raise Refused("notice_too_early", ways="、".join(methods[way] for way in ways))
    for other in facts.match("public_notice", case=op.id):
        if other.state == NoticeState.POSTED:
            raise Refused("notice_posted", day=other.until_day)
    facts.absent("public_notice", args.notice)
    facts.absent("document", args.document)
    until = last_day(facts)
    effects = Effects().put("case", op.id, delivery_day=until)
    effects.put(
        "public_notice",
        args.notice,
        case=op.id,
        state=NoticeState.POSTED.value,
        addressee=case.applicant,
        matter=paper.about(case, facts)["matter"],
        papers=receipt.delivered(case, facts),
        reason=reason,
        course=[f"{each.day} {methods[each.method]}：{each.reason}" for each in sorted(attempts, key=_when)],
        posted_at=facts.now,
        until_day=until,
        ends_at=end_of_day_ms(until),
        document=args.document,
        handled_by=paper.name_of_actor(op, facts) or op.by,
        staff=op.by,
    )
    return effects.later(end_of_day_ms(until), "case.serve@1", op.id, notice=args.notice, document=args.document)


def last_day(facts: Facts) -> str:
    """Where a notice that is posted now ends."""
    end = date.fromisoformat(day_of(facts.now)) + timedelta(days=facts.setting("notice_days"))
    return facts.calendar.add_working_days(end - timedelta(days=1), 1).day


def _when(each: DeliveryAttempt) -> tuple[str, int, str]:
    return each.day, each.at or 0, each.id


def _read_for_serve(op: Operation[verbs.Serve]) -> tuple[Read, ...]:
    return (Key("case", op.id), Key("public_notice", op.args.notice), *receipt.reads(op, op.args.document))


@rule(verbs.Serve, GUARD, {Role.CLOCK}, reads=_read_for_serve, scopes=paper.scopes)
def serve(op: Operation[verbs.Serve], facts: Facts) -> Effects:
    """The days are over and nobody came: it counts as delivered, and the receipt tells the course."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "serve")
    notice: PublicNotice = facts.need("public_notice", op.args.notice)
    if notice.case != op.id:
        raise Refused("not_found", table="public_notice", id=op.args.notice)
    over = NOTICE.after(notice, "serve")
    if facts.now < (notice.ends_at or 0):
        raise Refused("too_early", until=notice.ends_at)
    words = facts.setting("notice_words")
    told = [
        f"{words['reason']}：{notice.reason}",
        f"{words['posted']}：{day_of(notice.posted_at or 0)}",
        f"{words['until']}：{notice.until_day}",
        *(f"{words['tried']}：{line}" for line in notice.course or ()),
    ]
    effects = Effects().put("case", op.id, state=after, delivered_at=facts.now)
    effects.put("public_notice", notice.id, state=over, ended_at=facts.now)
    told_by = {"method": receipt.NOTICE, "handled_by": notice.handled_by}
    receipt.prepare(effects, op, facts, case, notice.document, body=told, **told_by)
    return archive_later(effects, facts, op.id, case.office)


def open_of(op: Operation[Any]) -> Read:
    """What `withdraw` looks at."""
    return match("public_notice", case=op.id)


def withdraw(effects: Effects, op: Operation[Any], facts: Facts) -> Effects:
    """Something came before the notice's end: it leaves the page."""
    for notice in facts.match("public_notice", case=op.id):
        if notice.state == NoticeState.POSTED:
            effects.put("public_notice", notice.id, state=NoticeState.WITHDRAWN.value, ended_at=facts.now)
    return effects
