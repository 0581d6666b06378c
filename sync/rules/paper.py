"""文书: a paper is prepared with everything that its template will print, and its number.

    rule ──▶ prepare(…) ──▶ document, state prepared: kind, number (the centre's), page, facts
                                   │ rendered and signed on a workstation
                                   ▼
             case.issue | document.register ──▶ valid ──▶ revoked | superseded (`case.amend`)
                                   │ never issued
                                   ▼
                                 void, its number in the void register

`facts` has the fields of the paper under the names that the templates use, except the number and the address to verify
it at. What the matter was called, which limits and which licence it promised is fixed by the first paper, the receipt:
a later change of the matter does not change a case under way. The case's number stands there as citizens know it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sync.calendar import day_of
from sync.protocol.identifiers import derived, hall_of, part_of, scope_of
from sync.protocol.operation import Operation
from sync.records.states import DocumentState, MaterialState, PaperKind
from sync.rules import block
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.series import take
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.protocol.verbs.block import BlockNumber
    from sync.protocol.verbs.case import SignedFile
    from sync.records.case import Case, Material
    from sync.records.document import Document
    from sync.records.matter import Matter
    from sync.records.place import Hall

DECISIONS: Final = frozenset({PaperKind.GRANT_DECISION, PaperKind.REFUSAL_DECISION})
SIGNED: Final = (DocumentState.VALID, DocumentState.SUPERSEDED, DocumentState.REVOKED)
MACHINE: Final = Machine(
    "document",
    {
        "register": {DocumentState.PREPARED: DocumentState.VALID},
        "approve": {DocumentState.PREPARED: DocumentState.PREPARED},
        "augment": {state: state for state in SIGNED},
        "raise": {state: state for state in SIGNED},
        "correct": {DocumentState.VALID: DocumentState.VALID},
    },
)
_OF_THE_MATTER = ("matter", "legal_basis", "statutory_days", "promised_days")
_OF_THE_LICENCE = ("licence", "licence_years")


def base_scope(op: Operation[Any]) -> str:
    """Where matters, people and the hall itself lie."""
    return scope_of(hall_of(op.scope), "base")


def numbers_scope(op: Operation[Any]) -> str:
    """The series of all papers of a hall, which no replica pulls: the cases of all offices share them."""
    return scope_of(hall_of(op.scope), "numbers")


def scopes(op: Operation[Any]) -> tuple[str, ...]:
    """The scopes of a rule that prepares a paper."""
    return op.scope, numbers_scope(op)


def reads(op: Operation[Any], kind: PaperKind, id: str, number: BlockNumber | None = None) -> tuple[Read, ...]:
    """What `prepare` and `about` look at; `op` is an operation on a case."""
    base = base_scope(op)
    return (
        Key("document", id),
        Key("hall", hall_of(op.scope), base),
        Key("staff", op.by, base),
        Key("number_series", _series(op, kind), numbers_scope(op)),
        match("document", case=op.id),
        *block.reads(op, number, numbers_scope(op)),
    )


def prepare(
    effects: Effects,
    op: Operation[Any],
    facts: Facts,
    kind: PaperKind,
    id: str,
    page: str | None = None,
    reserved: BlockNumber | None = None,
    **told: Any,
) -> str | None:
    """Make the paper `id` that says `told`; a licence waits for its decision. Its number; None in a preview, unless one
    out of a block is `reserved`."""
    facts.absent("document", id)
    hall: Hall = facts.need("hall", hall_of(op.scope))
    year, n = _place(effects, op, facts, kind, reserved)
    number = _number(facts, kind, hall, year, n) if n is not None else None
    effects.put(
        "document",
        id,
        case=op.id,
        kind=kind.value,
        number=number,
        year=year,
        n=n,
        state=(DocumentState.RESERVED if kind == PaperKind.LICENCE else DocumentState.PREPARED).value,
        page=page or derived("page", id),
        facts={"bureau": hall.bureau, "sample": hall.sample, "dated_at": facts.now, **told},
        prepared_at=facts.now,
        prepared_by=op.by,
    )
    return number


def of_matter(matter: Matter) -> dict[str, Any]:
    """What the papers of a case say of its matter."""
    return {
        "matter": matter.name,
        "legal_basis": [matter.basis],
        "statutory_days": matter.statutory_days,
        "promised_days": matter.promised_days,
        **({"licence": matter.licence, "licence_years": matter.licence_years} if matter.licence else {}),
    }


def known_as(number: str | None, scope: str) -> str | None:
    """A case's number as citizens know it: without the office or site that leads it inside the house."""
    if number is None:
        return None
    head, part, rest = number.partition(part_of(scope))
    return rest.lstrip("-_/ .") or number if part and not head else number


