"""送达回证: one receipt for every way to deliver, and what it says was delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sync.calendar import day_of
from sync.protocol.operation import Operation
from sync.records.states import DocumentState, PaperKind
from sync.rules import paper
from sync.rules.facts import Facts, Read
from sync.rules.outcome import Effects, Refused

if TYPE_CHECKING:
    from sync.records.case import Case
    from sync.records.document import Document
NOTICE: Final = "notice"


def reads(op: Operation[Any], document: str) -> tuple[Read, ...]:
    """What `prepare` looks at."""
    return paper.reads(op, PaperKind.DELIVERY_RECEIPT, document)


def prepare(
    effects: Effects,
    op: Operation[Any],
    facts: Facts,
    case: Case,
    document: str,
    *,
    method: str,
    body: Sequence[str],
    place: str = "",
    handled_by: str = "",
) -> None:
    """The receipt of this case's papers, delivered by `method`, with the lines that this way needs."""
    paper.prepare(
        effects,
        op,
        facts,
        PaperKind.DELIVERY_RECEIPT,
        document,
        **paper.about(case, facts),
        handled_by=handled_by or paper.name_of_actor(op, facts),
        delivered=delivered(case, facts),
        delivery_method=facts.setting("delivery_methods")[method],
        delivery_place=place,
        body=list(body),
        by_notice=method == NOTICE,
    )


def delivered(case: Case, facts: Facts) -> list[str]:
    """Title and number of the decision that is handed over, and of its licence."""
    return [words for _, words in papers(case, facts)]


def papers(case: Case, facts: Facts) -> list[tuple[str, str]]:
    """The same with the papers' ids."""
    return papers_of(case, facts.match("document", case=case.id), facts.setting("decision_titles"))


def papers_of(case: Case, documents: Sequence[Document], titles: Mapping[str, str]) -> list[tuple[str, str]]:
    """(id, title and number) of what of a case's papers is to be delivered, and was not before."""
    before = -1 if case.delivered_at is None else case.delivered_at
    there = [d for d in documents if d.state == DocumentState.VALID and (d.prepared_at or 0) > before]
    named = [(titles[d.kind], d) for d in there if d.kind in titles]
    named += [((d.facts or {})["licence"], d) for d in there if d.kind == PaperKind.LICENCE]
    return [(d.id, f"{title} {d.number or ''}".strip()) for title, d in named]


def day_told(value: str, case: Case, facts: Facts) -> str:
    """An ISO day; refused `bad_day` before the issue or after today."""
    try:
        day = date.fromisoformat(value).isoformat()
    except ValueError:
        raise Refused("bad_day", day=value[:40]) from None
    if day != value or not day_of(case.issued_at or 0) <= day <= day_of(facts.now):
        raise Refused("bad_day", day=value[:40])
    return day
