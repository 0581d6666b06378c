"""From the decision to the applicant's hands.

    decided ──issue──▶ issued: the decision valid, its authorisation used
                          │ deliver
                          ▼
                       delivered: receipt, an invitation to rate, and one day the archive

Papers that no approval precedes are registered with `document.register`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import AuthorisationState, DocumentState, InviteState, PaperKind
from sync.rules import paper
from sync.rules.case import authorisation, licence
from sync.rules.case.machine import MACHINE, WINDOW, case_of, chosen, filled, lies_here, no_open_conflict
from sync.rules.case.move import archive_later
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rating import check_invite
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.case import Case
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
    no_open_conflict(facts.match("conflict", case=op.id))
    effects = Effects().put("case", op.id, state=after, issued_at=facts.now, issued_by=op.by)
    authorisation.ended(effects, facts, right, AuthorisationState(used))
    licence.release(effects, documents)
    return paper.registered(effects, op, facts, document.id, args.signed)


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
    effects = Effects()
    for old in corrected:
        effects.put("document", old.id, state=DocumentState.SUPERSEDED.value)
    return paper.registered(effects, op, facts, op.id, op.args.signed)


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
        body=[facts.setting("delivery_remark").format(receiver=receiver)],
    )
    _invite(effects, op, facts, case)
    return archive_later(effects, facts, op.id, case.office)


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
