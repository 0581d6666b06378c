"""What leaves a copy with a scope that its device may not hold any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from sync.records.columns import Columns
from sync.replica.push import KEEP_ACCEPTED
from sync.replica.rows import restore
from sync.replica.snapshot import give_up


def withdraw(connection: sqlite3.Connection, columns: Mapping[str, Columns], scope: str) -> None:
    """A scope that this device may not hold any more: its rows go, also one that a preview has carried into another
    scope; unsent operations stay until they are answered. To be followed by a fold."""
    restore(connection, columns)
    for table in columns.values():
        connection.execute(table.delete_scope, (scope,))
    connection.execute("DELETE FROM cursor WHERE scope = ?", (scope,))
    give_up(connection, scope)
    connection.execute(KEEP_ACCEPTED, (scope,))
    connection.execute("DELETE FROM outbox WHERE scope = ? AND state = 'accepted'", (scope,))
