"""How many of this machine's edits came together with other people's without a question, today.

an edit waits here ─┐
                    ├─▶ other fields: both stand          only what clashes is asked (sync.rules.conflict)
others' edit comes ─┘
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from sync.calendar import day_of
from sync.protocol.messages import ScopePage

NAME = "merged"
WRITE = "field_write"  # a field's last writer; the id is `case/field`
_WAITING = "SELECT n, id, json_extract(args, '$.field') FROM outbox WHERE seen = 0 AND kind LIKE 'case.edit@%'"
_CLASHING = "SELECT n FROM outbox WHERE risk IS NOT NULL"


class Merged(msgspec.Struct, frozen=True):
    """The operations of a day, by their numbers: each edits one field."""

    day: str
    ns: tuple[int, ...] = ()


def met(connection: sqlite3.Connection, pages: Iterable[ScopePage], device: str) -> set[int]:
    """The edits that wait here on cases of which somebody else's edit of another field comes with these pages; before
    they are taken. Who wrote the same value into the same field said nothing else, and is not counted."""
    waiting: dict[str, list[tuple[int, str]]] = {}
    for n, case, field in connection.execute(_WAITING):
        waiting.setdefault(case, []).append((n, field))
    if not waiting:
        return set()
    found: set[int] = set()
    clashes: set[int] = set()
    for page in pages:
        for row in page.rows:
            if row.op.device == device and row.table == "conflict":
                clashes.add(row.op.n)
            elif row.op.device != device and row.table == WRITE:
                case, _, theirs = row.id.rpartition("/")
                found.update(n for n, field in waiting.get(case, ()) if field != theirs)
    return found - clashes


def count(connection: sqlite3.Connection, found: set[int], now: int) -> None:
    """They stand; after the fold, which knows those that clash. `now` is the centre's."""
    found = found - {n for (n,) in connection.execute(_CLASHING)}
    if not found:
        return
    kept = connection.execute("SELECT value FROM meta WHERE name = ?", (NAME,)).fetchone()
    day = day_of(now)
    known = set(_known(kept[0] if kept else None, day))
    told = msgspec.json.encode(Merged(day, tuple(sorted(known | found)))).decode()
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (NAME, told))


def merged(read: Callable[..., list[Any]], now: int) -> int:
    """How many fields today."""
    found = read("SELECT value FROM meta WHERE name = ?", (NAME,))
    return len(_known(found[0]["value"] if found else None, day_of(now)))


def _known(kept: str | None, day: str) -> tuple[int, ...]:
    told = msgspec.json.decode(kept, type=Merged) if kept is not None else Merged(day)
    return told.ns if told.day == day else ()
