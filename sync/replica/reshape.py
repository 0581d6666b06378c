"""The centre's tables have other columns than this copy's: they are built anew here, with what the old ones said.

    pull says `shapes` ─▶ changed tables made anew, rows carried over in the columns that both have
                       ─▶ cursor 0 of each scope with such rows: the next pull brings it as a whole, since the centre
                          has raised its floor; until then people go on with what is there

All in one transaction. What a person said, was refused, has drafted, holds by a lease or out of a block stays;
operations of an older version go out as they are, the centre knows how to read them (`sync.protocol.upcast`).
"""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from sync.errors import ChainBroken
from sync.protocol.chain import GENESIS
from sync.records.columns import Columns, columns_of, quoted
from sync.records.shape import HEAD, TableShape, digest
from sync.replica.fold import refold
from sync.replica.rows import restore
from sync.replica.snapshot import give_up
from sync.replica.store import ReplicaStore


def rebuild(store: ReplicaStore, shapes: Any) -> set[str]:
    """Take other shapes in; answers the tables that changed: all. Raises ChainBroken for what are none."""
    try:
        known = msgspec.convert(shapes, dict[str, TableShape])
    except msgspec.ValidationError:
        known = {}
    goes_on = store.columns.keys() <= known.keys()  # a table that nobody needs any more stays: older programs read it
    if not goes_on or digest(known) == store.shape:  # these were asked with: it would go on for ever
        raise ChainBroken("chain_body", scope=store.hall, seq=0)
    columns = columns_of(known)
    with store.lock:  # nobody writes by the old columns into the new tables
        with store.write() as connection:
            restore(connection, store.columns)
            scopes: set[str] = set()
            for name, table in columns.items():
                scopes |= _remake(connection, store.columns.get(name), table)
            for scope in scopes:
                give_up(connection, scope)
                connection.execute("UPDATE cursor SET seq = 0, hash = ? WHERE scope = ?", (GENESIS, scope))
            told = msgspec.json.encode(known).decode()
            connection.execute("UPDATE meta SET value = ? WHERE name = 'shapes'", (told,))
            refold(connection, columns, store.device)
        store.columns, store.shape = columns, digest(known)
    return {"*", "outbox"}


def _remake(connection: sqlite3.Connection, old: Columns | None, new: Columns) -> set[str]:
    """One table; the scopes of which rows lie in it, where it is another now."""
    if old is not None and old.shape == new.shape:
        return set()
    scopes: set[str] = set()
    table = quoted(new.shape.name)
    if old is not None:
        scopes = {scope for (scope,) in connection.execute(f"SELECT DISTINCT scope FROM {table}")}  # noqa: S608 - quoted
        connection.execute(f"CREATE TABLE _was AS SELECT * FROM {table}")  # noqa: S608 - quoted
        connection.execute(f"DROP TABLE {table}")
    for statement in new.create():
        connection.execute(statement)
    if old is not None:
        columns, there = [*HEAD, *new.names], {*HEAD, *old.names}
        fresh = zip(columns, new.params("", "", 0, new.shape.defaults), strict=True)
        values = ", ".join(quoted(column) if column in there else "?" for column in columns)
        into = f"INSERT INTO {table} ({', '.join(map(quoted, columns))})"
        missing = [value for name, value in fresh if name not in there]
        connection.execute(f"{into} SELECT {values} FROM _was", missing)  # noqa: S608 - quoted
        connection.execute("DROP TABLE _was")
    return scopes
