"""The licensing case as a state machine (domain §14), and the guards that its rules share.

received ─┬─ accept | deem ───────────────────────▶ accepted ──step──▶ in_review ⇄ special_procedure
          ├─ correct ─▶ need_correction ─▶ corrected ─accept─▲             │
          └─ decline ─▶ not_needed | not_competent                        submit
                                                                           ▼
archived ◀─ delivered ◀─deliver─ issued ◀─issue─ decided ◀─decide─── reviewed
                                                    └────── reopen ──────┴──▶ in_review

before a decision: withdrawn      after issue: revoked | cancelled, or changed: issued again
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from sync.protocol.identifiers import class_of, hall_of
from sync.protocol.operation import Operation
from sync.records.states import CaseState, ConflictState, Role
from sync.rules.facts import Facts
from sync.rules.outcome import Refused
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.case import Case, Conflict, Material

WINDOW: Final = frozenset({Role.CLERK, Role.GRID})

S = CaseState
UNDECIDED: Final = (
    S.RECEIVED,
    S.NEED_CORRECTION,
    S.CORRECTED,
    S.ACCEPTED,
    S.IN_REVIEW,
    S.SPECIAL_PROCEDURE,
    S.REVIEWED,
)
EDITABLE: Final = UNDECIDED[:-1]
"""What was reviewed is what is decided: after the review a field changes only by deciding a conflict, or reopening."""


PLACES: Final = ("case", "archive")
"""Classes of scopes in which a case lies."""


def _same(*states: CaseState) -> dict[str, str]:
    return {state: state for state in states}


def _to(after: CaseState, *states: CaseState) -> dict[str, str]:
    return dict.fromkeys(states, after)


MACHINE: Final = Machine(
    "case",
    {
        "take": _same(*UNDECIDED, S.DECIDED, S.ISSUED),
        "step": _same(S.RECEIVED, S.CORRECTED, S.IN_REVIEW) | _to(S.IN_REVIEW, S.ACCEPTED),
        "accept": _to(S.ACCEPTED, S.RECEIVED, S.CORRECTED),
        "deem": _to(S.ACCEPTED, S.RECEIVED),
        "correct": _to(S.NEED_CORRECTION, S.RECEIVED),
        "corrected": _to(S.CORRECTED, S.NEED_CORRECTION),
        "not_needed": _to(S.NOT_NEEDED, S.RECEIVED, S.CORRECTED),
        "not_competent": _to(S.NOT_COMPETENT, S.RECEIVED, S.CORRECTED),
        "suspend": _to(S.SPECIAL_PROCEDURE, S.IN_REVIEW),
        "continue": _to(S.IN_REVIEW, S.SPECIAL_PROCEDURE),
        "extend": _same(S.ACCEPTED, S.IN_REVIEW, S.REVIEWED),
        "submit": _to(S.REVIEWED, S.ACCEPTED, S.IN_REVIEW),
        "decide": _to(S.DECIDED, S.REVIEWED),
        "reopen": _to(S.IN_REVIEW, S.REVIEWED, S.DECIDED),
        "withdraw": _to(S.WITHDRAWN, *UNDECIDED),
        "issue": _to(S.ISSUED, S.DECIDED),
        "claim": _same(S.DECIDED),
        "deliver": _to(S.DELIVERED, S.ISSUED),
        "attempt": _same(S.ISSUED),
        "post": _same(S.ISSUED),
        "serve": _to(S.DELIVERED, S.ISSUED),
        "archive": _to(S.ARCHIVED, S.DELIVERED)
        | _same(S.NOT_NEEDED, S.NOT_COMPETENT, S.WITHDRAWN, S.REVOKED, S.CANCELLED),
        "move": _same(*UNDECIDED, S.DECIDED, S.ISSUED, S.DELIVERED),
        "revoke": _to(S.REVOKED, S.ISSUED, S.DELIVERED, S.ARCHIVED),
        "cancel": _to(S.CANCELLED, S.ISSUED, S.DELIVERED, S.ARCHIVED),
        "amend": _same(*S),
        "change": _to(S.ISSUED, S.ISSUED, S.DELIVERED),
        "edit": _same(*EDITABLE),
        "clash": _same(*UNDECIDED, S.DECIDED),
        "settle": _same(*UNDECIDED),
        "back": _same(*EDITABLE) | _to(S.IN_REVIEW, S.REVIEWED),
        "attach": _same(*UNDECIDED),
    },
)


def case_of(op: Operation[Any], facts: Facts, id: str | None = None) -> Case:
    """The case, of the operation's own scope: a role elsewhere gives no right here. Refused `moved` where it lies in
    another one of this hall, and where: whoever knows its id has had it before it left."""
    case: Case = facts.need("case", op.id if id is None else id)
    lies_here(case, op, "case")
    return case


def lies_here(row: Any, op: Operation[Any], table: str) -> None:
    """Refused `moved` for a record of another scope of cases, `not_found` for one of anything else."""
    if row.scope == op.scope:
        return
    if hall_of(row.scope) == hall_of(op.scope) and class_of(row.scope) in PLACES:
        raise Refused("moved", table=table, to=row.scope)
    raise Refused("not_found", table=table, id=row.id)


def owned(case: Case, facts: Facts) -> None:
    """Refused `not_owner`: who works on a case takes it over first."""
    if case.owner != facts.actor:
        raise Refused("not_owner", owner=case.owner)


def all_arrived(materials: Iterable[Material]) -> None:
    """Refused `material_not_arrived`: a file was named, but is not at the centre yet."""
    waiting = sorted(m.ordinal for m in materials if m.sha256 is not None and not m.arrived)
    if waiting:
        raise Refused("material_not_arrived", ordinals=waiting)


def no_open_conflict(conflicts: Iterable[Conflict]) -> None:
    """Refused `open_conflict`: two people's values of a field wait for a person."""
    fields = sorted({c.field for c in conflicts if c.state == ConflictState.OPEN})
    if fields:
        raise Refused("open_conflict", fields=fields)


def chosen(value: str, among: Iterable[str], field: str) -> str:
    """The value; refused `bad_choice` where it is none of the words that the field knows."""
    if value not in set(among):
        raise Refused("bad_choice", field=field, value=value[:40])
    return value


def filled(text: str, code: str) -> str:
    """The text without blanks at its ends; refused with `code` where nothing is left."""
    if not text.strip():
        raise Refused(code)
    return text.strip()
