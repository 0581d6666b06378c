"""The one builder of statements: from the one set of tables, in the words of each engine, every identifier quoted.

    insert insert_missing upsert update delete (table, …)    Bulk: one statement over many rows
    by_keys(table, keys, columns)                            Keyed: the rows of many keys
    by_text(key, columns, tables)                            the same of a query over several tables
    numbered(text)                                           `?` → `$1`, for text that both engines understand

The engines differ in two things, and both are here. Many rows: SQLite takes one statement and many lists of values,
PostgreSQL one statement and a JSON list a column, since asyncpg looks at every element of an array three times (a third
of the server's time for a push). Many keys: SQLite unpacks a JSON list, PostgreSQL joins
laterally, which keeps the index where its planner would guess otherwise (`= any(…)` took fourteen times as long).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from server_stub.central.tables import CENTRAL
from sync.records.columns import quoted
from sync.records.shape import HEAD
from sync.records.tables import TABLES

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Bulk:
    """One statement over many rows: SQLite's takes the values of one row, PostgreSQL's a JSON list of each column."""

    sqlite: str
    postgresql: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """The rows of one key (`one`) or of many: SQLite's takes a JSON list, PostgreSQL's an array of each column;
    `locked` is PostgreSQL's in the order of the keys, each row locked until the transaction ends."""

    one: str
    sqlite: str
    postgresql: str
    locked: str
    single: bool  # keys of one column: SQLite's list holds plain values


def _table(name: str) -> Table:
    return TABLES[name] if name in TABLES else CENTRAL.tables[name]


def _arrays(table: Table, columns: Sequence[str], start: int = 1) -> str:
    """`$1::VARCHAR[], $2::BIGINT[]`: the parameters of these columns."""
    types = [table.c[name].type.compile(_POSTGRESQL) for name in columns]
    return ", ".join(f"${i}::{type_}[]" for i, type_ in enumerate(types, start))


def _rows(table: Table, columns: Sequence[str]) -> str:
    """PostgreSQL's rows of these columns, each a JSON list of its values, bytes in base64."""
    lists = ", ".join(f"json_array_elements_text(${i}::json)" for i in range(1, len(columns) + 1))
    values = []
    for i, name in enumerate(columns):
        type_ = table.c[name].type.compile(_POSTGRESQL)
        value = f"decode(r.c{i}, 'base64')" if type_ == "BYTEA" else f"r.c{i}::{type_}"
        values.append(f"{value} AS {quoted(name)}")
    named = ", ".join(f"c{i}" for i in range(len(columns)))
    return f"SELECT {', '.join(values)} FROM ROWS FROM ({lists}) AS r({named})"  # noqa: S608 - quoted


def _names(columns: Iterable[str], of: str = "") -> str:
    return ", ".join(of + quoted(name) for name in columns)


def _columns(name: str, columns: Sequence[str] | None) -> Sequence[str]:
    return [column.name for column in _table(name).columns] if columns is None else columns


def insert(name: str, columns: Sequence[str] | None = None, conflict: str = "") -> Bulk:
    """Rows that are not there yet."""
    columns = _columns(name, columns)
    into = f"INSERT INTO {quoted(name)} ({_names(columns)})"
    marks = ", ".join("?" * len(columns))
    return Bulk(
        f"{into} VALUES ({marks}){conflict}",
        f"{into} {_rows(_table(name), columns)}{conflict}",
    )


def insert_missing(name: str, columns: Sequence[str] | None = None) -> Bulk:
    """Rows, unless they are there."""
    return insert(name, columns, " ON CONFLICT DO NOTHING")


def upsert(name: str, columns: Sequence[str] | None = None, key: Sequence[str] | None = None) -> Bulk:
    """Rows as they are now, whether they were there or not; `key` is the primary key."""
    columns = _columns(name, columns)
    key = key or [column.name for column in _table(name).primary_key]
    sets = ", ".join(f"{quoted(c)} = excluded.{quoted(c)}" for c in columns if c not in key)
    return insert(name, columns, f" ON CONFLICT ({_names(key)}) DO UPDATE SET {sets}")


def update(name: str, columns: Sequence[str], key: str) -> Bulk:
    """New values of some columns; the key is the last value of a row."""
    table = _table(name)
    changed = f"UPDATE {quoted(name)} SET "  # noqa: S608 - quoted
    given = [*columns, key]
    sets = ", ".join(f"{quoted(c)} = new.{quoted(c)}" for c in columns)
    return Bulk(
        changed + ", ".join(f"{quoted(c)} = ?" for c in columns) + f" WHERE {quoted(key)} = ?",
        f"{changed}{sets} FROM ({_rows(table, given)}) AS new WHERE {quoted(name)}.{quoted(key)} = new.{quoted(key)}",
    )


def delete(name: str, key: str = "id") -> Bulk:
    """Rows that go."""
    gone = f"DELETE FROM {quoted(name)} WHERE {quoted(key)} "  # noqa: S608 - quoted
    return Bulk(f"{gone}= ?", f"{gone}IN ({_rows(_table(name), [key])})")


