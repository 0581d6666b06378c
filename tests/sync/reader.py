"""How an oracle reads a store: by a connection of its own, whichever engine it lies on.

moved()    whether anybody has committed anything since it was last asked: what did not move need not be read again
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from server_stub.central.postgres import parsed
from server_stub.central.statements import numbered


class Found:
    """Rows."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All of them."""
        return list(self._rows)


class Moves:
    """Whether a file of SQLite has changed, by its own count of the commits of others."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known = -1

    def __call__(self) -> bool:
        """Since the last time."""
        [now] = self._connection.execute("PRAGMA data_version").fetchone()
        before, self._known = self._known, now
        return bool(now != before)


class SqliteReader:
    """A file."""

    as_inserted = "rowid"
    in_order = True  # one writer: results stand in the order in which operations were decided

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self.moved = Moves(self._connection)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Found:
        """A query."""
        return Found(self._connection.execute(sql, params).fetchall())

    def close(self) -> None:
        """Let go."""
        self._connection.close()


class PostgresReader:
    """A database, read on the loop of a runner that stands still meanwhile; one connection for all runs, which know
    each other's statements."""

    as_inserted = "inserted"  # a column that the stage gives to the table of results
    in_order = False  # groups of two servers that lock other heads are decided beside each other

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._run = loop.run_until_complete
        self.connection = self._run(asyncpg.connect(parsed(url)[0]))
        self._known = ""

    def moved(self) -> bool:
        """By the transactions that a new one would see; those of other databases count too."""
        before, self._known = self._known, self._run(self.connection.fetchval("SELECT pg_current_snapshot()::text"))
        return bool(before != self._known)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Found:
        """A query."""
        return Found([tuple(row) for row in self._run(self.connection.fetch(numbered(sql), *params))])

    def close(self) -> None:
        """Nothing: the next run goes on with it, and looks at everything."""
        self._known = ""


def connect(path: Path) -> sqlite3.Connection:
    """A reading connection of the oracle's own."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)


def difference(one: dict[Any, Any], other: dict[Any, Any]) -> str:
    """The first three rows that are not the same, in words."""
    keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    return "; ".join(f"{key}: {one.get(key)} ≠ {other.get(key)}" for key in keys[:3])
