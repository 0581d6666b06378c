"""A replica's rows as the rules see them, and how images are put and taken back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from sync.records.columns import Columns
from sync.rules.facts import UNKNOWN, Key, Read, Row


class LocalRows:
    """Reads as a rule asks; remembers the newest pending operation whose preview wrote a row that was read."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        columns: Mapping[str, Columns],
        held: frozenset[str],
        scope: str,
    ) -> None:
        self._connection = connection
        self._columns = columns
        self._held = held
        self._scope = scope
        self._where: dict[tuple[str, str | None], str] = {}
        self.stands_on: int | None = None

    def declare(self, reads: Iterable[Read]) -> None:
        """Where the records that a rule reads would lie if they exist."""
        self._where |= {(read.table, read.id): read.scope or self._scope for read in reads if isinstance(read, Key)}

    def get(self, table: str, id: str) -> Row | object | None:
        """The row; None where its scope is held and has none; UNKNOWN where it is not held."""
        row = read_row(self._connection, self._columns[table], id)
        self._note(table, id)
        if row is None and self._where.get((table, id), self._scope) not in self._held:
            return UNKNOWN
        return row

    def match(self, table: str, where: tuple[tuple[str, Any], ...]) -> Sequence[Row]:
        """The rows held that match, ordered by id."""
        columns = self._columns[table]
        sql = columns.select_match(name for name, _ in where) + " ORDER BY id"
        found = self._connection.execute(sql, [value for _, value in where]).fetchall()
        for values in found:
            self._note(table, values[0])
        return [Row(values[0], values[1], values[2], columns.body(values)) for values in found]

    def line(self, table: str, where: tuple[tuple[str, Any], ...], key: Callable[[Any], Any]) -> Sequence[Row]:
        """The same in the order of `key`."""
        return sorted(self.match(table, where), key=key)

    def _note(self, table: str, id: str) -> None:
        found = self._connection.execute('SELECT n FROM shadow WHERE "table" = ? AND id = ?', (table, id)).fetchone()
        if found is not None and (self.stands_on is None or found[0] > self.stands_on):
            self.stands_on = found[0]


def read_row(connection: sqlite3.Connection, columns: Columns, id: str) -> Row | None:
    """One row as it stands."""
    values = connection.execute(columns.select_one, (id,)).fetchone()
    return None if values is None else Row(values[0], values[1], values[2], columns.body(values))


def put_row(
    connection: sqlite3.Connection, columns: Columns, id: str, scope: str, v: int, body: Mapping[str, Any] | None
) -> None:
    """Write or delete a row."""
    if body is None:
        connection.execute(columns.delete, (id,))
    else:
        connection.execute(columns.upsert, columns.params(id, scope, v, body))


def keep_shadow(connection: sqlite3.Connection, columns: Columns, id: str, scope: str, n: int) -> None:
    """Before a preview writes a row: keep the server's image, unless it is kept already; the row now stands on `n`."""
    old = read_row(connection, columns, id)
    body = None if old is None else msgspec.json.encode(old.body).decode()
    connection.execute(
        'INSERT INTO shadow VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT ("table", id) DO UPDATE SET n = excluded.n',
        (columns.shape.name, id, scope if old is None else old.scope, 0 if old is None else old.v, body, n),
    )


_INTO_SHADOW = """UPDATE shadow SET scope = ?1, v = ?2, body = ?3 WHERE "table" = ?4 AND id = ?5
AND (scope = ?1 OR ?3 IS NOT NULL AND (body IS NULL OR v < ?2))"""


def take_image(
    connection: sqlite3.Connection, columns: Columns, id: str, scope: str, v: int, body: Mapping[str, Any] | None
) -> None:
    """An image from the server, of a row without a shadow. A record that was moved is deleted in one scope and made in
    another, and scopes are pulled each by itself: what has come here since stays, and the newer image counts."""
    if body is None:
        connection.execute(columns.delete_in, (id, scope))
    else:
        connection.execute(columns.take, columns.params(id, scope, v, body))


def put_image(
    connection: sqlite3.Connection, columns: Columns, id: str, scope: str, v: int, body: Mapping[str, Any] | None
) -> None:
    """The same, into the shadow where there is one."""
    encoded = None if body is None else msgspec.json.encode(body).decode()
    name = columns.shape.name
    connection.execute(_INTO_SHADOW, (scope, v, encoded, name, id))
    if connection.execute('SELECT 1 FROM shadow WHERE "table" = ? AND id = ?', (name, id)).fetchone() is None:
        take_image(connection, columns, id, scope, v, body)


def restore(connection: sqlite3.Connection, columns: Mapping[str, Columns]) -> None:
    """Every previewed row back to the server's image; no shadow is left."""
    for table, id, scope, v, body in connection.execute('SELECT "table", id, scope, v, body FROM shadow').fetchall():
        put_row(connection, columns[table], id, scope, v, None if body is None else msgspec.json.decode(body))
    connection.execute("DELETE FROM shadow")
