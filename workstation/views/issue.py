"""What the issuing screen shows of one case: the decision's paper, what will stand in it, the right to issue it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.records.states import AuthorisationState, DocumentState
from sync.rules.approval import awaits
from sync.rules.case.authorisation import newest
from sync.rules.paper import DECISIONS
from workstation.views.papers import Paper

Rows = Callable[..., list[Any]]
OneRow = Callable[[str, str | None], Any]
TOLD = (
    "addressee",
    "matter",
    "case_number",
    "received_at",
    "legal_basis",
    "reasons",
    "granted",
    "body",
    "decided_by",
    "reconsideration_organ",
    "court",
    "bureau",
    "dated_at",
    "corrects",
    "correction_reason",
)
"""The facts of a decision in the order in which they are checked; catalogue keys `issue.fact.<name>`."""


@dataclass(frozen=True, slots=True)
class IssueView:
    """One case at its issue. `record` is the decision's document, `facts` (name, text) line by line; `mine` whether
    this device holds the right, `until` its end (ms); `approver` who signs before the seal, empty for nobody."""

    case: Any
    matter: str
    record: Any
    facts: tuple[tuple[str, Any], ...]
    papers: tuple[Paper, ...]
    right: Any
    mine: bool
    until: int
    clashes: tuple[str, ...]
    approver: str

    @property
    def awaits(self) -> bool:
        """Whether the approver has still to sign it."""
        return self.record is not None and not self.issued and awaits(self.record)

    @property
    def number(self) -> str:
        """The case's number."""
        return str(self.case.number or "")

    @property
    def issued(self) -> bool:
        """Whether the decision is signed, as far as this copy knows."""
        return self.record is not None and self.record.state == DocumentState.VALID

    @property
    def decision(self) -> Paper | None:
        """The decision among the papers."""
        id = self.record.id if self.record is not None else ""
        return next((paper for paper in self.papers if paper.id == id), None)


def read_issue(row: OneRow, rows: Rows, papers: list[Paper], id: str, device: str) -> IssueView | None:
    """The case with its newest decision; None where this copy has no such case."""
    case = row("case", id)
    if case is None:
        return None
    right = newest(rows("issue_authorisation", case=id))
    decisions = [d for d in rows("document", case=id) if d.kind in DECISIONS and d.state != DocumentState.VOID]
    waiting = {d.superseded_by for d in decisions if d.superseded_by}  # corrections count once they are signed
    decisions = [d for d in decisions if d.state != DocumentState.PREPARED or d.id not in waiting]
    record = max(decisions, key=lambda each: (each.prepared_at or 0, each.id), default=None)
    matter = row("matter", case.matter)
    return IssueView(
        case=case,
        matter=matter.name if matter is not None else case.matter,
        record=record,
        facts=_facts(record.facts or {}) if record is not None else (),
        papers=tuple(papers),
        right=right,
        mine=right is not None and right.state == AuthorisationState.OUT and right.device == device,
        until=(right.expires_at or 0) if right is not None else 0,
        clashes=tuple(sorted({c.field for c in rows("conflict", case=id) if c.state == "open"})),
        approver=_name_of(row, record.approver if record is not None else None),
    )


def _name_of(row: OneRow, staff: str | None) -> str:
    person = row("staff", staff)
    return person.name if person is not None else staff or ""


def _facts(facts: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    lines: list[tuple[str, Any]] = []
    for name in TOLD:
        value = facts.get(name)
        if isinstance(value, list):
            lines += [(name, str(each)) for each in value]
        elif value not in (None, ""):
            lines.append((name, value))
    return tuple(lines)
