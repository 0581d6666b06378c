"""The decision: someone who never had the case in hand approves, and one device gets the right to issue.

reviewed ──decide──▶ decided: document (prepared, numbered) + issue_authorisation (out, at the reviewing device)
    ▲                   │ reopen: the right comes back, the number goes void
    └── in_review ◀─────┘                             before a decision: withdraw ──▶ withdrawn
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.protocol.identifiers import derived
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import AuthorisationState, CaseState, Decision, DocumentState, PaperKind, Role
from sync.rules import approval, paper
from sync.rules.block import series_of
from sync.rules.case import licence
from sync.rules.case.authorisation import ended, give, is_out, newest
from sync.rules.case.machine import MACHINE, WINDOW, case_of, chosen, filled, no_open_conflict
from sync.rules.case.move import archive_later
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.case import Case
    from sync.records.document import Document

KINDS = {Decision.GRANTED: PaperKind.GRANT_DECISION, Decision.DENIED: PaperKind.REFUSAL_DECISION}


def _kind(op: Operation[verbs.Decide]) -> PaperKind:
    return KINDS[Decision.GRANTED if op.args.decision == Decision.GRANTED else Decision.DENIED]


def _read_for_decide(op: Operation[verbs.Decide]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        Key("issue_authorisation", op.args.authorisation),
        match("conflict", case=op.id),
        *paper.reads(op, _kind(op), op.args.document),
        *licence.reads(op),
    )


@rule(verbs.Decide, GUARD, {Role.APPROVER}, reads=_read_for_decide, scopes=paper.scopes)
def decide(op: Operation[verbs.Decide], facts: Facts) -> Effects:
    """准予 or 不予, by someone else than whoever had the case; the number is reserved with it."""
    case, args = case_of(op, facts), op.args
    after = MACHINE.after(case, "decide")
    if op.by in {case.reviewer, case.owner, *(case.handlers or ())}:
        raise Refused("same_person")
    decision = chosen(args.decision, Decision, "decision")
    no_open_conflict(facts.match("conflict", case=op.id))
    reasons = filled(args.reasons, "reasons_missing") if decision == Decision.DENIED else args.reasons.strip()
    facts.absent("issue_authorisation", args.authorisation)
    assert case.reviewed_device is not None

    deliver_by = facts.calendar.add_working_days(day_of(facts.now), facts.setting("delivery_days"))
    effects = Effects().put(
        "case",
        op.id,
        state=after,
        approver=op.by,
        decision=decision,
        reasons=reasons,
        decided_at=facts.now,
        delivery_day=deliver_by.day,
    )
    told = paper.about(case, facts) | {"decided_by": paper.name_of_actor(op, facts)}
    granted = licence.reserve(effects, op, facts, case, **told) if decision == Decision.GRANTED else {}
    page = derived(args.document, args.authorisation)
    number = paper.prepare(
        effects,
        op,
        facts,
        _kind(op),
        args.document,
        page,
        **told,
        **granted,
        reasons=paper.paragraphs(reasons),
        **(paper.remedies(facts) if decision == Decision.DENIED else {}),
    )
    approval.wants(effects, op, facts, args.document, _kind(op), case.matter)
    return give(effects, facts, op.id, args.authorisation, args.document, number, page, case.reviewed_device)


def _read_for_reopen(op: Operation[verbs.Reopen]) -> tuple[Read, ...]:
    rest = (match("issue_authorisation", case=op.id), match("document", case=op.id))
    return (Key("case", op.id), Key("case_note", _remark(op)), *rest)


@rule(verbs.Reopen, GUARD, WINDOW | {Role.APPROVER}, reads=_read_for_reopen)
def reopen(op: Operation[verbs.Reopen], facts: Facts) -> Effects:
    """Back to the review before issue: by the approver, or by the device that holds the right to issue.

    While the right is out elsewhere nobody else can take it back: that device may have issued already, unheard of yet.
    """
    case = case_of(op, facts)
    effects = Effects().put("case", op.id, state=MACHINE.after(case, "reopen"))
    if case.state == CaseState.DECIDED:
        _take_back(effects, op, facts)
    elif Role.APPROVER not in facts.roles:
        raise Refused("forbidden", kind=op.kind)
    return _remarked(effects, op, facts, op.args.reason)


def _take_back(effects: Effects, op: Operation[verbs.Reopen], facts: Facts) -> None:
    right = newest(facts.match("issue_authorisation", case=op.id))
    if right is not None and is_out(right, facts):
        if right.device != op.device:
            raise Refused("authorisation_out", device=right.device, until=right.expires_at)
        ended(effects, facts, right, AuthorisationState.RETURNED)
    elif Role.APPROVER not in facts.roles:
        raise Refused("forbidden", kind=op.kind)
    elif right is not None and right.state == AuthorisationState.OUT:
        ended(effects, facts, right, AuthorisationState.EXPIRED)
    documents: Sequence[Document] = facts.match("document", case=op.id)
    for document in documents:
        is_its_own = document.kind in paper.DECISIONS or document.kind == PaperKind.LICENCE
        if is_its_own and document.state in (DocumentState.PREPARED, DocumentState.RESERVED):
            void(effects, facts, document, "reopened")
    effects.put("case", op.id, approver=None, decision=None, reasons=None, decided_at=None)


def void(effects: Effects, facts: Facts, document: Document, reason: str) -> None:
    """The paper will never be issued: its number, where it has one, goes into the void register."""
    effects.put("document", document.id, state=DocumentState.VOID.value)
    if document.number is not None:
        effects.put(
            "void_number",
            derived("void", document.id),
            number=document.number,
            case=document.case,
            series=series_of(document.scope, document.kind),
            period=document.year,
            n=document.n,
            reason=reason,
            at=facts.now,
        )


@rule(
    verbs.Withdraw,
    GUARD,
    WINDOW,
    reads=lambda op: (Key("case", op.id), Key("case_note", _remark(op))),
)
def withdraw(op: Operation[verbs.Withdraw], facts: Facts) -> Effects:
    """The applicant withdraws, at whichever counter, before a decision."""
    case: Case = case_of(op, facts)
    effects = Effects().put("case", op.id, state=MACHINE.after(case, "withdraw"), ended_at=facts.now)
    archive_later(effects, facts, op.id, case.office)
    return _remarked(effects, op, facts, op.args.reason)


def _remark(op: Operation[Any]) -> str:
    return derived("remark", op.id, op.device, op.n)


def _remarked(effects: Effects, op: Operation[Any], facts: Facts, reason: str) -> Effects:
    """The reason, kept among the case's notes."""
    text = filled(reason, "reasons_missing")
    return effects.put("case_note", _remark(op), case=op.id, text=text, staff=op.by, at=facts.now)
