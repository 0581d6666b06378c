"""证照: the licence that a decision to grant brings; its number is reserved with the decision's, so that a site without
a network can hand it over.

    case.decide ─▶ reserved ──case.issue──▶ prepared ──signed, document.register──▶ valid
                      │ case.reopen            │ case.revoke, case.cancel             │
                      ▼                        ▼                                      ▼
                     void                     void                                 revoked

Whether a matter has a licence, what it is called and how long it holds is fixed by the receipt, like all that papers
say of the matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.protocol.identifiers import derived
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import DocumentState, PaperKind
from sync.rules import paper
from sync.rules.facts import Facts, Read
from sync.rules.outcome import Effects

if TYPE_CHECKING:
    from sync.records.case import Case
    from sync.records.document import Document

DUE = (PaperKind.LICENCE, PaperKind.CHANGE_DECISION)
FORM_FIELDS = ("legal_representative", "address", "capital", "area", "business_scope")
"""What a licence takes from the case's form, where the form has it."""


def id_of(decision: str) -> str:
    """The licence's id, from its decision's."""
    return derived("licence", decision)


def reads(op: Operation[verbs.Decide]) -> tuple[Read, ...]:
    """What `reserve` looks at."""
    return paper.reads(op, PaperKind.LICENCE, id_of(op.args.document))


def reserve(effects: Effects, op: Operation[verbs.Decide], facts: Facts, case: Case, **told: Any) -> dict[str, Any]:
    """Reserve the licence of a decision to grant; what the decision says of it, nothing where the matter has none."""
    promised = paper.licence_of(case, facts)
    if not promised:
        return {}
    begins = day_of(facts.now)
    name, ends = promised["licence"], _last_day(begins, promised["licence_years"])
    form = case.form or {}
    number = paper.prepare(
        effects,
        op,
        facts,
        PaperKind.LICENCE,
        id_of(op.args.document),
        licence=name,
        applicant_code=case.applicant_code or "",
        valid_from=begins,
        valid_until=ends,
        **{field: form[field] for field in FORM_FIELDS if form.get(field)},
        **told,
    )
    said = {"licence": name, "licence_number": number or "", "valid_from": begins, "valid_until": ends}
    return said | ({"granted": form["business_scope"]} if form.get("business_scope") else {})


def release(effects: Effects, documents: Sequence[Document]) -> Effects:
    """The decision is issued: the licence may be signed."""
    for document in documents:
        if document.kind == PaperKind.LICENCE and document.state == DocumentState.RESERVED:
            effects.put("document", document.id, state=DocumentState.PREPARED.value)
    return effects


def unsigned(documents: Sequence[Document]) -> list[Document]:
    """Licences, and decisions to change one, that are due and that nobody has signed."""
    return [d for d in documents if d.kind in DUE and d.state == DocumentState.PREPARED]


def _last_day(begins: str, years: int) -> str:
    """The day before the anniversary; empty for a licence without end."""
    if not years:
        return ""
    first = date.fromisoformat(begins)
    try:
        end = first.replace(year=first.year + years)
    except ValueError:  # the 29th of February
        end = date(first.year + years, 3, 1)
    return (end - timedelta(days=1)).isoformat()
