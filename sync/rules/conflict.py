"""A field and two people's values of it: nothing is overwritten silently.

case.edit  was == current ─▶ the field changes; field_write keeps who and when
           else           ─▶ conflict, open: base (what its author saw), theirs (the case's), mine
                               │ conflict.decide, by its author or the case's owner
                               ▼
                             decided: theirs | mine | third | back (to the review, both values kept)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sync.protocol.identifiers import derived
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.states import Choice, ConflictState, Role
from sync.rules.case.machine import MACHINE, WINDOW, case_of, chosen
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Conflict, Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.case import Case, FieldWrite
    from sync.records.case import Conflict as ConflictRow

COLUMNS: Final = ("applicant", "applicant_code")
"""Fields that have a column of their own; all others lie in the form."""

CLASHES: Final = Machine("conflict", {"decide": {ConflictState.OPEN: ConflictState.DECIDED}})


def read_field(case: Case, field: str) -> Any:
    """The field's value, None where it has none."""
    return getattr(case, field) if field in COLUMNS else (case.form or {}).get(field)


def write_field(
    effects: Effects,
    op: Operation[Any],
    facts: Facts,
    case: Case,
    field: str,
    value: str | None,
    conflicts: Iterable[ConflictRow],
) -> Effects:
    """The new value with its author; a conflict that still waits on this field sees it as theirs."""
    if field == "applicant" and not (value or "").strip():
        raise Refused("applicant_missing")
    if field in COLUMNS:
        effects.put("case", case.id, **{field: value})
    else:
        rest = {name: kept for name, kept in (case.form or {}).items() if name != field}
        effects.put("case", case.id, form=rest if value is None else rest | {field: value})
    effects.put("field_write", f"{case.id}/{field}", case=case.id, field=field, staff=op.by, at=facts.now)
    for conflict in conflicts:
        if conflict.field == field and conflict.state == ConflictState.OPEN and conflict.id != op.id:
            effects.put("conflict", conflict.id, theirs=value, theirs_by=op.by, theirs_at=facts.now)
    return effects


def clash(op: Operation[verbs.Edit], facts: Facts, case: Case, current: Any) -> Conflict:
    """The record of two values; theirs is whoever wrote the field last, at first the one who received the case."""
    args = op.args
    id = derived(case.id, args.field, op.device, op.n)
    writes: Sequence[FieldWrite] = facts.match("field_write", case=case.id)
    write = next((w for w in writes if w.field == args.field), None)
    effects = Effects().put(
        "conflict",
        id,
        case=case.id,
        field=args.field,
        base=args.was,
        theirs=current if current is None else str(current),
        theirs_by=write.staff if write else case.received_by,
        theirs_at=write.at if write else case.received_at,
        mine=args.value,
        mine_by=op.by,
        mine_at=facts.now,
        state=ConflictState.OPEN.value,
    )
    return Conflict(effects, {"conflict": id, "field": args.field})


def _read_for_decide(op: Operation[verbs.DecideConflict]) -> tuple[Read, ...]:
    case = op.args.case
    return Key("conflict", op.id), Key("case", case), match("conflict", case=case), match("field_write", case=case)


@rule(verbs.DecideConflict, GUARD, WINDOW | {Role.APPROVER}, reads=_read_for_decide)
def decide(op: Operation[verbs.DecideConflict], facts: Facts) -> Effects:
    """Its author or the case's owner decides; an approver can only send the case back to the review."""
    conflict: ConflictRow = facts.need("conflict", op.id)
    case = case_of(op, facts, op.args.case)
    if conflict.case != case.id:
        raise Refused("not_found", table="conflict", id=op.id)
    after = CLASHES.after(conflict, "decide")
    choice = chosen(op.args.choice, Choice, "choice")
    concerned = op.by in (conflict.mine_by, case.owner) and bool(WINDOW & facts.roles)
    if not concerned and not (choice == Choice.BACK and Role.APPROVER in facts.roles):
        raise Refused("not_yours", author=conflict.mine_by, owner=case.owner)

    effects = Effects()
    value = read_field(case, conflict.field)
    if choice == Choice.BACK:
        effects.put("case", case.id, state=MACHINE.after(case, "back"))
    elif choice != Choice.THEIRS:
        MACHINE.after(case, "settle")
        if choice == Choice.THIRD and op.args.value is None:
            raise Refused("value_missing")
        value = conflict.mine if choice == Choice.MINE else op.args.value
        write_field(effects, op, facts, case, conflict.field, value, facts.match("conflict", case=case.id))
    return effects.put(
        "conflict", op.id, state=after, choice=choice, value=value, decided_by=op.by, decided_at=facts.now
    )
