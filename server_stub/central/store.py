"""The central store on SQLite: one writer thread, a few readers, every transaction in a thread of its own kind.

await store.write(work)   work(connection) inside BEGIN IMMEDIATE … COMMIT, on the writer's thread
await store.read(work)    work(connection) on a reader's, query_only
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel

from server_stub.central.tables import CENTRAL
from sync.errors import InputError, StoreError
from sync.records.columns import Columns
from sync.records.shape import TableShape, shapes

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
READERS = 2
LAYOUT = 1
"""The release's own number, in the file's user_version: a later one is not opened."""


def path_of(url: str) -> Path:
    """The file of a `sqlite:///…` URL; raises InputError `store_url` for another kind."""
    kind, found, path = url.partition(":///")
    if kind != "sqlite" or not found or not path:
        raise InputError("store_url", url=url)
    return Path(path)


class Store:
    """An open central store. Blobs lie beside it in a folder named by their hash."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """`durable` False: a file still in the making, thrown away if the machine stops before it is done."""
        self.path = path_of(url)
        self._synchronous = "FULL" if durable else "OFF"
        self.shapes: dict[str, TableShape] = shapes()
        self.columns = {name: Columns(shape) for name, shape in self.shapes.items()}
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # PINs, telephones: the server's alone
            self._create()
            self._write_connection = self._connect()
            self.blob_folder = self.path.with_suffix(".blobs")
            self.blob_folder.mkdir(mode=0o700, exist_ok=True)
        except (sqlite3.Error, SQLAlchemyError, OSError) as error:
            raise StoreError("store_open", path=str(self.path), detail=str(error).partition("\n")[0]) from None

    def _create(self) -> None:
        """Tables that are missing; migrations of existing ones are a matter of releases.

        Raises StoreError `store_newer` where a later release has been here, `store_foreign` where the file is another
        program's: neither is touched.
        """
        engine = create_engine(f"sqlite:///{self.path}")
        try:
            with engine.begin() as connection:
                layout = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                if layout > LAYOUT:
                    raise StoreError("store_newer", path=str(self.path), layout=layout)
                tables = set(
                    connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
                )
                if tables and "head" not in tables:
                    raise StoreError("store_foreign", path=str(self.path))
                if layout < LAYOUT:
                    connection.exec_driver_sql(f"PRAGMA user_version={LAYOUT:d}")
                SQLModel.metadata.create_all(connection)
                CENTRAL.create_all(connection)
        finally:
            engine.dispose()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        for pragma in ("journal_mode=WAL", f"synchronous={self._synchronous}", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        self._connections.append(connection)
        return connection

    def transact(self, work: Work[T]) -> T:
        """Run `work` in one write transaction, on the calling thread; the writer's thread alone may."""
        connection = self._write_connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            answer = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return answer

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one write transaction."""
        return await self.on_writer(lambda: self.transact(work))

    async def on_writer(self, work: Callable[[], T]) -> T:
        """Run `work` on the writer's thread, where it opens its own transactions by `transact`."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a reading connection."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: work(self._reader()))

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        return connection

    def secret(self, name: str) -> bytes:
        """A 32-byte secret of the store, made at its first use; called at start, before any request."""

        def work(connection: sqlite3.Connection) -> bytes:
            connection.execute("INSERT OR IGNORE INTO secret VALUES (?, ?)", (name, secrets.token_bytes(32)))
            found: bytes = connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()[0]
            return found

        return self._writer.submit(self.transact, work).result()

    def fetch(self, connection: sqlite3.Connection, sql: str, params: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        """Rows as dictionaries, for the low-rate queries."""
        cursor = connection.execute(sql, params)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def close(self) -> None:
        """Finish what runs and close the files."""
        self._readers.shutdown()
        self._writer.shutdown()
        for connection in self._connections:
            connection.close()
