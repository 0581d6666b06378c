"""A RowSource over SQLite, as a service writes one: key-set paging on an index, every statement fixed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from workstation.widgets.rows import Row, View

_PAGE = "SELECT id, number, due FROM item WHERE (due, id) > (?, ?) ORDER BY due, id LIMIT ? OFFSET ?"
_BACK = "SELECT id, number, due FROM item WHERE (due, id) < (?, ?) ORDER BY due DESC, id DESC LIMIT ? OFFSET ?"
_BEFORE = "SELECT count(*) FROM item WHERE (due, id) < (?, ?)"


class SqliteItems:
    """Rows by due day; `read` counts the rows that were read."""

    def __init__(self, count: int) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, number TEXT, due INTEGER)")
        self.connection.execute("CREATE INDEX item_due ON item (due, id)")
        rows = ((n, f"{n:06d}", n * 7919 % 1000) for n in range(count))
        self.connection.executemany("INSERT INTO item VALUES (?, ?, ?)", rows)
        self.read = 0

    slow_to_count = False

    def count(self, view: View) -> int:
        return int(self.connection.execute("SELECT count(*) FROM item").fetchone()[0])

    def page(
        self, view: View, after: tuple[Any, ...] | None, limit: int, *, skip: int = 0, reverse: bool = False
    ) -> Sequence[Row]:
        start = after or ((2**62, 0) if reverse else (-1, 0))
        found = self.connection.execute(_BACK if reverse else _PAGE, (*start, limit, skip)).fetchall()
        self.read += len(found) + skip
        return [Row(number, (number, str(due)), (due, key)) for key, number, due in found]

    def position(self, view: View, row: Row) -> int | None:
        place = (
            row.place
            or self.connection.execute("SELECT due, id FROM item WHERE number = ?", (str(row.key),)).fetchone()
        )
        if place is None or not self.connection.execute("SELECT 1 FROM item WHERE id = ?", (place[1],)).fetchone():
            return None
        return int(self.connection.execute(_BEFORE, tuple(place)).fetchone()[0])
