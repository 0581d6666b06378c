"""月度考核 and 公示 as screen 8 shows them: frozen months, what was corrected since, the text that goes out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sync.appraisal import GROUPS, bounds, corrected, figures

Read = Callable[..., list[sqlite3.Row]]
MONTHS_MOST = 36


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry beside a frozen month."""

    figure: str
    by: int
    who: str
    source: str
    reason: str
    author: str
    at: int


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a month and where it stands."""

    state: str
    text: str
    hash: str
    drafted_by: str
    decided_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Month:
    """A frozen month. `figures` are as they were frozen, `now` with every correction."""

    id: str
    scope: str
    hash: str
    head_seq: int
    frozen_at: int
    figures: Mapping[str, Any]
    now: Mapping[str, Any]
    names: Mapping[str, Mapping[str, str]]
    corrections: tuple[Correction, ...] = ()
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One group of a month: frozen and as it counts now."""

    key: str
    name: str
    frozen: Mapping[str, int] = field(default_factory=dict)
    now: Mapping[str, int] = field(default_factory=dict)


_IN = "scope IN (SELECT value FROM json_each(?))"
_MONTHS = f"SELECT * FROM appraisal WHERE {_IN} ORDER BY id DESC LIMIT {MONTHS_MOST}"  # noqa: S608 - own words
_CORRECTIONS = "SELECT * FROM appraisal_correction WHERE month = ? AND scope = ? ORDER BY at, id LIMIT 500"
_TEXT = "SELECT * FROM publicity WHERE id = ? AND scope = ?"
_INVITES = f"""SELECT "window", staff, matter, site, opened_at FROM invite
WHERE opened_at >= ? AND opened_at < ? AND {_IN}"""  # noqa: S608 - own words
_RATINGS = f"""SELECT "window", staff, matter, site, rated_at, level, person_level, defaulted FROM rating
WHERE rated_at >= ? AND rated_at < ? AND {_IN}"""  # noqa: S608 - own words


def months(read: Read, scopes: Sequence[str]) -> list[Month]:
    """The frozen months, the latest first."""
    return [_month(read, row) for row in read(_MONTHS, (msgspec.json.encode(list(scopes)).decode(),))]


def _month(read: Read, row: sqlite3.Row) -> Month:
    entries = [dict(entry) for entry in read(_CORRECTIONS, (row["id"], row["scope"]))]
    frozen = msgspec.json.decode(row["figures"] or "{}")
    texts = read(_TEXT, (row["id"], row["scope"]))
    return Month(
        id=row["id"],
        scope=row["scope"],
        hash=row["hash"],
        head_seq=row["head_seq"],
        frozen_at=row["frozen_at"] or 0,
        figures=frozen,
        now=corrected(frozen, entries),
        names=msgspec.json.decode(row["names"] or "{}"),
        corrections=tuple(_correction(entry) for entry in entries),
        text=_text(texts[0]) if texts else None,
    )


def _correction(entry: Mapping[str, Any]) -> Correction:
    who = entry["staff"] or entry["window"] or entry["matter"] or entry["site"] or "-"
    return Correction(
        entry["figure"], entry["by"], who, entry["source"], entry["reason"], entry["author"], entry["at"] or 0
    )


def _text(row: sqlite3.Row) -> Text:
    return Text(row["state"], row["text"], row["hash"], row["drafted_by"], row["decided_by"] or "", row["reason"] or "")


def recounted(read: Read, month: Month) -> dict[str, Any]:
    """The month's figures counted anew from this copy's own rows."""
    start, end = bounds(month.id)
    asked = (start, end, msgspec.json.encode([month.scope]).decode())
    return figures(month.id, map(dict, read(_INVITES, asked)), map(dict, read(_RATINGS, asked)))


def lines(month: Month, group: str) -> list[Line]:
    """The groups of a month, those with most bad ratings first."""
    assert group in GROUPS
    found = [
        Line(
            key,
            f"{key} {name}"
            if group == "staff" and (name := month.names.get(group, {}).get(key))
            else _name(month, group, key),
            month.figures[group].get(key, {}),
            now,
        )
        for key, now in month.now[group].items()
    ]
    return sorted(found, key=lambda line: (-line.now["bad"], -line.now["rated"], line.name))


def _name(month: Month, group: str, key: str) -> str:
    return month.names.get(group, {}).get(key, key) or "-"
