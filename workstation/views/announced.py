"""What a queue's display says: the calls of a day, newest first."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sync.window_name import window_name

Read = Callable[..., list[sqlite3.Row]]
_NEWEST = """SELECT a.number, coalesce(w.label, a."window") AS label, w.place, a.kind, a.at
FROM announcement a LEFT JOIN "window" w ON w.id = a."window"
WHERE a.scope = ? AND a.at >= ? ORDER BY a.at DESC, a.id DESC LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Announced:
    """One call, ms; `number` is None for a ticket that has none, `window` its label and where it is."""

    number: str | None
    window: str
    again: bool
    at: int


def announced(read: Read, scope: str, since: int, most: int) -> list[Announced]:
    """The newest since a moment (ms)."""
    return [
        Announced(row["number"], window_name(row["label"], row["place"]), row["kind"] == "recall", row["at"])
        for row in read(_NEWEST, (scope, since, most))
    ]
