"""The central store, whatever engine it lies on: transactions are coroutines, and a statement is written once.

async def work(tx: Tx) -> int:
    [(seq,)] = await tx.fetch("SELECT seq FROM head WHERE scope = ?", (scope,))
    await tx.execute("UPDATE head SET seq = ? WHERE scope = ?", (seq + 1, scope))
    return seq

await store.write(work)    one write transaction: all of it or nothing; run again where the engine asks for it
await store.read(work)     one moment of the store, nothing written
await store.glance(work)   a few rows by their keys, each as it is when it is asked for
await store.look_up(…)     the rows of one key, together with the keys that others ask for at the same moment
store.transact(work)       a write transaction that is waited for, before a server listens and in commands

open_store(url)            one of either engine: sqlite.py runs the coroutine to its end on the writer's thread
StoreBusy                  nothing was written, for a reason that passes: file busy, disk full, server gone
StoreRefused               nothing was written, because a constraint or a type forbids it
"""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from server_stub.central.statements import Bulk, Keyed, RecordStatements, records
from sync.records.columns import Columns, columns_of
from sync.records.shape import TableShape, digest, shapes

T = TypeVar("T")


class Tx(Protocol):
    """What a transaction may do. Statements are portable text with `?` for a value – what both engines say alike – or
    come from `server_stub.central.statements`. A table or column that is no plain word of ours is quoted."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""

    async def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """All rows, each a sequence of values."""

    async def fetch_one(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """The first row, or None."""

    async def fetch_keys(self, statement: Keyed, keys: Sequence[Sequence[Any]], *, lock: bool = False) -> list[Any]:
        """The rows that have one of these keys, each a sequence of as many values as the statement has key columns;
        `lock` holds them, in the order of their keys, until the transaction ends."""

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """How many rows were touched."""

    async def bulk(self, statement: Bulk, rows: Iterable[Sequence[Any]]) -> None:
        """One statement over many rows."""

    async def bulks(self, parts: Sequence[Part]) -> None:
        """Several of them, each over rows that no other touches: in one turn where every turn costs."""


Part = tuple[Bulk, Sequence[Sequence[Any]]]
Work = Callable[[Tx], Coroutine[Any, Any, T]]


class Store(ABC):
    """An open central store. Blobs lie in a folder, named by their hash."""

    blob_folder: Path
    place: str
    """What people are told where it lies."""
    shared = False
    """Other server processes may write to it too."""
    connections = 8
    """So many at once for transactions, where an engine has them, beside the one that listens; set before any is."""

    def __init__(self) -> None:
        self.shapes: dict[str, TableShape] = shapes()
        self.shape = digest(self.shapes)
        self.columns: dict[str, Columns] = columns_of(self.shapes)
        self.records: dict[str, RecordStatements] = records()
        self._secrets: dict[str, bytes] = {}

    @abstractmethod
    async def write(self, work: Work[T]) -> T:
        """Run `work` in one write transaction. Where the engine ends it to resolve a deadlock, it is run again, so it
        keeps nothing outside; raises StoreBusy, StoreRefused and whatever `work` raises."""

    @abstractmethod
    async def read(self, work: Work[T]) -> T:
        """Run `work` over one moment of the store."""

    async def glance(self, work: Work[T]) -> T:
        """Run `work`, which reads a few rows by their keys and minds no change between two statements: on the way to
        every answer, so without what a moment of the whole store costs."""
        return await self.read(work)

    async def look_up(self, statement: Keyed, key: Sequence[Any]) -> Sequence[Any]:
        """The rows of one key, which they begin with: a glance that is shared, where every turn costs, with whoever
        asks the same of other keys at the same moment, as forty windows do that press at once."""
        return await self.glance(lambda tx: tx.fetch_keys(statement, [key]))

    @abstractmethod
    def transact(self, work: Work[T]) -> T:
        """Run `work` in one write transaction and wait for it: in commands, and at start before any request."""

    @abstractmethod
    def close(self) -> None:
        """Finish what runs and let go of files and connections."""

    async def release(self) -> None:  # noqa: B027 - nothing, where no loop owns anything
        """Let go of what belongs to the running loop, before it ends; the store stays open."""

    def hint(self) -> None:  # noqa: B027 - nothing, where there is one process
        """Tell other processes that heads moved, soon and perhaps; in a running loop."""

    @asynccontextmanager
    async def hints(self, heard: Callable[[], None]) -> AsyncIterator[asyncio.Future[None]]:
        """Hear of other processes' hints as long as the block lasts; what it gives is done when the line is dead."""
        yield asyncio.get_running_loop().create_future()

    def secret(self, name: str) -> bytes:
        """A 32-byte secret of the store, made at its first use; called at start, before any request."""
        if name not in self._secrets:
            self._secrets[name] = self._secret(name)
        return self._secrets[name]

    def _secret(self, name: str) -> bytes:
        async def work(tx: Tx) -> bytes:
            await tx.execute(
                "INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                (name, secrets.token_bytes(32)),
            )
            found = await tx.fetch_one("SELECT value FROM secret WHERE name = ?", (name,))
            return bytes(found[0])

        return self.transact(work)
