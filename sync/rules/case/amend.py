"""更正: a signed paper that says something wrong is never edited. A new one of the same kind, with a number of its own,
says what it replaces and why; once it is registered, the old one is known as superseded, and its page shows the newer.

    valid ──case.amend──▶ valid, superseded_by ──the new one signed, document.register──▶ superseded
                             │ case.amend again, revoke, cancel: the unsigned one goes void
                             ▼
                          void, its number in the void register

The approver answers for it, since a corrected decision is decided; whoever signs papers signs it. Nothing of a case is
corrected while a right to issue is out: that device may hand over what nobody here has seen yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import DocumentState, PaperKind, Role
from sync.rules import approval, paper
from sync.rules.case import authorisation
from sync.rules.case.decision import void
from sync.rules.case.machine import MACHINE, case_of, filled
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.document import Document, IssueAuthorisation

CORRECTABLE: Final = (
    "addressee",
    "applicant_code",
    "legal_representative",
    "address",
    "capital",
    "area",
    "business_scope",
    "granted",
    "valid_from",
    "valid_until",
    "reasons",
)
"""What a correction may change. Matter, basis and limits are the receipt's for good."""
LONGEST: Final = 2000
KINDS: Final = {kind.value: kind for kind in PaperKind}


def shown(facts: Mapping[str, Any], field: str) -> str:
    """A fact as somebody corrects it: paragraphs as lines."""
    value = facts.get(field)
    return "\n".join(value) if isinstance(value, list) else str(value or "")


def fields_of(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a paper can be corrected."""
    return tuple(field for field in CORRECTABLE if shown(facts, field))


def _read_for_amend(op: Operation[verbs.Amend]) -> tuple[Read, ...]:
    kind = KINDS.get(op.args.kind, PaperKind.MATERIAL_RECEIPT)
    return (
        Key("case", op.id),
        match("issue_authorisation", case=op.id),
        *paper.reads(op, kind, op.args.document),
    )


@rule(verbs.Amend, GUARD, {Role.APPROVER}, reads=_read_for_amend, scopes=paper.scopes)
def amend(op: Operation[verbs.Amend], facts: Facts) -> Effects:
    """Prepare the paper that replaces a signed one. Refused `change_pending` while a change of it waits for its
    signature."""
    case, args = case_of(op, facts), op.args
    MACHINE.after(case, "amend")
    rights: Sequence[IssueAuthorisation] = facts.match("issue_authorisation", case=op.id)
    for right in rights:
        if authorisation.is_out(right, facts):
            raise Refused("authorisation_out", device=right.device, until=right.expires_at)
    documents: Sequence[Document] = facts.match("document", case=op.id)
    old = next((d for d in documents if d.id == args.corrects), None)
    if old is None or old.kind != args.kind:
        raise Refused("not_found", table="document", id=args.corrects)
    paper.MACHINE.after(old, "correct")
    waits = pending(documents)
    if any(each.id == old.superseded_by and (each.facts or {}).get("replaces") == old.number for each in waits):
        raise Refused("change_pending", number=old.number)  # its decision names the number that would go void
    reason = filled(args.reason, "reasons_missing")
    told = {**(old.facts or {}), **_changes(old.facts or {}, args.changes)}
    told |= {"corrects": old.number or "", "correction_reason": reason}
    if told.get("decided_by"):
        told["decided_by"] = paper.name_of_actor(op, facts)
    effects = Effects()
    for waiting in waits:
        if waiting.id == old.superseded_by:
            void(effects, facts, waiting, "amended")
    for given in ("bureau", "sample", "dated_at"):
        told.pop(given, None)
    paper.prepare(effects, op, facts, KINDS[old.kind], args.document, **told)
    approval.wants(effects, op, facts, args.document, KINDS[old.kind], case.matter)
    effects.put("document", args.document, state=DocumentState.PREPARED.value)
    return effects.put("document", old.id, superseded_by=args.document)


def pending(documents: Sequence[Document]) -> list[Document]:
    """Corrections that nobody has signed."""
    named = {document.superseded_by for document in documents if document.superseded_by}
    return [d for d in documents if d.id in named and d.state == DocumentState.PREPARED]


def _changes(facts: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, Any]:
    """The corrected facts, in the shape that they have."""
    changed: dict[str, Any] = {}
    for field, value in changes.items():
        if field not in fields_of(facts) or not value.strip() or len(value) > LONGEST:
            raise Refused("bad_choice", field=field, value=value[:40])
        if value.strip() != shown(facts, field):
            changed[field] = paper.paragraphs(value) if isinstance(facts[field], list) else value.strip()
    if not changed:
        raise Refused("nothing_corrected")
    return changed
