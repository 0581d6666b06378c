"""Where the approver signs too: the decision's own approver, before the seal, with the certificate of the staff record.

    case.decide ─▶ prepared, approver named ──document.approve──▶ approval: the file that the seal is set on ─▶ issue
                            ├── document.waive: no time stamp to be had ─▶ alone: the seal alone, the text names them
                            └── case.issue without a network ────────────▶ alone, likewise: nobody there could ask
                                             └ heard of at once by the centre ─▶ alone, doubted: somebody looks at it

Whether a decision wants its approver's signature is fixed when it is made, by the setting `approver_signs`: kinds of
decisions, or matters.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import PaperKind, Role
from sync.rules import paper
from sync.rules.case.machine import case_of, lies_here, no_open_conflict
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.document import Document
    from sync.records.staff import Staff

OFFLINE, NO_STAMP, DOUBTED = "offline", "no_stamp", "doubted"
"""Why a seal stands alone though the approver was to sign; the last: so it said, and the centre heard it at once."""
_SERIAL: Final = re.compile(r"[0-9a-f]{1,40}")  # RFC 5280, 4.1.2.2: at most 20 octets
_canonical = msgspec.json.Encoder(order="sorted")


def serial_of(text: str) -> str:
    """A certificate's serial number in hex as it is kept: small letters, no colons, no leading zeros; "" for none."""
    plain = text.strip().lower().replace(":", "").replace(" ", "")
    return (plain.lstrip("0") or "0") if _SERIAL.fullmatch(plain) else ""


def digest_of(document: Any) -> str:
    """What a prepared paper says, in one hash: other words, another number, another digest."""
    told = {name: getattr(document, name) for name in ("id", "kind", "number", "page", "facts")}
    return hashlib.sha256(_canonical.encode(told)).hexdigest()


def wants(effects: Effects, op: Operation[Any], facts: Facts, document: str, kind: PaperKind, matter: str) -> None:
    """Name the approver on a decision that is to bear their signature too."""
    if kind in paper.DECISIONS and {kind.value, matter} & set(facts.setting("approver_signs")):
        effects.put("document", document, approver=op.by)


def awaits(document: Any) -> bool:
    """Whether the approver has still to sign."""
    return bool(document.approver) and not document.approval and not document.alone


def given(document: Document, signed: verbs.SignedFile) -> None:
    """Refused `awaits_approver` where the seal would come first, unless its clerk had no network."""
    if signed.alone not in ("", OFFLINE) or (signed.alone and not document.approver):
        raise Refused("bad_choice", field="alone", value=signed.alone[:40])
    if awaits(document) and not signed.alone:
        raise Refused("awaits_approver", staff=document.approver)


def alone(document: Document, signed: verbs.SignedFile, facts: Facts) -> str | None:
    """Why the seal stands alone, by what the centre can know: a machine without a network is heard of only later.

    The time of a step is never before the last contact with its machine, so one that was heard of within
    `approver_offline` of it had a network then, or got it back that moment. It is taken, since the paper may be in
    somebody's hands, and shown to the supervision.
    """
    if not signed.alone:
        return document.alone
    heard_at_once = facts.authority and facts.received - facts.now < facts.setting("approver_offline")
    return DOUBTED if heard_at_once else OFFLINE


Said = Operation[verbs.Approve] | Operation[verbs.SealAlone]


def _read(op: Said) -> tuple[Read, ...]:
    case = op.args.case
    return (
        Key("document", op.id),
        Key("case", case),
        match("conflict", case=case),
        Key("staff", op.by, paper.base_scope(op)),
    )


def _waiting(op: Said, facts: Facts) -> Document:
    """The decision that waits for this very person, as it was shown to them."""
    document: Document = facts.need("document", op.id)
    lies_here(document, op, "document")
    case = case_of(op, facts, op.args.case)
    if document.case != case.id:
        raise Refused("not_found", table="document", id=op.id)
    paper.MACHINE.after(document, "approve")
    if document.approver != op.by:
        raise Refused("not_approver", staff=document.approver)
    if not awaits(document):
        raise Refused("approved_already", document=op.id)
    if digest_of(document) != op.args.digest:
        raise Refused("document_changed", document=op.id)
    no_open_conflict(facts.match("conflict", case=case.id))
    return document


@rule(verbs.Approve, GUARD, {Role.APPROVER}, reads=_read)
def approve(op: Operation[verbs.Approve], facts: Facts) -> Effects:
    """The approver's signature: with the certificate that the staff record names, over the paper as it stands."""
    document, args = _waiting(op, facts), op.args
    person: Staff = facts.need("staff", op.by)
    if not person.certificate or serial_of(args.serial) != person.certificate:
        raise Refused("certificate_not_yours", serial=args.serial[:40], known=person.certificate)
    if not paper.is_digest(args.sha256) or args.size < 1:
        raise Refused("bad_file", document=op.id)
    return Effects().put(
        "document", document.id, approval=args.sha256, approval_serial=person.certificate, approval_at=facts.now
    )


@rule(verbs.SealAlone, GUARD, {Role.APPROVER}, reads=_read)
def waive(op: Operation[verbs.SealAlone], facts: Facts) -> Effects:
    """The seal alone, by the word of the approver: the paper's own text names who decided."""
    return Effects().put("document", _waiting(op, facts).id, alone=NO_STAMP)
