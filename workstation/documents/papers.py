"""The papers of a licensing case and what each of them says.

    PaperKind (sync.records.states) ──▶ templates/<kind>.typ
    PaperData ──▶ JSON for the template (days and times already in Chinese)

One struct serves all kinds; `REQUIRED` names the fields a kind cannot do without. A paper's own time is `dated_at`:
it is printed, and it is the creation time inside the file, so that the same data always give the same bytes.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec

from sync.errors import DocumentError
from sync.records.states import PaperKind

HALL_TIME = timezone(timedelta(hours=8))


class MaterialLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of materials: name, form (原件, 复印件, 电子件), number of copies, remark."""

    name: str
    form: str = ""
    copies: int = 1
    note: str = ""


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a correction notice: which material, what is wrong, what to hand in instead."""

    material: str
    problem: str
    remedy: str = ""


class ChangeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a decision to change: what, as it was, as it is now."""

    what: str
    was: str = ""
    now: str


class PaperData(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed. Times are milliseconds since the epoch (UTC), days `YYYY-MM-DD`; empty means: not said on
    this paper.

    `body` adds paragraphs of the bureau's own after the fixed ones; a line break inside a text starts a new line.
    `reconsideration_organ` and `court` are named in the remedies (Administrative Reconsideration Law art. 20: 60
    days; Administrative Litigation Law art. 46: six months). `licence` is what a licence is called, `licence_number`
    what a decision says of it; the fields after it are the holder's, as the case's form has them. `corrects` is the
    number of the paper that this one replaces because something was wrong, `replaces` because something changed.
    `by_notice`: nobody received it, so nobody signs the receipt. `progress_code` opens the case's page, with its
    number.
    """

    bureau: str
    number: str
    addressee: str
    matter: str
    case_number: str
    dated_at: int
    verify_url: str
    sample: bool
    received_at: int | None = None
    body: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    legal_basis: tuple[str, ...] = ()
    materials: tuple[MaterialLine, ...] = ()
    defects: tuple[Defect, ...] = ()
    decided_by: str = ""
    handled_by: str = ""
    due_on: str = ""
    statutory_days: int | None = None
    promised_days: int | None = None
    granted: str = ""
    valid_from: str = ""
    valid_until: str = ""
    competent_organ: str = ""
    reconsideration_organ: str = ""
    court: str = ""
    contact: str = ""
    delivered: tuple[str, ...] = ()
    delivery_method: str = ""
    delivery_place: str = ""
    licence: str = ""
    licence_number: str = ""
    licence_years: int | None = None
    applicant_code: str = ""
    legal_representative: str = ""
    address: str = ""
    capital: str = ""
    area: str = ""
    business_scope: str = ""
    corrects: str = ""
    correction_reason: str = ""
    changed: tuple[ChangeLine, ...] = ()
    replaces: str = ""
    by_notice: bool = False
    progress_code: str = ""


REQUIRED: dict[PaperKind, tuple[str, ...]] = {
    PaperKind.MATERIAL_RECEIPT: ("received_at",),
    PaperKind.ACCEPTANCE_NOTICE: ("received_at",),
    PaperKind.CORRECTION_NOTICE: ("received_at", "defects"),
    PaperKind.NON_ACCEPTANCE: ("received_at", "reasons", "reconsideration_organ", "court", "decided_by"),
    PaperKind.GRANT_DECISION: ("received_at", "legal_basis", "decided_by"),
    PaperKind.REFUSAL_DECISION: (
        "received_at",
        "reasons",
        "legal_basis",
        "reconsideration_organ",
        "court",
        "decided_by",
    ),
    PaperKind.SPECIAL_PROCEDURE: ("received_at", "reasons", "handled_by"),
    PaperKind.EXTENSION_NOTICE: ("received_at", "reasons", "decided_by"),
    PaperKind.CHANGE_DECISION: ("changed", "licence", "replaces", "decided_by"),
    PaperKind.LICENCE: ("licence", "valid_from"),
    PaperKind.REVOCATION: ("received_at", "reasons", "reconsideration_organ", "court", "decided_by"),
    PaperKind.CANCELLATION: ("received_at", "reasons", "reconsideration_organ", "court", "decided_by"),
    PaperKind.DELIVERY_RECEIPT: ("delivered", "delivery_method", "handled_by"),
}
_PATH = re.compile(r"(\w+)(?:\[(\d+)\])?(?:\.(\w+))?")
ALWAYS = ("bureau", "number", "addressee", "matter", "case_number", "verify_url")


def check_complete(kind: PaperKind, data: PaperData) -> None:
    """Raises DocumentError `document.field_missing` (kind, field) for the first field that is needed and not there."""
    for field in (*ALWAYS, *REQUIRED[kind]):
        value = getattr(data, field)
        if value is None or value == () or (isinstance(value, str) and not value.strip()):
            raise DocumentError("document.field_missing", kind=str(kind), field=field, place=field_words(field))


def field_words(path: str, of: str = "paper.field") -> tuple[str, dict[str, int | str]]:
    """A field in words, as a phrase of the catalogue: `materials[1].name` is the second material's name. `of`: where
    its words stand."""
    found = _PATH.fullmatch(path)
    assert found is not None
    name, index, part = found.groups()
    key = f"{of}.{name}"
    return (f"{key}.{part or 'item'}", {"n": int(index) + 1}) if index else (key, {})


def template_data(data: PaperData) -> dict[str, Any]:
    """The template's view of the data: builtins, with every time and day in Chinese words."""
    view: dict[str, Any] = msgspec.to_builtins(data)
    for field in ("dated_at", "received_at"):
        view[field] = (
            chinese_day(datetime.fromtimestamp(view[field] / 1000, HALL_TIME).date()) if view[field] is not None else ""
        )
    for field in ("due_on", "valid_from", "valid_until"):
        view[field] = chinese_day(read_day(field, view[field])) if view[field] else ""
    return view


def read_day(field: str, text: str) -> date:
    """Raises DocumentError `document.bad_day` (field, value)."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DocumentError("document.bad_day", field=field, place=field_words(field), value=text) from None


def chinese_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
