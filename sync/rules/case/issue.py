"""From the decision to the applicant's hands.

    decided ──issue──▶ issued: the decision valid, its authorisation used
                          ▼
                       to the applicant (`delivery`)

Papers that no approval precedes are registered with `document.register`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import AuthorisationState, DocumentState
from sync.rules import approval, paper
from sync.rules.case import authorisation, licence
from sync.rules.case.machine import MACHINE, WINDOW, case_of, lies_here, no_open_conflict
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.document import Document, IssueAuthorisation


def _same_file(signed: verbs.SignedFile) -> Read:
    return match("document", sha256=signed.sha256)


def _read_for_issue(op: Operation[verbs.Issue]) -> tuple[Read, ...]:
    return (
        Key("case", op.id),
        match("issue_authorisation", case=op.id),
        match("document", case=op.id),
        match("conflict", case=op.id),
        _same_file(op.args.signed),
    )


@rule(verbs.Issue, GUARD, WINDOW, reads=_read_for_issue)
def issue(op: Operation[verbs.Issue], facts: Facts) -> Effects:
    """签发 under the authorisation that this device holds."""
    case, args = case_of(op, facts), op.args
    after = MACHINE.after(case, "issue")
    rights: Sequence[IssueAuthorisation] = facts.match("issue_authorisation", case=op.id)
    right = next((a for a in rights if a.id == args.authorisation), None)
    if right is None:
        raise Refused("not_found", table="issue_authorisation", id=args.authorisation)
    last = authorisation.newest(rights)
    if right.device != op.device or last is None or last.id != right.id:
        raise Refused("authorisation_out", device=last.device if last else right.device, until=right.expires_at)
    if facts.now > (right.expires_at or 0):
        raise Refused("authorisation_expired", until=right.expires_at)
    used = authorisation.MACHINE.after(right, "use")
    documents: Sequence[Document] = facts.match("document", case=op.id)
    document = next((d for d in documents if d.id == right.document), None)
    if document is None or document.state != DocumentState.PREPARED:
        raise Refused("document_mismatch", document=right.document)
    paper.check_signed(args.signed, facts.match("document", sha256=args.signed.sha256), document.id)
    approval.given(document, args.signed)
    no_open_conflict(facts.match("conflict", case=op.id))
    effects = Effects().put("case", op.id, state=after, issued_at=facts.now, issued_by=op.by)
    authorisation.ended(effects, facts, right, AuthorisationState(used))
    licence.release(effects, documents)
    alone = approval.alone(document, args.signed, facts)
    return paper.registered(effects, op, facts, document, args.signed, alone)


@rule(
    verbs.Register,
    GUARD,
    WINDOW,
    reads=lambda op: (Key("document", op.id), match("document", superseded_by=op.id), _same_file(op.args.signed)),
)
def register(op: Operation[verbs.Register], facts: Facts) -> Effects:
    """A paper that no approval precedes was signed: the registry knows it now. What it corrects is superseded."""
    document: Document = facts.need("document", op.id)
    lies_here(document, op, "document")
    paper.MACHINE.after(document, "register")
    corrected: Sequence[Document] = facts.match("document", superseded_by=op.id)
    if document.kind in paper.DECISIONS and not corrected:
        raise Refused("needs_authorisation", document=op.id)
    paper.check_signed(op.args.signed, facts.match("document", sha256=op.args.signed.sha256), op.id)
    approval.given(document, op.args.signed)
    effects = Effects()
    for old in corrected:
        effects.put("document", old.id, state=DocumentState.SUPERSEDED.value)
    alone = approval.alone(document, op.args.signed, facts)
    return paper.registered(effects, op, facts, document, op.args.signed, alone)
