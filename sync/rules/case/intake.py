"""From receipt to acceptance (行政许可法 arts. 29-32), and the ways that end before it.

    receive ─▶ received        correct ─▶ need_correction       accept ─▶ accepted
               └ due: deem     (all defects at once)            deem   ─▶ accepted, from receipt

Limits are working days from the day after acceptance; after a correction from the day after its receipt; deemed
acceptance counts from receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.protocol.identifiers import class_of, derived, part_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import CaseState, MaterialState, PaperKind, Role
from sync.rules import paper
from sync.rules.case.machine import MACHINE, WINDOW, all_arrived, case_of, chosen, filled, owned
from sync.rules.case.move import archive_later
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.series import take

if TYPE_CHECKING:
    from sync.records.case import Case, Correction, Material
    from sync.records.matter import Matter


def _case_series(op: Operation[Any]) -> str:
    return f"case/{op.scope}"


def _read_for_receive(op: Operation[verbs.Receive]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        Key("matter", op.args.matter, paper.base_scope(op)),
        Key("number_series", _case_series(op)),
        *(Key("material", listed.id) for listed in op.args.materials),
        *paper.reads(op, PaperKind.MATERIAL_RECEIPT, op.args.document, op.args.number),
    )


@rule(verbs.Receive, GUARD, WINDOW, reads=_read_for_receive, scopes=paper.scopes)
def receive(op: Operation[verbs.Receive], facts: Facts) -> Effects:
    """The case begins and belongs to whoever receives it; silence for five working days accepts it."""
    args = op.args
    if class_of(op.scope) != "case" or not part_of(op.scope):
        raise Refused("wrong_scope", scope=op.scope)
    facts.absent("case", op.id)
    matter: Matter = facts.need("matter", args.matter)
    if not matter.active:
        raise Refused("matter_inactive", matter=matter.id)
    applicant = filled(args.applicant, "applicant_missing")
    due = facts.calendar.add_working_days(day_of(facts.now), facts.setting("correction_days"))

    effects = Effects()
    number = _case_number(effects, op, facts) if facts.authority else None
    effects.put(
        "case",
        op.id,
        number=number,
        matter=matter.id,
        office=matter.office,
        site=args.site,
        state=CaseState.RECEIVED.value,
        applicant=applicant,
        applicant_code=args.applicant_code,
        form=args.form,
        owner=op.by,
        handlers=[op.by],
        ticket=args.ticket,
        channel=args.channel,
        received_at=facts.now,
        received_by=op.by,
        correction_due_day=due.day,
        deadline_certain=due.certain,
    )
    for ordinal, listed in enumerate(args.materials, 1):
        facts.absent("material", listed.id)
        effects.put(
            "material",
            listed.id,
            case=op.id,
            ordinal=ordinal,
            name=listed.name,
            required=listed.required,
            state=MaterialState.MISSING.value,
        )
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.MATERIAL_RECEIPT,
        args.document,
        reserved=args.number,
        addressee=applicant,
        case_number=paper.known_as(number, op.scope),
        received_at=facts.now,
        handled_by=paper.name_of_actor(op, facts),
        materials=[{"name": listed.name} for listed in args.materials],
        **paper.of_matter(matter),
    )
    return effects.later(due.end_ms, "case.deem@1", op.id)


@rule(verbs.Take, GUARD, WINDOW, reads=lambda op: (Key("case", op.id),))
def take_over(op: Operation[verbs.Take], facts: Facts) -> Effects:
    """Whoever works in the scope may take a case over that is not at its end."""
    case = case_of(op, facts)
    MACHINE.after(case, "take")
    if case.owner == op.by:
        raise Refused("own_already")
    handlers = case.handlers or []
    return Effects().put("case", op.id, owner=op.by, handlers=[*handlers, *({op.by} - set(handlers))])


def _read_for_accept(op: Operation[verbs.Accept]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        match("material", case=op.id),
        match("correction", case=op.id),
        *paper.reads(op, PaperKind.ACCEPTANCE_NOTICE, op.args.document),
    )


@rule(verbs.Accept, GUARD, WINDOW, reads=_read_for_accept, scopes=paper.scopes)
def accept(op: Operation[verbs.Accept], facts: Facts) -> Effects:
    """受理: complete and in due form, so the limits begin."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "accept")
    owned(case, facts)
    materials: Sequence[Material] = facts.match("material", case=op.id)
    all_arrived(materials)
    missing = sorted(m.ordinal for m in materials if m.required and m.state == MaterialState.MISSING)
    if missing:
        raise Refused("material_missing", ordinals=missing)
    corrections: Sequence[Correction] = facts.match("correction", case=op.id)
    since = max((c.answered_at for c in corrections if c.answered_at is not None), default=facts.now)
    effects = Effects().put("case", op.id, state=after, accepted_at=facts.now)
    _begin_limits(effects, op, facts, case, op.args.document, since, materials)
    return effects


def _read_for_deem(op: Operation[verbs.Deem]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        match("material", case=op.id),
        *paper.reads(op, PaperKind.ACCEPTANCE_NOTICE, _deemed_notice(op)),
    )


def _deemed_notice(op: Operation[verbs.Deem]) -> str:
    return derived("deemed", op.id)


