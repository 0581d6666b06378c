"""Between acceptance and decision: steps, fields, notes, and the clock of the limits stopped or moved.

accepted ──step──▶ in_review ──submit──▶ reviewed
                    ▲    │ suspend
            continue│    ▼
               special_procedure        no day counts there (行政许可法 art. 45)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import Decision, PaperKind, Role
from sync.rules import paper
from sync.rules.case.machine import MACHINE, WINDOW, all_arrived, case_of, chosen, filled, owned
from sync.rules.conflict import clash, read_field, write_field
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Conflict, Effects, Refused
from sync.rules.rule import COMMUTE, FIELD, GUARD, rule

if TYPE_CHECKING:
    from sync.records.case import Case


@rule(verbs.Step, GUARD, WINDOW, reads=lambda op: (Key("case", op.id), Key("review_step", op.args.step)))
def step(op: Operation[verbs.Step], facts: Facts) -> Effects:
    """A step by the case's owner; the first after acceptance begins the review."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "step")
    owned(case, facts)
    facts.absent("review_step", op.args.step)
    return (
        Effects()
        .put("case", op.id, state=after, steps=case.steps + 1)
        .put(
            "review_step",
            op.args.step,
            case=op.id,
            activity=op.args.activity,
            staff=op.by,
            at=facts.now,
            note=op.args.note,
        )
    )


@rule(
    verbs.Edit,
    FIELD,
    WINDOW,
    reads=lambda op: (
        Key("case", op.id),
        match("field_write", case=op.id),
        match("conflict", case=op.id),
    ),
)
def edit(op: Operation[verbs.Edit], facts: Facts) -> Effects | Conflict:
    """A field changes where it still has the value that its author saw; else two people's values wait for a person.

    What was reviewed stays as it is, but a clash is recorded even then: it says that the decision may rest on a wrong
    value, and blocks it.
    """
    case, args = case_of(op, facts), op.args
    current = read_field(case, args.field)
    if args.value == current or current != args.was:
        MACHINE.after(case, "clash")
        return Effects() if args.value == current else clash(op, facts, case, current)
    MACHINE.after(case, "edit")
    return write_field(Effects(), op, facts, case, args.field, args.value, facts.match("conflict", case=op.id))


@rule(
    verbs.Note, COMMUTE, WINDOW | {Role.APPROVER}, reads=lambda op: (Key("case", op.id), Key("case_note", op.args.note))
)
def note(op: Operation[verbs.Note], facts: Facts) -> Effects:
    """A remark, in any state."""
    case_of(op, facts)
    facts.absent("case_note", op.args.note)
    text = filled(op.args.text, "words_missing")
    return Effects().put("case_note", op.args.note, case=op.id, text=text, staff=op.by, at=facts.now)


@rule(verbs.Submit, GUARD, WINDOW, reads=lambda op: (Key("case", op.id), match("material", case=op.id)))
def submit(op: Operation[verbs.Submit], facts: Facts) -> Effects:
    """送审批: the owner's opinion and proposal; the right to issue will go to this device."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "submit")
    owned(case, facts)
    proposal = chosen(op.args.proposal, Decision, "proposal")
    opinion = filled(op.args.opinion, "opinion_missing")
    all_arrived(facts.match("material", case=op.id))
    return Effects().put(
        "case",
        op.id,
        state=after,
        reviewer=op.by,
        reviewed_device=op.device,
        reviewed_at=facts.now,
        opinion=opinion,
        proposal=proposal,
    )


def _read_for_suspend(op: Operation[verbs.Suspend]) -> tuple[Read, ...]:
    return (Key("case", op.id), *paper.reads(op, PaperKind.SPECIAL_PROCEDURE, op.args.document))


@rule(verbs.Suspend, GUARD, WINDOW, reads=_read_for_suspend, scopes=paper.scopes)
def suspend(op: Operation[verbs.Suspend], facts: Facts) -> Effects:
    """Hearing, inspection, expert opinion: the applicant is told, and no day counts until it ends."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "suspend")
    owned(case, facts)
    reason = filled(op.args.reason, "reasons_missing")
    effects = Effects().put("case", op.id, state=after, suspended_day=day_of(facts.now))
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.SPECIAL_PROCEDURE,
        op.args.document,
        **paper.about(case, facts),
        handled_by=paper.name_of_actor(op, facts),
        reasons=paper.paragraphs(reason),
    )
    return effects


@rule(verbs.Continue, GUARD, WINDOW, reads=lambda op: (Key("case", op.id),))
def go_on(op: Operation[verbs.Continue], facts: Facts) -> Effects:
    """The limits move on by the working days that have passed since."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "continue")
    owned(case, facts)
    assert case.suspended_day is not None
    passed = max(0, facts.calendar.working_days_between(case.suspended_day, day_of(facts.now)))
    return Effects().put("case", op.id, state=after, suspended_day=None, **_moved(case, facts, passed))


def _read_for_extend(op: Operation[verbs.Extend]) -> tuple[Read, ...]:
    return (Key("case", op.id), *paper.reads(op, PaperKind.EXTENSION_NOTICE, op.args.document))


@rule(verbs.Extend, GUARD, {Role.APPROVER}, reads=_read_for_extend, scopes=paper.scopes)
def extend(op: Operation[verbs.Extend], facts: Facts) -> Effects:
    """延期: once, ten working days, and the applicant is told why (art. 42)."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "extend")
    if case.extended:
        raise Refused("extended_already")
    reason = filled(op.args.reason, "reasons_missing")
    moved = _moved(case, facts, facts.setting("extension_days"))
    effects = Effects().put("case", op.id, state=after, extended=True, **moved)
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.EXTENSION_NOTICE,
        op.args.document,
        **paper.about(case, facts),
        decided_by=paper.name_of_actor(op, facts),
        reasons=paper.paragraphs(reason),
        due_on=moved.get("statutory_day", ""),
    )
    return effects


def _moved(case: Case, facts: Facts, days: int) -> dict[str, Any]:
    """Both limits, `days` working days later."""
    limits = {name: getattr(case, name) for name in ("promised_day", "statutory_day")}
    later = {name: facts.calendar.add_working_days(day, days) for name, day in limits.items() if day is not None}
    certain = case.deadline_certain and all(limit.certain for limit in later.values())
    return {name: limit.day for name, limit in later.items()} | {"deadline_certain": certain}
