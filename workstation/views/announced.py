"""What a queue's display says: the calls of a day, newest first, but of those who wait again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sync.window_name import window_name

Read = Callable[..., list[sqlite3.Row]]
_NEWEST = """SELECT a.ticket, a.number, a.kind, a.at,
    coalesce(w.label, a."window") AS label, w.place,
    coalesce(t.state IN ('called', 'recalled'), 0) AS open
FROM announcement a LEFT JOIN "window" w ON w.id = a."window" LEFT JOIN ticket t ON t.id = a.ticket
WHERE a.scope = ? AND a.at >= ? AND t.state IS NOT 'waiting' ORDER BY a.at DESC, a.id DESC LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Announced:
    """One call, ms; `number` is None for a ticket that has none, `window` its name and where it is; `open` until its
    person has come, or was given up."""

    ticket: str
    number: str | None
    window: str
    again: bool
    at: int
    open: bool


def announced(read: Read, scope: str, since: int, most: int) -> list[Announced]:
    """The newest since a moment (ms)."""
    return [
        Announced(
            ticket=row["ticket"],
            number=row["number"],
            window=window_name(row["label"], row["place"]),
            again=row["kind"] == "recall",
            at=row["at"],
            open=bool(row["open"]),
        )
        for row in read(_NEWEST, (scope, since, most))
    ]
