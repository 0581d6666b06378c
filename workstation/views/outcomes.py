"""What became of a person's own operations that had been held (sync.rules.held), until they have read it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

Read = Callable[..., list[sqlite3.Row]]
MOST = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state`: accepted or refused; `code` and `params`: its own rule's word; `said`: where it came to nothing."""

    id: str
    scope: str
    kind: str
    about: str
    at: int
    state: str
    code: str
    params: Mapping[str, Any]
    reason: str
    decided_by: str
    decided_at: int
    said: Mapping[str, Any]


_OUTCOMES = """SELECT h.*, coalesce(t.number, c.number, '') AS number, coalesce(s.name, '') AS decider
FROM held_outcome h LEFT JOIN ticket t ON t.id = h.about LEFT JOIN "case" c ON c.id = h.about
LEFT JOIN staff s ON s.id = h.decided_by
WHERE h."by" = ? ORDER BY h.decided_at DESC, h.id LIMIT ?"""


def outcomes(read: Read, me: str) -> list[Outcome]:
    """The newest first."""
    return [
        Outcome(
            id=row["id"],
            scope=row["scope"],
            kind=row["kind"],
            about=row["number"],
            at=row["at"] or 0,
            state=row["state"],
            code=row["code"] or "",
            params=msgspec.json.decode(row["params"] or "null") or {},
            reason=row["reason"] or "",
            decided_by=f"{row['decided_by']} {row['decider']}".strip(),
            decided_at=row["decided_at"] or 0,
            said=msgspec.json.decode(row["said"] or "{}"),
        )
        for row in read(_OUTCOMES, (me, MOST))
    ]
