"""The central store, whatever engine it lies on: transactions are coroutines, and a statement is written once.

async def work(tx: Tx) -> int:
    [(seq,)] = await tx.fetch("SELECT seq FROM head WHERE scope = ?", (scope,))
    await tx.execute("UPDATE head SET seq = ? WHERE scope = ?", (seq + 1, scope))
    return seq

await store.write(work)    one write transaction: all of it or nothing; run again where the engine asks for it
await store.read(work)     one moment of the store, nothing written
store.transact(work)       a write transaction that is waited for, before a server listens and in commands

sqlite:///FILE             server_stub.central.sqlite: the coroutine is run to its end on the writer's thread
StoreBusy                  nothing was written, for a reason that passes: file busy, disk full, server gone
StoreRefused               nothing was written, because a constraint or a type forbids it
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from server_stub.central.statements import Bulk, Keyed, RecordStatements, records
from sync.errors import InputError
from sync.records.columns import Columns
from sync.records.shape import TableShape, shapes

T = TypeVar("T")


class Tx(Protocol):
    """What a transaction may do. Statements are portable text with `?` for a value – what both engines say alike – or
    come from `server_stub.central.statements`. A table or column that is no plain word of ours is quoted."""

    async def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """All rows, each a sequence of values."""

    async def fetch_one(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """The first row, or None."""

    async def fetch_keys(self, statement: Keyed, keys: Sequence[Sequence[Any]]) -> list[Any]:
        """The rows that have one of these keys, each a sequence of as many values as the statement has key columns."""

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """How many rows were touched."""

    async def bulk(self, statement: Bulk, rows: Iterable[Sequence[Any]]) -> None:
        """One statement over many rows."""

    async def lock_heads(self, scopes: Iterable[str]) -> dict[str, tuple[int, str]]:
        """Seq and hash of these scopes' heads, locked until the transaction ends, in the order of their names."""


Work = Callable[[Tx], Coroutine[Any, Any, T]]


class Store(ABC):
    """An open central store. Blobs lie in a folder, named by their hash."""

    blob_folder: Path

    def __init__(self) -> None:
        self.shapes: dict[str, TableShape] = shapes()
        self.columns: dict[str, Columns] = {name: Columns(shape) for name, shape in self.shapes.items()}
        self.records: dict[str, RecordStatements] = records()

    @abstractmethod
    async def write(self, work: Work[T]) -> T:
        """Run `work` in one write transaction. Where the engine ends it to resolve a deadlock, it is run again, so it
        keeps nothing outside; raises StoreBusy, StoreRefused and whatever `work` raises."""

    @abstractmethod
    async def read(self, work: Work[T]) -> T:
        """Run `work` over one moment of the store."""

    @abstractmethod
    def transact(self, work: Work[T]) -> T:
        """Run `work` in one write transaction and wait for it: in commands, and at start before any request."""

    @abstractmethod
    def close(self) -> None:
        """Finish what runs and let go of files and connections."""

    async def aclose(self) -> None:
        """The same in a running loop."""
        self.close()

    def secret(self, name: str) -> bytes:
        """A 32-byte secret of the store, made at its first use; called at start, before any request."""

        async def work(tx: Tx) -> bytes:
            await tx.execute(
                "INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                (name, secrets.token_bytes(32)),
            )
            found = await tx.fetch_one("SELECT value FROM secret WHERE name = ?", (name,))
            return bytes(found[0])

        return self.transact(work)


def open_store(url: str, *, durable: bool = True) -> Store:
    """Open a store, its tables made where they are missing. `durable` False: one still in the making, thrown away if
    the machine stops before it is done. Raises InputError `store_url`, StoreError `store_open` and its like."""
    from server_stub.central.sqlite import SqliteStore

    return SqliteStore(path_of(url), durable=durable)


def path_of(url: str) -> Path:
    """The file of a `sqlite:///…` URL; raises InputError `store_url` for another kind."""
    kind, found, path = url.partition(":///")
    if kind != "sqlite" or not found or not path:
        raise InputError("store_url", url=url)
    return Path(path)
