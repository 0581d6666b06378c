"""The central store on PostgreSQL: what cannot be opened is told in a sentence; commands; several server processes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server_stub.central.opening import open_store
from server_stub.central.people import new_code
from server_stub.central.postgres import CHANNEL, PostgresStore
from server_stub.central.store import Store, Tx
from server_stub.central.url import place_of
from server_stub.cli import main
from sync.errors import StoreError
from tests.postgres import GUARDED, at_once, database, named


@pytest.fixture
def url(postgres: str, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    with database(postgres) as dsn:
        yield named(dsn, "", blobs=str(tmp_path / "blobs"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = open_store(url)
    yield opened
    await opened.release()


# -- doors


def test_a_database_that_is_not_there(postgres: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_missing"):
        open_store(named(postgres, "no_such_hall", blobs=str(tmp_path)))


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(StoreError, match="pg_unreachable"):
        open_store(f"postgresql://hall@127.0.0.1:{port}/hall?blobs={tmp_path}")
    with pytest.raises(StoreError, match="pg_unreachable"):
        open_store(f"postgresql://hall@/hall?host={tmp_path}&blobs={tmp_path}")


def test_a_wrong_password(url: str) -> None:
    at_once(url, f"DROP ROLE IF EXISTS {GUARDED}", f"CREATE ROLE {GUARDED} LOGIN PASSWORD 'right'")
    at_once(url, f"GRANT ALL ON SCHEMA public TO {GUARDED}")
    try:
        guarded = url.replace("//hall@", f"//{GUARDED}:not-the-one@")
        with pytest.raises(StoreError, match="pg_password") as refused:
            open_store(guarded)
        assert "not-the-one" not in str(refused.value), "a password is never shown"
        open_store(guarded.replace("not-the-one", "right")).close()
    finally:
        at_once(url, f"DROP OWNED BY {GUARDED}", f"DROP ROLE {GUARDED}")


def test_an_encoding_that_cannot_hold_chinese(postgres: str, tmp_path: Path) -> None:
    with database(postgres, encoding="LATIN1") as dsn, pytest.raises(StoreError, match="pg_encoding"):
        open_store(named(dsn, "", blobs=str(tmp_path)))


def test_a_version_too_old(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server_stub.central.postgres.OLDEST", 99)
    with pytest.raises(StoreError, match="pg_too_old"):
        open_store(url)


def test_another_programs_database_is_left_as_it_is(url: str) -> None:
    at_once(url, "CREATE TABLE recipe (name text)")
    with pytest.raises(StoreError, match="store_foreign"):
        open_store(url)


@pytest.mark.parametrize("odd", ["postgresql://hall@host", "postgresql://h:port/hall", "postgresql:///a/b"])
def test_an_address_that_is_none(odd: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--store", odd]) == 2
    assert "store_url" in capsys.readouterr().err


def test_a_place_is_told_without_its_password() -> None:
    assert place_of("postgresql://hall:secret@db:5432/licang") == "postgresql://hall@db:5432/licang"


# -- commands


def test_the_commands_work_on_a_database_as_on_a_file(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["code", "--store", url]) == 1
    assert "store_missing" in capsys.readouterr().err
    assert main(["sample", "--store", url, "--day", "2026-03-02", "--at", "09:30"]) == 0
    assert main(["sample", "--store", url]) == 1
    assert "store_exists" in capsys.readouterr().err
    assert main(["audit", "verify", "--store", url]) == 0
    assert "chain whole" in capsys.readouterr().out
    assert main(["code", "--store", url, "--count", "2"]) == 0
    assert len(capsys.readouterr().out.split()) == 2


# -- transactions


async def test_a_transaction_that_is_ended_for_the_sake_of_another_runs_again(store: Store) -> None:
    """Two that take two rows in opposite order: one is ended by the server, and both succeed."""
    for name in ("a", "b"):
        await store.write(lambda tx, name=name: tx.execute("INSERT INTO credential VALUES (?, '')", (name,)))  # type: ignore[misc]
    both = asyncio.Barrier(2)
    tries = 0

    async def take(tx: Tx, first: str, second: str) -> None:
        nonlocal tries
        tries += 1
        update = "UPDATE credential SET verifier = verifier || 'x' WHERE staff = ?"
        await tx.execute(update, (first,))
        if tries <= 2:
            await both.wait()
        await tx.execute(update, (second,))

    await asyncio.gather(store.write(lambda tx: take(tx, "a", "b")), store.write(lambda tx: take(tx, "b", "a")))
    assert tries >= 3
    rows = await store.read(lambda tx: tx.fetch("SELECT verifier FROM credential"))
    assert [row[0] for row in rows] == ["xx", "xx"]


async def test_a_transaction_that_could_not_be_put_in_order_runs_again_from_its_beginning(store: Store) -> None:
    tries = 0

    async def work(tx: Tx) -> None:
        nonlocal tries
        tries += 1
        await tx.execute("INSERT INTO credential VALUES ('a', ?)", (str(tries),))
        if tries < 3:
            await tx.execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    await store.write(work)
    assert await store.read(lambda tx: tx.fetch("SELECT verifier FROM credential")) == [("3",)]


async def test_a_connection_that_was_ended_is_replaced(store: Store) -> None:
    assert isinstance(store, PostgresStore)
    await store.write(lambda tx: new_code(tx, 0))

    async def end_all(tx: Tx) -> None:
        await tx.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )

    store.transact(end_all)
    for _ in range(20):
        with contextlib.suppress(Exception):
            await store.write(lambda tx: new_code(tx, 0))
            break
    await store.write(lambda tx: new_code(tx, 0))


async def test_a_hint_is_heard_by_the_other_process_and_not_by_oneself(url: str, store: Store) -> None:
    other = open_store(url)
    heard: asyncio.Queue[None] = asyncio.Queue()
    own = asyncio.Event()
    async with other.hints(lambda: heard.put_nowait(None)), store.hints(own.set):
        for _ in range(50):
            store.hint()
        await asyncio.wait_for(heard.get(), 60)
        assert not own.is_set()
        await store.write(lambda tx: tx.fetch("SELECT pg_notify(?, ?)", (CHANNEL, "the end")))
        await asyncio.wait_for(heard.get(), 60)
        assert heard.empty(), "fifty at once are one"
    await other.release()


async def test_who_listens_glances_on_the_same_connection(store: Store) -> None:
    """A hall in which nobody does anything holds one connection; a glance after that line was cut has another."""
    ask = "SELECT pg_backend_pid() FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    async def alone(tx: Tx) -> int:
        assert not await tx.fetch(ask)
        return int((await tx.fetch_one("SELECT pg_backend_pid()"))[0])

    async with store.hints(lambda: None) as ended:
        assert len(set(await asyncio.gather(*(store.glance(alone) for _ in range(5))))) == 1
        await store.write(lambda tx: tx.fetch(_END_OTHERS))
        await asyncio.wait_for(ended, 60)
        assert await store.glance(lambda tx: tx.fetch_one("SELECT 1"))


_END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
AND pid <> pg_backend_pid()"""