def about(case: Case, facts: Facts) -> dict[str, Any]:
    """What every later paper of the case says: whose it is, and the matter as the receipt has it."""
    receipt = _receipt(case, facts)
    return {
        "addressee": case.applicant,
        "case_number": receipt.get("case_number") or known_as(case.number, case.scope),
        "received_at": case.received_at,
        **{name: receipt[name] for name in _OF_THE_MATTER},
    }


def licence_of(case: Case, facts: Facts) -> dict[str, Any]:
    """Name and years of the licence that the receipt promised; empty where a decision is all there is."""
    receipt = _receipt(case, facts)
    return {name: receipt[name] for name in _OF_THE_LICENCE if name in receipt}


def _receipt(case: Case, facts: Facts) -> dict[str, Any]:
    """What the case's receipt says."""
    documents: Sequence[Document] = facts.match("document", case=case.id)
    receipt = next((d for d in documents if d.kind == PaperKind.MATERIAL_RECEIPT), None)
    if receipt is None:
        raise Refused("not_found", table="document", id=case.id)
    return receipt.facts or {}


def name_of_actor(op: Operation[Any], facts: Facts) -> str:
    """The actor's name as a paper prints it; empty for the clock."""
    person = facts.get("staff", op.by)
    return person.name if person is not None else ""


def handed_in(materials: Iterable[Material]) -> list[dict[str, Any]]:
    """The list of the materials that are there; what was not asked for is not."""
    absent = (MaterialState.MISSING, MaterialState.WAIVED)
    there = sorted((m for m in materials if m.state not in absent), key=lambda m: m.ordinal)
    return [{"name": m.name} for m in there]


def paragraphs(text: str) -> list[str]:
    """A text as its paragraphs, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def remedies(facts: Facts) -> dict[str, Any]:
    """Whom a refused applicant may turn to."""
    return {"reconsideration_organ": facts.setting("reconsideration_organ"), "court": facts.setting("court")}


def check_signed(signed: SignedFile, same: Iterable[Document], document: str) -> None:
    """Refused `bad_file` for values that no signed file has, `document_mismatch` for one that is another paper's."""
    digests = (signed.sha256, signed.message_digest, signed.signature)
    if not all(is_digest(digest) for digest in digests) or signed.size < 1 or signed.pages < 1:
        raise Refused("bad_file", document=document)
    if any(other.id != document for other in same):
        raise Refused("document_mismatch", document=document)


def registered(
    effects: Effects, op: Operation[Any], facts: Facts, document: Document, signed: SignedFile, alone: str | None
) -> Effects:
    """The paper is valid: the registry keeps what its file can be known by, and why its seal stands `alone`. Its
    signature is the signing machine's to raise, for an hour."""
    told = {name: getattr(signed, name) for name in signed.__struct_fields__}
    return effects.put(
        "document",
        document.id,
        state=DocumentState.VALID.value,
        **told | {"alone": alone},
        files={signed.sha256: file_of(op, signed.level, signed.size, facts.received)},
        registered_at=facts.received,
        registered_by=op.by,
        raise_at=facts.received,
        **raised_by(op, facts, facts.received),
    )


def raised_by(op: Operation[Any], facts: Facts, since: int) -> dict[str, Any]:
    """Whose hour it is with the signature, from `since` on."""
    return {"raiser": op.device, "raiser_label": None, "raise_until": since + facts.setting("raise_alone")}


def file_of(op: Operation[Any], level: str, size: int, at: int) -> dict[str, Any]:
    """What is kept of one file of a paper; who said it, from which machine."""
    return {"level": level, "size": size, "at": at, "device": op.device, "by": op.by}


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 in lower-case hex."""
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def _series(op: Operation[Any], kind: PaperKind) -> str:
    return block.series_of(op.scope, kind.value)


def _place(
    effects: Effects, op: Operation[Any], facts: Facts, kind: PaperKind, reserved: BlockNumber | None
) -> tuple[str | None, int | None]:
    """Year and number in the series of the kind."""
    if reserved is not None:
        if kind not in block.PAPERS:
            raise Refused("bad_number", n=reserved.n)
        if facts.authority:
            series = _series(op, kind)
            block.use(effects, op, facts, reserved, series, numbers_scope(op), facts.get("number_series", series))
        return reserved.period, reserved.n
    if not facts.authority:
        return None, None
    return take(effects, facts, _series(op, kind), numbers_scope(op), day_of(facts.received)[:4])


def _number(facts: Facts, kind: PaperKind, hall: Hall, year: str | None, n: int) -> str:
    form: str = facts.setting("paper_year_format")
    mark = facts.setting("paper_marks")[kind.value]
    return form.format(bureau=facts.setting("bureau_mark") or hall.bureau, kind=mark, year=year, n=n)
