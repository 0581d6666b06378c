"""Row images in and out of SQL: the statements of one table, and the conversions between a body and its columns.

Both ends use it: `window` and `case` are reserved words, so every identifier is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from sync.records.shape import TableShape

_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.decode
_INTEGERS = 1 << 63
CASE_DUE = """CASE WHEN state = 'issued' AND delivery_day IS NOT NULL THEN delivery_day
WHEN promised_day IS NOT NULL THEN promised_day
WHEN state = 'received' THEN coalesce(correction_due_day, '9999-99-99') ELSE '9999-99-99' END"""
"""The day by which a case wants something, as lists of cases are ordered: '9999-99-99' for none."""
ORDERS = {
    "case": {
        "order": f"({CASE_DUE}), id, owner, state, scope",
        "mine": f"owner, ({CASE_DUE}), id, state, scope",
        "code": "applicant_code",
    }
}
"""The indexes a replica has for its lists: their order first (whose they are before it), then what they are filtered
by, so that an index covers its list."""
_SQL_TYPES = {"text": "TEXT", "integer": "INTEGER", "boolean": "INTEGER", "json": "TEXT"}


def quoted(name: str) -> str:
    """An SQL identifier; names come from table definitions alone, and a quote in one is a defect."""
    if '"' in name:
        raise ValueError(name)
    return f'"{name}"'


def _image(shape: TableShape) -> type[msgspec.Struct]:
    """A table's body as a struct, its fields in the order of the columns; they have names of no keyword."""
    fields = [
        (f"c{i}", msgspec.Raw, msgspec.Raw(_encode(column.default)))
        if column.type == "json"
        else (f"c{i}", Any, column.default)
        for i, column in enumerate(shape.columns)
    ]
    return msgspec.defstruct("Image", fields, rename={f"c{i}": column.name for i, column in enumerate(shape.columns)})


class Columns:
    """One table's statements, made once from its shape."""

    def __init__(self, shape: TableShape) -> None:
        self.shape = shape
        self.names = [column.name for column in shape.columns]
        self._known = frozenset(self.names)
        self._defaults = shape.defaults
        self._json = [i for i, column in enumerate(shape.columns) if column.type == "json"]
        self._image = msgspec.json.Decoder(_image(shape))
        self._boolean = [i for i, column in enumerate(shape.columns) if column.type == "boolean"]
        everything = ["id", "scope", "v", *self.names]
        table, listed = quoted(shape.name), ", ".join(map(quoted, everything))
        marks = ", ".join("?" * len(everything))
        sets = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in everything[1:])
        self.select = f"SELECT {listed} FROM {table}"  # noqa: S608 - quoted
        self.select_one = f"{self.select} WHERE id = ?"
        self.select_many = f"{self.select} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - quoted
        self.insert = f"INSERT INTO {table} ({listed}) VALUES ({marks})"  # noqa: S608 - quoted
        self.upsert = f"{self.insert} ON CONFLICT (id) DO UPDATE SET {sets}"
        self.take = f"{self.upsert} WHERE {table}.scope = excluded.scope OR {table}.v < excluded.v"
        self.delete_in = f"DELETE FROM {table} WHERE id = ? AND scope = ?"  # noqa: S608 - quoted
        self.delete = f"DELETE FROM {table} WHERE id = ?"  # noqa: S608 - quoted
        self.select_ids = f"SELECT id FROM {table} WHERE scope = ?"  # noqa: S608 - quoted
        self.delete_scope = f"DELETE FROM {table} WHERE scope = ?"  # noqa: S608 - quoted

    def create(self) -> list[str]:
        """DDL for a replica: the primary key and search indexes, no constraint (those belong to the centre)."""
        table = quoted(self.shape.name)
        columns = ", ".join(f"{quoted(c.name)} {_SQL_TYPES[c.type]}" for c in self.shape.columns)
        indexed = ["scope", *(c.name for c in self.shape.columns if c.index)]
        return [
            f"CREATE TABLE {table} (id TEXT PRIMARY KEY, scope TEXT NOT NULL, v INTEGER, {columns}) WITHOUT ROWID",
            *(f"CREATE INDEX {quoted(f'ix_{self.shape.name}_{c}')} ON {table} ({quoted(c)})" for c in indexed),
            *(
                f"CREATE INDEX ix_{self.shape.name}_{name} ON {table} ({order})"
                for name, order in ORDERS.get(self.shape.name, {}).items()
            ),
        ]

    def select_match(self, columns: Iterable[str]) -> str:
        """SELECT by equality of these columns, NULL equal to NULL."""
        names = list(columns)
        if not set(names) <= self._known | {"scope", "id"}:
            raise ValueError(names)
        return f"{self.select} WHERE " + " AND ".join(f"{quoted(name)} IS ?" for name in names)

    def params(self, id: str, scope: str, v: int, body: Mapping[str, Any]) -> list[Any]:
        """Values in the order of the statements."""
        values: list[Any] = [body.get(name) for name in self.names]
        for i in self._json:
            if values[i] is not None:
                values[i] = _encode(values[i]).decode()
        return [id, scope, v, *values]

    def image_params(self, id: str, scope: str, v: int, body: bytes) -> list[Any]:
        """The same of an image as it came over the wire, at half the cost: what lies in a JSON column stays the text
        that it is. Raises msgspec.DecodeError, and UnicodeDecodeError for such a text that is none."""
        values = [id, scope, v, *msgspec.structs.astuple(self._image.decode(body))]
        for i in self._json:
            text = bytes(values[i + 3])
            values[i + 3] = None if text == b"null" else text.decode()
        return values

    def body(self, row: Sequence[Any]) -> dict[str, Any]:
        """The body of a selected row."""
        values = list(row[3:])
        for i in self._json:
            if values[i] is not None:
                values[i] = _decode(values[i])
        for i in self._boolean:
            if values[i] is not None:
                values[i] = bool(values[i])
        return dict(zip(self.names, values, strict=True))

    def image(self, old: Mapping[str, Any] | None, changed: Mapping[str, Any]) -> dict[str, Any]:
        """The image after a change. Raises ValueError for a column that the table lacks, a defect of the rule, and for
        an integer that no database holds."""
        if not changed.keys() <= self._known:
            raise ValueError(f"{self.shape.name} has no {sorted(set(changed) - self._known)}")
        for name, value in changed.items():
            if type(value) is int and not -_INTEGERS <= value < _INTEGERS:
                raise ValueError(f"{self.shape.name}.{name} is wider than 64 bits")
        return {**(self._defaults if old is None else old), **changed}


def columns_of(shapes: Mapping[str, TableShape]) -> dict[str, Columns]:
    """Of every table. They are made once a process for each shape: a process may open many stores and copies."""
    return {name: _known(_encode(shape)) for name, shape in shapes.items()}


@lru_cache(maxsize=1024)
def _known(shape: bytes) -> Columns:
    return Columns(_decode(shape, type=TableShape))
