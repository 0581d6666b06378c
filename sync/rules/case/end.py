"""After the issue: a permit is taken back, or comes to its end.

issued | delivered | archived ──revoke──▶ revoked      (行政许可法 art. 69)
                              ──cancel──▶ cancelled    (art. 70)

Into the archive a closed case goes by the clock (`move`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import Decision, DocumentState, PaperKind, Role
from sync.rules import paper
from sync.rules.case import licence, notice
from sync.rules.case.amend import pending
from sync.rules.case.decision import void
from sync.rules.case.machine import MACHINE, case_of, filled
from sync.rules.case.move import archive_later
from sync.rules.facts import Facts, Key, Read
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.document import Document

PERMITS = (PaperKind.GRANT_DECISION, PaperKind.LICENCE, PaperKind.CHANGE_DECISION)
Ending = Operation[verbs.Revoke] | Operation[verbs.Cancel]


def _kind(op: Ending) -> PaperKind:
    return PaperKind.REVOCATION if isinstance(op.args, verbs.Revoke) else PaperKind.CANCELLATION


def _read_for_ending(op: Ending) -> tuple[Read, ...]:
    return (Key("case", op.id), notice.open_of(op), *paper.reads(op, _kind(op), op.args.document))


@rule(verbs.Revoke, GUARD, {Role.APPROVER}, reads=_read_for_ending, scopes=paper.scopes)
def revoke(op: Operation[verbs.Revoke], facts: Facts) -> Effects:
    """撤销: it should not have been granted."""
    return _end(op, facts, "revoke")


@rule(verbs.Cancel, GUARD, {Role.APPROVER}, reads=_read_for_ending, scopes=paper.scopes)
def cancel(op: Operation[verbs.Cancel], facts: Facts) -> Effects:
    """注销: it has come to its end."""
    return _end(op, facts, "cancel")


def _end(op: Ending, facts: Facts, verb: str) -> Effects:
    """Only a permit that was granted can end; the papers of the decision and the licence stay known, as revoked."""
    case = case_of(op, facts)
    after = MACHINE.after(case, verb)
    if case.decision != Decision.GRANTED:
        raise Refused("not_granted")
    reason = filled(op.args.reason, "reasons_missing")
    effects = Effects().put("case", op.id, state=after, ended_at=facts.now)
    notice.withdraw(effects, op, facts)
    documents: Sequence[Document] = facts.match("document", case=op.id)
    for document in documents:
        if document.kind in PERMITS and document.state == DocumentState.VALID:
            effects.put("document", document.id, state=DocumentState.REVOKED.value)
    unsigned = {document.id: document for document in (*licence.unsigned(documents), *pending(documents))}
    for document in unsigned.values():
        void(effects, facts, document, verb)
    paper.prepare(
        effects,
        op,
        facts,
        _kind(op),
        op.args.document,
        **paper.about(case, facts),
        decided_by=paper.name_of_actor(op, facts),
        reasons=paper.paragraphs(reason),
        **paper.remedies(facts),
    )
    return archive_later(effects, facts, op.id, case.office)