@rule(verbs.Deem, GUARD, {Role.CLOCK}, reads=_read_for_deem, scopes=paper.scopes)
def deem(op: Operation[verbs.Deem], facts: Facts) -> Effects:
    """Five working days of silence: accepted from receipt (art. 32). A calendar imported since then moves the day."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "deem")
    assert case.received_at is not None
    due = facts.calendar.add_working_days(day_of(case.received_at), facts.setting("correction_days"))
    if facts.now < due.end_ms:
        if due.day == case.correction_due_day:
            raise Refused("too_early", until=due.end_ms)
        moved = Effects().put("case", op.id, correction_due_day=due.day, deadline_certain=due.certain)
        return moved.later(due.end_ms, "case.deem@1", op.id)
    effects = Effects().put("case", op.id, state=after, deemed=True, accepted_at=case.received_at)
    materials = facts.match("material", case=op.id)
    _begin_limits(effects, op, facts, case, _deemed_notice(op), case.received_at, materials)
    return effects


def _read_for_correct(op: Operation[verbs.Correct]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        Key("correction", op.args.correction),
        match("material", case=op.id),
        *paper.reads(op, PaperKind.CORRECTION_NOTICE, op.args.document, op.args.number),
    )


@rule(verbs.Correct, GUARD, WINDOW, reads=_read_for_correct, scopes=paper.scopes)
def correct(op: Operation[verbs.Correct], facts: Facts) -> Effects:
    """补正: one notice that names every defect."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "correct")
    owned(case, facts)
    facts.absent("correction", op.args.correction)
    materials: dict[str, Material] = {m.id: m for m in facts.match("material", case=op.id)}
    lines = [_defect(defect, materials) for defect in op.args.defects]
    if not lines:
        raise Refused("no_defects")
    answer = facts.calendar.add_working_days(day_of(facts.now), facts.setting("correction_answer_days"))

    effects = Effects().put("case", op.id, state=after, correction_round=case.correction_round + 1)
    effects.put(
        "correction",
        op.args.correction,
        case=op.id,
        round=case.correction_round + 1,
        defects=op.args.defects,
        staff=op.by,
        at=facts.now,
    )
    for defect, line in zip(op.args.defects, lines, strict=True):
        if id := defect.get("material"):
            here = materials[id].state != MaterialState.MISSING
            state = MaterialState.DEFECTIVE if here else MaterialState.MISSING
            effects.put("material", id, state=state.value, defect=line["problem"])
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.CORRECTION_NOTICE,
        op.args.document,
        reserved=op.args.number,
        **paper.about(case, facts),
        handled_by=paper.name_of_actor(op, facts),
        defects=lines,
        due_on=answer.day,
    )
    return effects


def _defect(defect: Mapping[str, Any], materials: Mapping[str, Material]) -> dict[str, str]:
    """One line of the notice, from `{"material": id or null, "reason": code, "words": …, "remedy": …}`."""
    problem = defect.get("words") or defect.get("reason")
    id = defect.get("material")
    if not isinstance(problem, str) or not problem.strip():
        raise Refused("no_defects")
    if id and id not in materials:
        raise Refused("not_found", table="material", id=id)
    return {
        "material": materials[id].name if id else "",
        "problem": problem.strip(),
        "remedy": str(defect.get("remedy") or ""),
    }


@rule(verbs.Corrected, GUARD, WINDOW, reads=lambda op: (Key("case", op.id), match("correction", case=op.id)))
def corrected(op: Operation[verbs.Corrected], facts: Facts) -> Effects:
    """The applicant has answered, at whichever counter: from here the limits will count."""
    case = case_of(op, facts)
    effects = Effects().put("case", op.id, state=MACHINE.after(case, "corrected"))
    corrections: Sequence[Correction] = facts.match("correction", case=op.id)
    for correction in corrections:
        if correction.answered_at is None:
            effects.put("correction", correction.id, answered_at=facts.now)
    return effects


def _read_for_decline(op: Operation[verbs.Decline]) -> tuple[Read, ...]:
    return (Key("case", op.id), *paper.reads(op, PaperKind.NON_ACCEPTANCE, op.args.document))


@rule(verbs.Decline, GUARD, WINDOW, reads=_read_for_decline, scopes=paper.scopes)
def decline(op: Operation[verbs.Decline], facts: Facts) -> Effects:
    """不予受理: no permit is needed, or another organ is competent (art. 32 nos. 1 and 2)."""
    case = case_of(op, facts)
    outcome = chosen(op.args.outcome, (CaseState.NOT_NEEDED, CaseState.NOT_COMPETENT), "outcome")
    after = MACHINE.after(case, outcome)
    owned(case, facts)
    reason = filled(op.args.reason, "reasons_missing")
    effects = Effects().put("case", op.id, state=after, reasons=reason, ended_at=facts.now)
    name = paper.name_of_actor(op, facts)
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.NON_ACCEPTANCE,
        op.args.document,
        **paper.about(case, facts),
        handled_by=name,
        decided_by=name,
        reasons=paper.paragraphs(reason),
        **paper.remedies(facts),
    )
    return archive_later(effects, facts, op.id, case.office)


def _begin_limits(
    effects: Effects,
    op: Operation[Any],
    facts: Facts,
    case: Case,
    document: str,
    since: int,
    materials: Sequence[Material],
) -> None:
    """The limits run from the day after `since` (ms), and the acceptance notice tells them."""
    told = paper.about(case, facts)
    promised = facts.calendar.add_working_days(day_of(since), told["promised_days"])
    statutory = facts.calendar.add_working_days(day_of(since), told["statutory_days"])
    effects.put(
        "case",
        op.id,
        promised_day=promised.day,
        statutory_day=statutory.day,
        deadline_certain=promised.certain and statutory.certain,
    )
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.ACCEPTANCE_NOTICE,
        document,
        **told,
        handled_by=paper.name_of_actor(op, facts),
        materials=paper.handed_in(materials),
        due_on=promised.day,
    )


def _case_number(effects: Effects, op: Operation[Any], facts: Facts) -> str:
    """One series an office or site, anew each day."""
    day, n = take(effects, facts, _case_series(op), op.scope, day_of(facts.received))
    form: str = facts.setting("case_number_format")
    return form.format(part=part_of(op.scope), day=day.replace("-", ""), n=n)
