"""How an oracle reads a central store: by a connection of its own, whichever engine it lies on."""

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


class SqliteReader:
    """A file."""

    as_inserted = "rowid"
    in_order = True  # one writer: results stand in the order in which operations were decided

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Found:
        """A query."""
        return Found(self._connection.execute(sql, params).fetchall())

    def close(self) -> None:
        """Let go."""
        self._connection.close()


class PostgresReader:
    """A database, read on the loop of a runner that stands still meanwhile."""

    as_inserted = "ctid"
    in_order = False  # groups of two servers that lock other heads are decided beside each other

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._connection = runner.run(_connected(parsed(url)[0]))

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Found:
        """A query."""
        return Found(self._runner.run(_fetched(self._connection, numbered(sql), params)))

    def close(self) -> None:
        """Let go."""
        self._runner.run(self._connection.close())


async def _connected(dsn: str) -> Any:
    return await asyncpg.connect(dsn)


async def _fetched(connection: Any, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(sql, *params)]


def reader_of(url: str, runner: asyncio.Runner) -> SqliteReader | PostgresReader:
    """The reader for a store."""
    if url.startswith("sqlite:"):
        return SqliteReader(Path(url.partition(":///")[2]))
    return PostgresReader(url, runner)


def connect(path: Path) -> sqlite3.Connection:
    """A reading connection of the oracle's own."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)


def difference(one: dict[Any, Any], other: dict[Any, Any]) -> str:
    """The first three rows that are not the same, in words."""
    keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    return "; ".join(f"{key}: {one.get(key)} ≠ {other.get(key)}" for key in keys[:3])
