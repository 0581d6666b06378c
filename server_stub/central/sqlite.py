"""The central store on SQLite: one writer thread, a few readers, every transaction in a thread of its own kind.

    write(work)   BEGIN IMMEDIATE, then work's coroutine run to its end, COMMIT: on the writer's thread
    read(work)    BEGIN … COMMIT on a reader's connection, query_only
    glance(work)  the same, on the loop's own thread

Its statements never wait, so a coroutine ends at its first `send`: no loop, and no change of thread between two
statements.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from server_stub.central.schema import judge, prepare
from server_stub.central.statements import Bulk, Keyed
from server_stub.central.store import Part, Store, Work
from server_stub.central.trouble import StoreBusy, StoreRefused
from sync.errors import StoreError

T = TypeVar("T")
READERS = 2
CHECKPOINT = 4_000
"""Pages of the log of writes that go into the file at once, 16 MB: the heads, the ends of the tables and of their
indexes are written by every push, and go into the file once for sixty of them instead of fifteen."""
_encode = msgspec.json.encode


def trouble(error: Exception) -> Exception:
    """What SQLite refuses, in the store's words."""
    if isinstance(error, sqlite3.OperationalError):
        return StoreBusy(str(error), full=getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL)
    return StoreRefused(str(error))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine whose statements never wait to its end."""
    try:
        work.send(None)
    except StopIteration as ended:
        answer: T = ended.value
        return answer
    work.close()
    raise RuntimeError("a transaction waited for something that is no statement of it")


class SqliteTx:
    """A transaction of one connection."""

    __slots__ = ("_connection",)
    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _run(self, sql: str, params: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, params)
        except (sqlite3.Error, OverflowError) as error:
            raise trouble(error) from error

    async def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """As `Tx.fetch`."""
        return self._run(sql, params).fetchall()

    async def fetch_one(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """As `Tx.fetch_one`."""
        return self._run(sql, params).fetchone()

    async def fetch_keys(self, statement: Keyed, keys: Sequence[Sequence[Any]], *, lock: bool = False) -> list[Any]:
        """As `Tx.fetch_keys`; BEGIN IMMEDIATE has locked everything."""
        if not keys:
            return []
        if len(keys) == 1:
            return self._run(statement.one, keys[0]).fetchall()
        listed = [key[0] for key in keys] if statement.single else keys
        return self._run(statement.sqlite, (_encode(listed).decode(),)).fetchall()

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """As `Tx.execute`."""
        return self._run(sql, params).rowcount

    async def bulk(self, statement: Bulk, rows: Iterable[Sequence[Any]]) -> None:
        """As `Tx.bulk`; a statement over no row is not run."""
        if isinstance(rows, Sequence) and not rows:
            return
        try:
            self._connection.executemany(statement.sqlite, rows)
        except (sqlite3.Error, OverflowError) as error:
            raise trouble(error) from error

    async def bulks(self, parts: Sequence[Part]) -> None:
        """As `Tx.bulks`; one after another."""
        for statement, rows in parts:
            await self.bulk(statement, rows)


def look_into(path: Path, work: Work[T]) -> T:
    """As `store.look`."""
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreError("store_open", path=str(path), detail=str(error)) from None
    try:
        connection.execute("BEGIN")
        return run(work(SqliteTx(connection)))
    except (sqlite3.Error, StoreBusy, StoreRefused) as error:
        raise StoreError("store_open", path=str(path), detail=str(error)) from None
    finally:
        connection.close()


class SqliteStore(Store):
    """A file, and its blobs in a folder beside it."""

    def __init__(self, path: Path, *, durable: bool = True, stamp: bool = True) -> None:
        super().__init__()
        self.path = path
        self.place = str(path)
        self._synchronous = "FULL" if durable else "OFF"
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size:  # what is not ours is not even opened for writing
                look_into(self.path, lambda tx: judge(tx, self.place, stamp=stamp))
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # PINs, telephones: the server's alone
            self._write_connection = self._connect()
            self._write(lambda tx: prepare(tx, self.place, stamp=stamp))
            self.blob_folder = self.path.with_suffix(".blobs")
            self.blob_folder.mkdir(mode=0o700, exist_ok=True)
        except (sqlite3.Error, StoreBusy, StoreRefused, OSError) as error:
            raise StoreError("store_open", path=str(self.path), detail=str(error).partition("\n")[0]) from None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        for pragma in (
            *("journal_mode=WAL", f"synchronous={self._synchronous}", "foreign_keys=ON", "cache_size=-65536"),
            "secure_delete=ON",  # what was cleared is nowhere in the file
            f"wal_autocheckpoint={CHECKPOINT}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        self._connections.append(connection)
        return connection

    @staticmethod
    def _in_transaction(connection: sqlite3.Connection, begin: str, work: Work[T]) -> T:
        try:
            connection.execute(begin)
            answer = run(work(SqliteTx(connection)))
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise trouble(error) from error
            raise
        return answer

    def _write(self, work: Work[T]) -> T:
        return self._in_transaction(self._write_connection, "BEGIN IMMEDIATE", work)

    def _read(self, work: Work[T]) -> T:
        return self._in_transaction(self._reader(), "BEGIN", work)

    def transact(self, work: Work[T]) -> T:
        """As `Store.transact`; on the writer's thread."""
        return self._writer.submit(self._write, work).result()

    async def write(self, work: Work[T]) -> T:
        """As `Store.write`."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, work)

    async def read(self, work: Work[T]) -> T:
        """As `Store.read`."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def glance(self, work: Work[T]) -> T:
        """As `Store.glance`; where the loop runs: a change of thread would take ten times as long as such a reading."""
        return self._read(work)

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        return connection

    def close(self) -> None:
        """Finish what runs and close the files."""
        self._readers.shutdown()
        self._writer.shutdown()
        for connection in self._connections:
            connection.close()
