"""The central store on PostgreSQL: transactions awaited on a connection of a pool, several server processes on one
database.

    postgresql://USER:PASSWORD@HOST:PORT/DATABASE[?blobs=FOLDER]

    write(work)   BEGIN, work's coroutine, COMMIT; again from its beginning after a deadlock (40P01) or 40001
    read(work)    one moment of the store: REPEATABLE READ, READ ONLY
    glance(work)  statements one by one, no transaction around them; one glance after another on the connection that
                  listens, so that a hall in which nobody does anything holds one connection
    look_up(…)    one statement for all keys that are asked for until the loop comes round
    hint()        tells the other processes that heads moved, at most every 20 ms; they look for themselves

A notification is a hint and nothing more: it may be lost, and whoever hears it asks the heads. It is never sent in a
transaction that writes, since PostgreSQL lets those commit one after another only.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import asyncpg
import msgspec

from server_stub.central.postgres_errors import ERRORS, Again, opening, trouble
from server_stub.central.schema import prepare
from server_stub.central.statements import Bulk, Keyed, joined, numbered
from server_stub.central.store import Part, Store, Work
from server_stub.central.trouble import StoreBusy, StoreRefused
from server_stub.central.url import place_of
from sync.errors import InputError, StoreError

T = TypeVar("T")
Key = tuple[Any, ...]
IDLE_SECONDS = 60.0  # then a connection of the pool that nobody used is let go
TRIES = 8  # a transaction that PostgreSQL ends for the sake of others
HINT_SECONDS = 0.02
CHANNEL = "hall_heads"
CONNECT_SECONDS = 10
OLDEST = 14
_encode = msgspec.json.encode
_SETTINGS = {"application_name": "sync-server", "client_min_messages": "warning", "jit": "off"}


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """Nothing of ours outlives a transaction, so a connection goes back to the pool as it is."""

    def get_reset_query(self) -> str:
        """None: a round trip saved for every transaction."""
        return ""


class PostgresTx:
    """A transaction of one connection."""

    __slots__ = ("_connection",)
    dialect = "postgresql"

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def _fetch(self, sql: str, params: Sequence[Any]) -> list[Any]:
        try:
            found: list[Any] = await self._connection.fetch(sql, *params)
        except ERRORS as error:
            raise trouble(error) from error
        return found

    async def _execute(self, sql: str, params: Sequence[Any]) -> int:
        try:
            status: str = await self._connection.execute(sql, *params)
        except ERRORS as error:
            raise trouble(error) from error
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """As `Tx.fetch`."""
        return await self._fetch(numbered(sql), params)

    async def fetch_one(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """As `Tx.fetch_one`."""
        found = await self._fetch(numbered(sql), params)
        return found[0] if found else None

    async def fetch_keys(self, statement: Keyed, keys: Sequence[Sequence[Any]], *, lock: bool = False) -> list[Any]:
        """As `Tx.fetch_keys`."""
        if not keys:
            return []
        if len(keys) == 1 and not lock:
            return await self._fetch(numbered(statement.one), keys[0])
        columns = [list(column) for column in zip(*keys, strict=True)]
        return await self._fetch(statement.locked if lock else statement.postgresql, columns)

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """As `Tx.execute`."""
        return await self._execute(numbered(sql), params)

    async def bulk(self, statement: Bulk, rows: Iterable[Sequence[Any]]) -> None:
        """As `Tx.bulk`."""
        await self.bulks([(statement, list(rows))])

    async def bulks(self, parts: Sequence[Part]) -> None:
        """As `Tx.bulks`: one statement, in which each is a part of its own (PostgreSQL 7.8.2)."""
        filled = [(statement, rows) for statement, rows in parts if rows]
        if not filled:
            return
        try:
            columns = [_encode(column).decode() for _, rows in filled for column in zip(*rows, strict=True)]
        except (OverflowError, UnicodeEncodeError) as error:
            raise StoreRefused(str(error)) from error
        await self._execute(joined(tuple(statement for statement, _ in filled)), columns)


def parsed(url: str) -> tuple[str, Path]:
    """What asyncpg connects to, and the folder of blobs. Raises InputError `store_url`."""
    try:
        parts = urlsplit(url)
        database = unquote(parts.path.removeprefix("/"))
        _ = parts.port
    except ValueError:
        raise InputError("store_url", url=url) from None
    if not database or "/" in database:
        raise InputError("store_url", url=url)
    query = dict(parse_qsl(parts.query))
    blobs = Path(query.pop("blobs", f"{database}.blobs"))
    return urlunsplit(parts._replace(scheme="postgresql", query=urlencode(query, safe="/"))), blobs


def blocking(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end and wait, whether or not a loop runs in this thread."""
    answers: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(asyncio.run(work()))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="store-start")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return answers[0]


