"""Where a case may be handed over to, and where those that have left went."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sync.protocol.identifiers import part_of, scope_of

Read = Callable[..., list[sqlite3.Row]]
MOST = 20
SIGNS = 3  # so much of a number's end must be given


@dataclass(frozen=True, slots=True)
class CasePlace:
    """An office or a site where cases lie; `own`: the office to which the case's matter belongs."""

    scope: str
    name: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A case that was here: when it left (ms), where to, who said so and why."""

    number: str
    to: str
    at: int
    by: str
    reason: str


_PLACES = """SELECT :cases || id AS scope, name, id = :office AS own FROM office
UNION ALL SELECT case_scope, name, 0 FROM site WHERE case_scope IS NOT NULL
ORDER BY own DESC, scope"""


def places(read: Read, hall: str, case: Any) -> list[CasePlace]:
    """Every other one of the hall, the matter's own office first."""
    found = read(_PLACES, {"cases": scope_of(hall, "case") + "/", "office": case.office})
    return [CasePlace(row["scope"], row["name"], bool(row["own"])) for row in found if row["scope"] != case.scope]


_MOVED = """SELECT m.number, m."to", m.at, m.staff, m.reason, coalesce(o.name, s.name, '') AS place,
    coalesce(p.name, '') AS name
FROM case_move m LEFT JOIN office o ON m."to" = :cases || o.id LEFT JOIN site s ON s.case_scope = m."to"
LEFT JOIN staff p ON p.id = m.staff
WHERE substr(m.number, -length(:text)) = :text AND NOT EXISTS (SELECT 1 FROM "case" c WHERE c.id = m.moved)
ORDER BY m.at DESC LIMIT :most"""


def moved_away(read: Read, hall: str, text: str) -> list[Moved]:
    """By the end of the number, the newest first."""
    if len(text) < SIGNS:
        return []
    params = {"text": text, "most": MOST, "cases": scope_of(hall, "case") + "/"}
    return [
        Moved(
            number=row["number"] or "",
            to=row["place"] or part_of(row["to"]),
            at=row["at"] or 0,
            by=f"{row['staff']} {row['name']}".strip(),
            reason=row["reason"],
        )
        for row in read(_MOVED, params)
    ]
