"""Rows of one table found by the values of some columns, in whatever order is asked for.

Index    values of the columns ─▶ Alike: the rows that have them ─▶ a line of them in one order, kept in it since
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from sync.rules.facts import Row

Where = tuple[tuple[str, Any], ...]
Order = Callable[[Any], Any]
"""What rows are sorted by; no two of them are equal by it."""


class Alike:
    """Rows with the same values of some columns. They are put in order when it is first asked for, and kept so: forty
    calls of one group read all who wait forty times."""

    __slots__ = ("_lines", "_rows")

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._lines: dict[Order, list[Row]] = {}

    def line(self, key: Order) -> Sequence[Row]:
        """In the order of `key`; good until a row changes."""
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = sorted(self._rows.values(), key=key)
        return found

    def put(self, row: Row) -> None:
        """One more."""
        self._rows[row.id] = row
        for key, line in self._lines.items():
            insort(line, row, key=key)

    def drop(self, row: Row) -> None:
        """One less."""
        del self._rows[row.id]
        for key, line in self._lines.items():
            del line[bisect_left(line, key(row), key=key)]


class Index:
    """The rows of a table by the values of some columns."""

    __slots__ = ("_alike", "_values")

    def __init__(self, names: Sequence[str]) -> None:
        self._values: Callable[[Row], Any] = attrgetter(*names) if names else lambda _: ()
        self._alike: dict[Any, Alike] = {}

    def put(self, row: Row) -> None:
        """One more."""
        values = self._values(row)
        alike = self._alike.get(values)
        if alike is None:
            alike = self._alike[values] = Alike()
        alike.put(row)

    def drop(self, row: Row) -> None:
        """One less."""
        self._alike[self._values(row)].drop(row)

    def line(self, where: Where, key: Order) -> Sequence[Row]:
        """Those with these values, in the order of `key`."""
        values = where[0][1] if len(where) == 1 else tuple(value for _, value in where)
        alike = self._alike.get(values)
        return () if alike is None else alike.line(key)