def look_at(url: str, work: Work[T]) -> T:
    """As `store.look`."""
    dsn, _ = parsed(url)

    async def alone() -> T:
        connection = None
        try:
            connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await work(PostgresTx(connection))
        except (*ERRORS, StoreBusy, StoreRefused, ValueError) as error:
            raise opening(place_of(url), error) from None
        finally:
            if connection is not None:
                await connection.close()

    return blocking(alone)


class PostgresStore(Store):
    """A database, and a folder of blobs that all its server processes reach."""

    shared = True

    def __init__(self, url: str, *, durable: bool = True, stamp: bool = True) -> None:
        super().__init__()
        self._dsn, self.blob_folder = parsed(url)
        self.place = place_of(url)
        self._settings = {**_SETTINGS, "synchronous_commit": "on" if durable else "off"}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: asyncio.Future[asyncpg.Pool] | None = None
        self._hinting: asyncio.Task[None] | None = None
        self._line: tuple[Any, asyncio.Lock] | None = None  # which hears hints, and whose turn it is on it
        self._asked: dict[Keyed, tuple[set[Key], asyncio.Task[dict[Key, list[Any]]]]] = {}
        self._name = secrets.token_hex(8)
        blocking(lambda: self._begin(stamp))
        try:
            self.blob_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError("store_open", path=str(self.blob_folder), detail=error.strerror or str(error)) from None

    async def _begin(self, stamp: bool) -> None:
        """Raises StoreError `pg_…` for a server or a database that cannot be used, or `store_…` as `prepare` does."""
        connection = await self._connect()
        try:
            version = connection.get_server_version()
            if version.major < OLDEST:
                raise StoreError("pg_too_old", path=self.place, version=version.major, oldest=OLDEST)
            encoding = await connection.fetchval("SHOW server_encoding")
            if encoding != "UTF8":
                raise StoreError("pg_encoding", path=self.place, encoding=encoding)
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(hashtext('hall store'))")
                await prepare(PostgresTx(connection), self.place, stamp=stamp)
        except ERRORS as error:
            raise opening(self.place, error) from None
        finally:
            await connection.close()

    async def _connect(self) -> Any:
        try:
            return await asyncpg.connect(self._dsn, **self._options())
        except (*ERRORS, ValueError) as error:
            raise opening(self.place, error) from None

    def _options(self) -> dict[str, Any]:
        return {"timeout": CONNECT_SECONDS, "server_settings": self._settings, "connection_class": _Connection}

    async def _pooled(self) -> asyncpg.Pool:
        """The pool of the loop that runs, made at its first use."""
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            self._loop = loop
            self._pool = asyncio.ensure_future(self._make_pool())
        return await asyncio.shield(self._pool)

    async def _make_pool(self) -> asyncpg.Pool:
        idle = {"min_size": 0, "max_inactive_connection_lifetime": IDLE_SECONDS}
        pool: asyncpg.Pool = await asyncpg.create_pool(self._dsn, max_size=self.connections, **idle, **self._options())
        return pool

    @contextlib.asynccontextmanager
    async def _glancing(self) -> AsyncIterator[Any]:
        if self._line is not None:
            connection, turn = self._line
            async with turn:
                if not connection.is_closed():
                    yield connection
                    return
        pool = await self._pooled()
        async with pool.acquire(timeout=CONNECT_SECONDS) as connection:
            yield connection

    async def _run(self, work: Work[T], *, readonly: bool) -> T:
        pool = await self._pooled()
        try:
            async with (
                pool.acquire(timeout=CONNECT_SECONDS) as connection,
                connection.transaction(
                    isolation="repeatable_read" if readonly else "read_committed", readonly=readonly
                ),
            ):
                return await work(PostgresTx(connection))
        except ERRORS as error:
            raise trouble(error) from error

    async def write(self, work: Work[T]) -> T:
        """As `Store.write`."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(Again):
                return await self._run(work, readonly=False)
        return await self._run(work, readonly=False)

    async def read(self, work: Work[T]) -> T:
        """As `Store.read`."""
        return await self._run(work, readonly=True)

    async def glance(self, work: Work[T]) -> T:
        """As `Store.glance`; without BEGIN and COMMIT, two turns saved."""
        try:
            async with self._glancing() as connection:
                return await work(PostgresTx(connection))
        except ERRORS as error:
            raise trouble(error) from error

    async def look_up(self, statement: Keyed, key: Sequence[Any]) -> Sequence[Any]:
        """As `Store.look_up`: whoever is ready to run before the statement is sent has its key in it."""
        asked = self._asked.get(statement)
        if asked is None:
            asked = self._asked[statement] = set(), asyncio.create_task(self._look_up(statement))
        keys, found = asked
        keys.add(tuple(key))
        return (await asyncio.shield(found)).get(tuple(key), ())

    async def _look_up(self, statement: Keyed) -> dict[Key, list[Any]]:
        keys, _ = self._asked.pop(statement)
        found: dict[Key, list[Any]] = {}
        for row in await self.glance(lambda tx: tx.fetch_keys(statement, list(keys))):
            found.setdefault(tuple(row[: len(next(iter(keys)))]), []).append(row)
        return found

    def transact(self, work: Work[T]) -> T:
        """As `Store.transact`; on a connection of its own."""

        async def alone() -> T:
            connection = await self._connect()
            try:
                async with connection.transaction(isolation="read_committed"):
                    return await work(PostgresTx(connection))
            except ERRORS as error:
                raise trouble(error) from error
            finally:
                await connection.close()

        return blocking(alone)

    def hint(self) -> None:
        """As `Store.hint`: coalesced, and apart from every transaction."""
        if self._hinting is None or self._hinting.done():
            self._hinting = asyncio.ensure_future(self._hint())

    async def _hint(self) -> None:
        await asyncio.sleep(HINT_SECONDS)
        with contextlib.suppress(*ERRORS):  # whoever misses it looks at the heads anyway
            pool = await self._pooled()
            await pool.execute("SELECT pg_notify($1, $2)", CHANNEL, self._name)

    @contextlib.asynccontextmanager
    async def hints(self, heard: Callable[[], None]) -> AsyncIterator[asyncio.Future[None]]:
        """As `Store.hints`."""

        def hear(_: Any, __: int, ___: str, sender: object) -> None:
            if sender != self._name:
                heard()

        def dead(_: Any) -> None:
            if not ended.done():
                ended.set_result(None)

        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection = await self._connect()
        try:
            await connection.add_listener(CHANNEL, hear)
            connection.add_termination_listener(dead)
            self._line = connection, asyncio.Lock()
            yield ended
        except ERRORS as error:
            raise trouble(error) from error
        finally:
            self._line = None
            with contextlib.suppress(*ERRORS):
                await connection.close(timeout=1)

    async def release(self) -> None:
        """As `Store.release`."""
        if self._hinting is not None:
            self._hinting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._hinting
        pool, self._pool = self._pool, None
        if pool is not None and self._loop is asyncio.get_running_loop():
            with contextlib.suppress(*ERRORS):
                await (await pool).close()

    def close(self) -> None:
        """Nothing: connections belong to a loop, and `release` has let go of them."""
