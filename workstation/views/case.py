"""One case as the reviewing screen shows it: fields side by side, materials, papers, limits, what waits.

A form's field `registered.<name>` is what the registry has for the field `<name>`; a form without any is shown alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sync.records.states import ConflictState, MaterialState
from workstation.views.masking import mask_id, mask_name, mask_phone

Rows = Callable[..., list[Any]]
OneRow = Callable[[str, str | None], Any]
Read = Callable[..., list[sqlite3.Row]]
REGISTERED = "registered."
AGENT = frozenset({"agent", "agent_id"})  # whom a grid worker hands in for: asked beside the matter's own fields
_PENDING = """SELECT count(*) FROM outbox WHERE state = 'new'
AND (id = :case OR json_extract(args, '$.case') = :case OR id IN (SELECT id FROM material WHERE "case" = :case))"""


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of the form; `value` and `registered` are what may be shown, `raw` what an edit starts from (`was`),
    None where the field has no value. `problem` is "clash", "missing" or empty."""

    name: str
    label: str
    value: str
    registered: str
    raw: str | None
    personal: bool = False
    problem: Literal["", "clash", "missing"] = ""
    changed: bool = False
    writer: str = ""
    written_at: int | None = None


@dataclass(frozen=True, slots=True)
class MaterialLine:
    """One material; `sha256` is None for a paper in hand or one that is not there."""

    id: str
    ordinal: int
    name: str
    required: bool
    state: str
    sha256: str | None
    media_type: str
    arrived: bool
    defect: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case. `row` is the record itself; `clashes` the fields with an open conflict; `pending` the operations on it
    that the centre has not answered."""

    row: Any
    matter: str
    applicant: str
    fields: tuple[FieldLine, ...]
    materials: tuple[MaterialLine, ...]
    clashes: tuple[str, ...]
    corrections: int
    notes: tuple[tuple[str, int, str], ...]
    pending: int
    compared: bool

    @property
    def number(self) -> str:
        """The case's number; empty until the centre has given it."""
        return str(self.row.number or "")

    def field(self, name: str) -> FieldLine | None:
        """A field by its name."""
        return next((field for field in self.fields if field.name == name), None)


def read_case(row: OneRow, rows: Rows, read: Read, id: str, *, reveal: bool = False) -> CaseView | None:
    """The case, or None where this copy has none of that id. `reveal` shows personal fields in full."""
    case = row("case", id)
    if case is None:
        return None
    matter = row("matter", case.matter)
    clashes = tuple(sorted({c.field for c in rows("conflict", case=id) if c.state == ConflictState.OPEN}))
    writes = {write.field: write for write in rows("field_write", case=id)}
    form: dict[str, Any] = dict(case.form or {})
    told = {each["name"]: each for each in (matter.fields if matter is not None else None) or []}
    names = [name for name in told if not name.startswith(REGISTERED)]
    names += [name for name in form if name not in told and not name.startswith(REGISTERED)]
    person = mask_name(case.applicant) != case.applicant
    fields = [
        _field("applicant", "", case.applicant, None, person, True, clashes, writes, reveal),
        _field("applicant_code", "", case.applicant_code, None, False, False, clashes, writes, reveal),
    ]
    for name in names:
        rule: Mapping[str, Any] = told.get(name, {})
        label, personal = str(rule.get("label", name)), bool(rule.get("personal")) or name in AGENT
        known = form.get(REGISTERED + name)
        needed = bool(rule.get("required"))
        fields.append(_field(name, label, form.get(name), known, personal, needed, clashes, writes, reveal))
    return CaseView(
        row=case,
        matter=matter.name if matter is not None else case.matter,
        applicant=mask_name(case.applicant),
        fields=tuple(fields),
        materials=_materials(rows("material", case=id)),
        clashes=clashes,
        corrections=len(rows("correction", case=id)),
        notes=tuple((note.staff, note.at or 0, note.text) for note in rows("case_note", case=id)),
        pending=int(read(_PENDING, {"case": id})[0][0]),
        compared=any(name.startswith(REGISTERED) for name in form),
    )


def _field(
    name: str,
    label: str,
    raw: Any,
    known: Any,
    personal: bool,
    needed: bool,
    clashes: tuple[str, ...],
    writes: Mapping[str, Any],
    reveal: bool,
) -> FieldLine:
    value = "" if raw is None else str(raw)
    registered = "" if known is None else str(known)
    write = writes.get(name)
    problem: Literal["", "clash", "missing"] = "clash" if name in clashes else ""
    if not problem and needed and not value.strip():
        problem = "missing"
    return FieldLine(
        name=name,
        label=label,
        value=mask_value(value) if personal and not reveal else value,
        registered=mask_value(registered) if personal and not reveal else registered,
        raw=None if raw is None else value,
        personal=personal,
        problem=problem,
        changed=(known is not None and registered != value) or write is not None,
        writer=write.staff if write is not None else "",
        written_at=write.at if write is not None else None,
    )


def _materials(rows: Iterable[Any]) -> tuple[MaterialLine, ...]:
    return tuple(
        MaterialLine(
            id=material.id,
            ordinal=material.ordinal,
            name=material.name,
            required=bool(material.required),
            state=material.state,
            sha256=material.sha256,
            media_type=material.media_type or "",
            arrived=bool(material.arrived),
            defect=material.defect or "",
        )
        for material in sorted(rows, key=lambda each: (each.ordinal, each.id))
    )


MARKS: Mapping[str, Literal[" ", "x", "!", "?"]] = {
    MaterialState.MISSING: " ",
    MaterialState.RECEIVED: "?",
    MaterialState.CHECKED: "x",
    MaterialState.DEFECTIVE: "!",
    MaterialState.WAIVED: "x",
}
"""A material's tick: the box of a checklist."""


def mask_value(value: str) -> str:
    """A personal field: a telephone, an identity number or a name, by its looks."""
    digits = sum(map(str.isdigit, value))
    if digits >= 15:
        return mask_id(value)
    if digits >= 7:
        return mask_phone(value)
    masked = mask_name(value)
    return masked if masked != value or not value else f"{value[0]}**"
