"""变更 (行政许可法 art. 49): what a licence says changes, and the papers of it go out together.

    issued | delivered ──case.change──▶ issued: a decision that lists every change, and the licence anew, to be signed
                                           │ signed, document.register               │ changed again, revoke, cancel
                                           ▼                                         ▼
                         valid, the old licence superseded; delivered anew       void, the numbers registered

Any set of fields changes at once. The new licence holds as long as the old one and has a number of its own; whoever had
the case in hand does not approve its change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sync.calendar import day_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import DocumentState, PaperKind, Role
from sync.rules import paper
from sync.rules.case import authorisation, licence, notice
from sync.rules.case.amend import LONGEST
from sync.rules.case.decision import void
from sync.rules.case.machine import MACHINE, case_of, filled
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.case import Case
    from sync.records.document import Document, IssueAuthorisation

CHANGEABLE: Final = ("addressee", *licence.FORM_FIELDS)
GIVEN: Final = ("bureau", "sample", "dated_at", "corrects", "correction_reason")
"""What a paper says of itself alone."""


def _read_for_change(op: Operation[verbs.Change]) -> tuple[Read, ...]:
    reads = (
        Key("case", op.id),
        match("issue_authorisation", case=op.id),
        notice.open_of(op),
        *paper.reads(op, PaperKind.CHANGE_DECISION, op.args.document),
        *paper.reads(op, PaperKind.LICENCE, op.args.reissue),
    )
    return tuple(dict.fromkeys(reads))


@rule(verbs.Change, GUARD, {Role.APPROVER}, reads=_read_for_change, scopes=paper.scopes)
def change(op: Operation[verbs.Change], facts: Facts) -> Effects:
    """Prepare the decision and the licence that replaces the one that is valid. Refused `change_unsigned` where of the
    change before it one paper is signed and the other is not."""
    case, args = case_of(op, facts), op.args
    after = MACHINE.after(case, "change")
    if op.by in {case.reviewer, case.owner, *(case.handlers or ())}:
        raise Refused("same_person")
    rights: Sequence[IssueAuthorisation] = facts.match("issue_authorisation", case=op.id)
    for right in rights:
        if authorisation.is_out(right, facts):
            raise Refused("authorisation_out", device=right.device, until=right.expires_at)
    documents: Sequence[Document] = facts.match("document", case=op.id)
    if half_signed(documents):
        raise Refused("change_unsigned")
    old = next((d for d in documents if d.id == args.licence and d.kind == PaperKind.LICENCE), None)
    if old is None:
        raise Refused("not_found", table="document", id=args.licence)
    paper.MACHINE.after(old, "correct")
    reason = filled(args.reason, "reasons_missing")
    said, words = old.facts or {}, facts.setting("change_words")
    new = changes_of(said, args.changes)
    effects = _changed_case(op, facts, case, new).put("case", op.id, state=after)
    for waiting in licence.unsigned(documents):  # of a change that nobody has signed
        void(effects, facts, waiting, "changed")
    told = {name: value for name, value in said.items() if name not in GIVEN} | new
    number = paper.prepare(
        effects, op, facts, PaperKind.LICENCE, args.reissue, **(told | {"replaces": old.number or ""})
    )
    effects.put("document", args.reissue, state=DocumentState.PREPARED.value)
    effects.put("document", old.id, superseded_by=args.reissue)
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.CHANGE_DECISION,
        args.document,
        **paper.about(case, facts),
        decided_by=paper.name_of_actor(op, facts),
        reasons=paper.paragraphs(reason),
        changed=[{"what": words[name], "was": str(said.get(name) or ""), "now": new[name]} for name in new],
        licence=said.get("licence") or "",
        licence_number=number or "",
        replaces=old.number or "",
    )
    return notice.withdraw(effects, op, facts)


def half_signed(documents: Sequence[Document]) -> bool:
    """Whether a change stands by one of its two papers alone."""
    states: dict[str | None, str] = {each.number: each.state for each in documents if each.number}
    halves = {DocumentState.PREPARED.value, DocumentState.VALID.value}
    return any(
        {str(each.state), str(states.get((each.facts or {}).get("licence_number")))} == halves
        for each in documents
        if each.kind == PaperKind.CHANGE_DECISION
    )


def fields_of(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(field, what stands there) of a licence, also what it does not say yet."""
    return [(name, str(said.get(name) or "")) for name in CHANGEABLE]


def changes_of(said: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, str]:
    """What is new, in the order in which a licence says it. Refused `bad_choice`, `nothing_corrected`."""
    for name, value in changes.items():
        if name not in CHANGEABLE or not value.strip() or len(value) > LONGEST:
            raise Refused("bad_choice", field=name[:40], value=value[:40])
    new = {name: changes[name].strip() for name in CHANGEABLE if name in changes}
    new = {name: value for name, value in new.items() if value != said.get(name)}
    if not new:
        raise Refused("nothing_corrected")
    return new


def _changed_case(op: Operation[verbs.Change], facts: Facts, case: Case, new: Mapping[str, str]) -> Effects:
    """The case says what holds now, and its new papers are to be delivered in the time of any decision."""
    deliver_by = facts.calendar.add_working_days(day_of(facts.now), facts.setting("delivery_days"))
    form = (case.form or {}) | {name: value for name, value in new.items() if name != "addressee"}
    applicant = new.get("addressee", case.applicant)
    return Effects().put("case", op.id, applicant=applicant, form=form, delivery_day=deliver_by.day)
