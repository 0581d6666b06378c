"""A replica's file: the tables of its records, and what the exchange needs.

    outbox      operations without a final answer, or whose effects have not come back yet
    kept        what was accepted and no backup of the centre holds yet: offered again, should it be restored from one
    shadow      the server's image of every row that a preview touches; a null body is "absent there"
    refusal     what was not accepted, until its author has seen it
    cursor      how far each scope is known, with its hash
    arriving    snapshots on their way in, and how many rows of each are written
    piece       their files, as far as they are here
    refused_file  files that the centre does not take, why, and when to try again
    sent_file   files of papers that the centre has said to hold, in which of its histories
    draft       what a person has typed and not sent
    lease       tickets that may be called here without a network, until when by the boot clock
    block       numbers that this device may give by itself
    verifier    PINs of those who signed on here, for sign-on without a network
    meta        device, hall, shapes, the last n

One connection writes, under a lock; readers have their own, `query_only`, one a thread. With a key the file is
encrypted (see `driver`); nobody above this notices.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from sync.errors import StoreError
from sync.records.columns import columns_of
from sync.records.shape import TableShape, digest
from sync.replica import driver
from sync.replica.claim import Claim

LAYOUT = 3
_TROUBLES = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_IOERR: "replica_unwritable",
    sqlite3.SQLITE_READONLY: "replica_unwritable",
    sqlite3.SQLITE_CANTOPEN: "replica_unwritable",
    sqlite3.SQLITE_CORRUPT: "replica_unreadable",
    sqlite3.SQLITE_NOTADB: "replica_unreadable",
}
_TABLES = """
CREATE TABLE outbox (n INTEGER PRIMARY KEY, kind TEXT, id TEXT, scope TEXT, args TEXT, "by" TEXT, session TEXT,
    said_at INTEGER, boot TEXT, boot_at INTEGER, after INTEGER, state TEXT, seqs TEXT, seen INTEGER, risk TEXT,
    told TEXT);
CREATE INDEX outbox_new ON outbox (n) WHERE state = 'new';
CREATE TABLE kept (n INTEGER PRIMARY KEY, kind TEXT, id TEXT, scope TEXT, args TEXT, "by" TEXT, session TEXT,
    said_at INTEGER, boot TEXT, boot_at INTEGER, after INTEGER, seqs TEXT, told TEXT);
CREATE TABLE shadow ("table" TEXT, id TEXT, scope TEXT, v INTEGER, body TEXT, n INTEGER, PRIMARY KEY ("table", id))
    WITHOUT ROWID;
CREATE TABLE refusal (n INTEGER PRIMARY KEY, kind TEXT, id TEXT, scope TEXT, args TEXT, "by" TEXT, said_at INTEGER,
    status TEXT, code TEXT, params TEXT, seen INTEGER);
CREATE TABLE cursor (scope TEXT PRIMARY KEY, seq INTEGER, hash TEXT) WITHOUT ROWID;
CREATE TABLE arriving (scope TEXT PRIMARY KEY, blob TEXT, seq INTEGER, hash TEXT, rows INTEGER, size INTEGER,
    done INTEGER) WITHOUT ROWID;
CREATE TABLE piece (blob TEXT, at INTEGER, content BLOB, PRIMARY KEY (blob, at));
CREATE TABLE refused_file (sha256 TEXT, id TEXT, code TEXT, params TEXT, at INTEGER, next_at INTEGER,
    PRIMARY KEY (sha256, id)) WITHOUT ROWID;
CREATE TABLE sent_file (sha256 TEXT, id TEXT, epoch TEXT, at INTEGER, PRIMARY KEY (sha256, id)) WITHOUT ROWID;
CREATE TABLE lease (id TEXT PRIMARY KEY, ticket TEXT, session TEXT, boot TEXT, until INTEGER) WITHOUT ROWID;
CREATE TABLE block (id TEXT PRIMARY KEY, of TEXT, scope TEXT, prefix TEXT, period TEXT, first INTEGER, next INTEGER,
    last INTEGER, until INTEGER) WITHOUT ROWID;
CREATE TABLE draft (key TEXT, staff TEXT, body TEXT, at INTEGER, PRIMARY KEY (key, staff)) WITHOUT ROWID;
CREATE TABLE verifier (staff TEXT PRIMARY KEY, verifier TEXT, opened TEXT, at INTEGER) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""


