"""Falsifies a finished store, so that one can see the oracle notice: each kind is another lie.

drop       an accepted operation's rows vanish from the log
double     an operation takes effect a second time
renumber   two records get the same number
unchain    a body in the log is altered, its digest with it
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

KINDS = ("drop", "double", "renumber", "unchain")


def falsify(store: Path, kind: str) -> None:
    """Do it, to a store that no server has open."""
    connection = sqlite3.connect(store, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        {"drop": _drop, "double": _double, "renumber": _renumber, "unchain": _unchain}[kind](connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _an_operation(connection: sqlite3.Connection) -> tuple[str, str, int]:
    """Scope, device and number of one in the middle of the log, by a person."""
    found: tuple[str, str, int] = connection.execute(
        "SELECT scope, device, n FROM log WHERE device NOT IN ('seed', 'clock', 'public') ORDER BY scope, seq"
        " LIMIT 1 OFFSET (SELECT count(*) / 2 FROM log WHERE device NOT IN ('seed', 'clock', 'public'))"
    ).fetchone()
    return found


def _drop(connection: sqlite3.Connection) -> None:
    _, device, n = _an_operation(connection)
    connection.execute("DELETE FROM log WHERE device = ? AND n = ?", (device, n))


def _double(connection: sqlite3.Connection) -> None:
    scope, device, n = _an_operation(connection)
    connection.execute(
        "INSERT INTO log SELECT scope, (SELECT max(seq) FROM log WHERE scope = ?1) + row_number() OVER (ORDER BY seq),"
        ' "table", id, v, device, n, "by", at, body, digest, hash FROM log WHERE scope = ?1 AND device = ?2 AND n = ?3',
        (scope, device, n),
    )


def _renumber(connection: sqlite3.Connection) -> None:
    table = "ticket" if connection.execute("SELECT 1 FROM ticket").fetchone() else "document"
    (one, _), (_, number) = connection.execute(
        f"SELECT id, number FROM {table} WHERE number IS NOT NULL ORDER BY number LIMIT 2"  # noqa: S608
    ).fetchall()
    connection.execute(f"DROP INDEX IF EXISTS uq_{table}_number")  # what the centre forbids below every rule
    connection.execute(f"UPDATE {table} SET number = ? WHERE id = ?", (number, one))  # noqa: S608


def _unchain(connection: sqlite3.Connection) -> None:
    scope, device, n = _an_operation(connection)
    seq, body = connection.execute(
        "SELECT seq, body FROM log WHERE scope = ? AND device = ? AND n = ? AND body IS NOT NULL LIMIT 1",
        (scope, device, n),
    ).fetchone()
    altered = bytes(body).replace(b"{", b'{"altered":1,', 1)
    connection.execute(
        "UPDATE log SET body = ?, digest = ? WHERE scope = ? AND seq = ?",
        (altered, hashlib.sha256(altered).hexdigest(), scope, seq),
    )
