"""The rows a group of operations works on: loaded in one statement a table, then changed in memory.

A rule that reads what its `reads` did not name finds UndeclaredRead: a defect that tests meet, not the hall.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from sync.records.columns import Columns
from sync.rules.facts import Match, Read, Row

Where = tuple[tuple[str, Any], ...]


class UndeclaredRead(Exception):
    """A rule read what its `reads` did not name."""


class WorkingSet:
    """Rows by table and id; matches by an index kept for each set of columns asked for."""

    def __init__(self, connection: sqlite3.Connection, columns: Mapping[str, Columns]) -> None:
        self._connection = connection
        self._columns = columns
        self.rows: dict[str, dict[str, Row | None]] = {name: {} for name in columns}
        self._indexes: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], set[str]]] = {}
        self._matched: set[tuple[str, Where]] = set()

    def load(self, reads: Iterable[Read]) -> None:
        """Fetch what is not here yet."""
        keys: dict[str, list[str]] = {}
        for read in reads:
            if isinstance(read, Match):
                if (read.table, read.where) not in self._matched:
                    self._match(read.table, read.where)
            elif read.id is not None and read.id not in self.rows[read.table]:
                keys.setdefault(read.table, []).append(read.id)
        for table, ids in keys.items():
            self._keys(table, ids)

    def _keys(self, table: str, ids: list[str]) -> None:
        columns, rows = self._columns[table], self.rows[table]
        for id in ids:
            rows.setdefault(id, None)
        found = self._connection.execute(columns.select_many, (msgspec.json.encode(ids).decode(),))
        for values in found:
            if rows.get(values[0]) is None:
                self._hold(table, Row(values[0], values[1], values[2], columns.body(values)))

    def _match(self, table: str, where: Where) -> None:
        names = tuple(name for name, _ in where)
        signature = (table, names)
        if signature not in self._indexes:
            index = self._indexes[signature] = {}
            for row in self.rows[table].values():
                if row is not None:
                    index.setdefault(_values(row, names), set()).add(row.id)
        columns = self._columns[table]
        for values in self._connection.execute(columns.select_match(names), [value for _, value in where]):
            if values[0] not in self.rows[table]:
                self._hold(table, Row(values[0], values[1], values[2], columns.body(values)))
        self._matched.add((table, where))

    def _hold(self, table: str, row: Row | None, id: str = "") -> None:
        """Put a row in its place, in every index of its table too."""
        key = row.id if row is not None else id
        old = self.rows[table].get(key)
        for (indexed, names), index in self._indexes.items():
            if indexed == table:
                if old is not None:
                    index[_values(old, names)].discard(key)
                if row is not None:
                    index.setdefault(_values(row, names), set()).add(key)
        self.rows[table][key] = row

    def load_key(self, table: str, id: str) -> None:
        """Fetch one row that no rule read, before it is written."""
        self._keys(table, [id])

    def get(self, table: str, id: str) -> Row | None:
        """A declared row, or None."""
        try:
            return self.rows[table][id]
        except KeyError:
            raise UndeclaredRead(table, id) from None

    def match(self, table: str, where: Where) -> Sequence[Row]:
        """Declared rows by equality, ordered by id."""
        if (table, where) not in self._matched:
            raise UndeclaredRead(table, where)
        names = tuple(name for name, _ in where)
        ids = self._indexes[table, names].get(tuple(value for _, value in where), ())
        return [row for id in sorted(ids) if (row := self.rows[table][id]) is not None]

    def known(self, table: str, id: str) -> bool:
        """Whether the row was read (or found absent)."""
        return id in self.rows[table]

    def put(self, table: str, row: Row) -> None:
        """The image after an operation."""
        self._hold(table, row)

    def remove(self, table: str, id: str) -> None:
        """The record is deleted."""
        self._hold(table, None, id)


def _values(row: Row, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)