class ReplicaStore:
    """An open replica; `write()` is one transaction, `read` a query on this thread's own connection."""

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        self.path = path
        self.key = key
        self.lock = threading.RLock()
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._claim = Claim(path)
        self.unsent: set[int] = set()  # operations of this process that no request has carried yet
        try:
            self.connection = self._connect()
            layout = self.connection.execute("PRAGMA user_version").fetchone()[0]
            if layout != LAYOUT:
                raise StoreError("replica_layout", path=str(path), layout=layout)
            self.device: str = self.meta("device")
            self.hall: str = self.meta("hall")
            known = msgspec.json.decode(self.meta("shapes"), type=dict[str, TableShape])
            self.columns = columns_of(known)
            self.shape = digest(known)
        except driver.errors(msgspec.DecodeError) as error:
            self.close()
            code = trouble(error, "replica_unreadable") if path.exists() else "replica_unreadable"
            raise StoreError(code, path=str(path), detail=str(error)) from None
        except StoreError:
            self.close()
            raise

    @staticmethod
    def create(path: Path, *, device: str, hall: str, shapes: Any, key: bytes | None = None) -> None:
        """Make the file at enrolment: whole or not at all. Raises StoreError `replica_exists`, `replica_unwritable`."""
        if path.exists():
            raise StoreError("replica_exists", path=str(path))
        part = path.with_name(path.name + ".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            known = msgspec.convert(shapes, dict[str, TableShape])
            os.close(os.open(part, os.O_RDWR | os.O_CREAT, 0o600))  # what SQLite lays beside it takes its mode
            with contextlib.closing(driver.connect(part, key)) as connection:
                connection.executescript("PRAGMA journal_mode=DELETE; BEGIN;" + _TABLES)
                for columns in columns_of(known).values():
                    for statement in columns.create():
                        connection.execute(statement)
                meta = {"device": device, "hall": hall, "shapes": msgspec.json.encode(known).decode(), "last_n": "0"}
                connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
                connection.execute(f"PRAGMA user_version={LAYOUT:d}")
                connection.execute("COMMIT")
            part.replace(path)
        except driver.errors(OSError) as error:
            raise StoreError("replica_unwritable", path=str(path), detail=str(error)) from None

    def _connect(self) -> sqlite3.Connection:
        connection = driver.connect(self.path, self.key)
        self._connections.append(connection)
        driver.tune(connection, self.key)
        return connection

    @contextlib.contextmanager
    def write(self, *, lasting: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing. Raises StoreError `disk_full`, `replica_unwritable` or
        `replica_unreadable`.

        `lasting` False does not wait for the disk: after a loss of power the replica may stand before it, never
        between; what the server says again when asked needs no more. The next lasting one makes it lasting too.
        """
        with self.lock:
            connection = self.connection
            try:
                connection.execute(f"PRAGMA synchronous={'FULL' if lasting else 'NORMAL'}")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except driver.errors() as error:
                _undo(connection)
                code = trouble(error, "replica_unwritable")
                raise StoreError(code, path=str(self.path), detail=str(error)) from error
            except BaseException:
                _undo(connection)
                raise

    def read(self, sql: str, params: tuple[Any, ...] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """Rows of a query, on this thread's reading connection."""
        return self.reader().execute(sql, params).fetchall()

    def reader(self) -> sqlite3.Connection:
        """This thread's reading connection, `query_only`."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            driver.named_rows(connection)
            connection.execute("PRAGMA query_only=ON")
        return connection

    @property
    def encrypted(self) -> bool:
        """Whether the file is of use to nobody without its key."""
        return self.key is not None

    def meta(self, name: str) -> str:
        """A value of `meta`, or an empty text."""
        found = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return found[0] if found else ""

    def noted(self, name: str) -> str:
        """A value of `meta` as it was last written, read on this thread's own connection; or an empty text."""
        found = self.read("SELECT value FROM meta WHERE name = ?", (name,))
        return found[0][0] if found else ""

    def reach(self, expect: int) -> None:
        """The server expects this n next: none below it is used for anything new, whatever this file has forgotten."""
        with self.write() as connection:  # nothing to change, as nearly always: a transaction that waits for no disk
            connection.execute(
                "UPDATE meta SET value = ? WHERE name = 'last_n' AND CAST(value AS INTEGER) < ?",
                (str(expect - 1), expect - 1),
            )

    def pending(self) -> int:
        """Operations that the server has not answered."""
        count: int = self.reader().execute("SELECT count(*) FROM outbox WHERE state = 'new'").fetchone()[0]
        return count

    def close(self) -> None:
        """Close every connection and give the file free."""
        with self.lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
            self._claim.release()


def trouble(error: Exception, otherwise: str) -> str:
    """The code that tells a person what to do about SQLite's error: make room, look at the folder, or put the file
    aside. SQLite says "I/O error" too where a full disk keeps it from laying its files beside the database."""
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of an extended code says where it happened
    return _TROUBLES.get(kind, otherwise)


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with contextlib.suppress(*driver.errors()):  # what was wrong before is told, not what came of it
            connection.execute("ROLLBACK")