@lru_cache(maxsize=1024)
def by_keys(name: str, keys: tuple[str, ...], columns: tuple[str, ...], null: tuple[str, ...] = ()) -> Keyed:
    """Rows whose `keys` columns equal one of many, and whose `null` columns hold nothing."""
    table, wanted = quoted(name), _names(columns)
    empty = "".join(f" AND {quoted(column)} IS NULL" for column in null)
    if not keys:  # nothing but emptiness is asked for
        one = f"SELECT {wanted} FROM {table} WHERE {empty.removeprefix(' AND ')}"  # noqa: S608 - quoted
        return Keyed(one, one, one, f"{one} FOR UPDATE", single=True)
    equal = " AND ".join(f"{quoted(key)} = ?" for key in keys)
    given = [f"k{i}" for i in range(len(keys))]
    joined = " AND ".join(f"t.{quoted(key)} = k.{k}" for key, k in zip(keys, given, strict=True))
    return Keyed(
        one=f"SELECT {wanted} FROM {table} WHERE {equal}{empty}",  # noqa: S608 - quoted
        sqlite=_listed(name, keys, columns, null),
        postgresql=f"SELECT f.* FROM unnest({_arrays(_table(name), keys)}) AS k({', '.join(given)})"  # noqa: S608
        f" CROSS JOIN LATERAL (SELECT {_names(columns, 't.')} FROM {table} AS t WHERE {joined}{empty} OFFSET 0) AS f",
        locked=f"SELECT {_names(columns, 't.')} FROM {table} AS t"  # noqa: S608 - quoted
        f" JOIN unnest({_arrays(_table(name), keys)}) AS k({', '.join(given)}) ON {joined}{empty}"
        f" ORDER BY {_names(keys, 't.')} FOR UPDATE OF t",
        single=len(keys) == 1,
    )


def by_text(key: str, columns: str, of: str) -> Keyed:
    """The same of a query of our own, its rows beginning with the `key`, a text: `by_text("t.hash", "s.id", "token t
    JOIN session s ON …")`."""
    rows = f"SELECT {key}, {columns} FROM {of} WHERE {key}"  # noqa: S608 - own words
    return Keyed(
        one=f"{rows} = ?",
        sqlite=f"{rows} IN (SELECT value FROM json_each(?))",  # noqa: S608 - own words
        postgresql="SELECT f.* FROM unnest($1::VARCHAR[]) AS k(k0)"  # noqa: S608 - own words
        f" CROSS JOIN LATERAL ({rows} = k.k0 OFFSET 0) AS f",
        locked="",  # several tables: there is no row to lock
        single=True,
    )


def _listed(name: str, keys: tuple[str, ...], columns: tuple[str, ...], null: tuple[str, ...]) -> str:
    """SQLite's. Of several columns it is a join: `(a, b) IN (SELECT …)` walks an index of both along all of an a."""
    wanted, empty = _names(columns, "t."), "".join(f" AND t.{quoted(column)} IS NULL" for column in null)
    if len(keys) == 1:
        one_of = f"t.{quoted(keys[0])} IN (SELECT value FROM json_each(?))"  # noqa: S608 - quoted
        return f"SELECT {wanted} FROM {quoted(name)} AS t WHERE {one_of}{empty}"  # noqa: S608 - quoted
    joined = " AND ".join(f"t.{quoted(key)} = k.value ->> {i}" for i, key in enumerate(keys))
    return f"SELECT {wanted} FROM json_each(?) AS k CROSS JOIN {quoted(name)} AS t ON {joined}{empty}"  # noqa: S608


_PARAMETER = re.compile(r"\$(\d+)")


@lru_cache(maxsize=1024)
def joined(statements: tuple[Bulk, ...]) -> str:
    """Several statements over many rows as one, for PostgreSQL; their parameters follow each other."""
    parts: list[str] = []
    start = 0
    for statement in statements:
        parts.append(_PARAMETER.sub(lambda found, at=start: f"${at + int(found[1])}", statement.postgresql))  # type: ignore[misc]
        start += max(int(n) for n in _PARAMETER.findall(statement.postgresql))
    *before, last = parts
    named = ", ".join(f"w{i} AS ({part})" for i, part in enumerate(before))
    return f"WITH {named} {last}" if named else last


_MARK = re.compile(r"'[^']*'|\"[^\"]*\"|\?")


@lru_cache(maxsize=1024)
def numbered(sql: str) -> str:
    """Portable text for PostgreSQL: `?` becomes `$1`, `$2` …, save in quotes."""
    count = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"${count}"

    return _MARK.sub(mark, sql)


class RecordStatements:
    """The statements of one table of records; rows in the order id, scope, v, then the body's columns."""

    def __init__(self, name: str) -> None:
        self.name = name
        body = [column.name for column in TABLES[name].columns if column.name not in HEAD]
        self.columns: tuple[str, ...] = (*HEAD, *body)
        self.by_id = by_keys(name, ("id",), self.columns)
        self.insert = insert(name, self.columns)
        self.upsert = upsert(name, self.columns)
        self.delete = delete(name)
        self.all = f"SELECT {_names(self.columns)} FROM {quoted(name)}"  # noqa: S608 - quoted

    def match(self, given: Iterable[str], null: Iterable[str]) -> Keyed:
        """Rows by equality of some columns, the others empty. Raises ValueError for a column that is none."""
        given, null = tuple(given), tuple(null)
        if not {*given, *null} <= set(self.columns):
            raise ValueError((*given, *null))
        return by_keys(self.name, given, self.columns, null)


def records() -> dict[str, RecordStatements]:
    """Of every table of records, made once a process."""
    return {name: _of_table(name) for name in TABLES}


@cache
def _of_table(name: str) -> RecordStatements:
    return RecordStatements(name)
