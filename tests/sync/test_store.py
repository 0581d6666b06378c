"""The central store below every rule: transactions as coroutines, and the one builder of statements."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_stub.central.statements import by_keys, delete, insert, insert_missing, numbered, update, upsert
from server_stub.central.store import Store, Tx, open_store
from server_stub.central.trouble import StoreBusy, StoreRefused

BLOB = ("sha256", "size", "media_type", "at")
ROWS = [("a", 1, "image/png", 10), ("b", 2, "image/png", 20), ("c", 3, "text/plain", 30)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'central.db'}")
    yield opened
    opened.close()


async def _fill(tx: Tx) -> None:
    await tx.bulk(insert("blob", BLOB), ROWS)


async def sizes(store: Store) -> dict[str, int]:
    found = await store.read(lambda tx: tx.fetch("SELECT sha256, size FROM blob ORDER BY sha256"))
    return dict(found)


async def test_the_builder_s_statements_do_what_they_say(store: Store) -> None:
    await store.write(_fill)
    await store.write(lambda tx: tx.bulk(insert_missing("blob", BLOB), [("a", 9, "", 9), ("d", 4, "", 9)]))
    await store.write(lambda tx: tx.bulk(upsert("blob", BLOB), [("b", 7, "", 9), ("e", 5, "", 9)]))
    await store.write(lambda tx: tx.bulk(update("blob", ("size",), "sha256"), [(8, "c"), (8, "nothing")]))
    await store.write(lambda tx: tx.bulk(delete("blob", "sha256"), [("d",)]))
    assert await sizes(store) == {"a": 1, "b": 7, "c": 8, "e": 5}


@pytest.mark.parametrize("keys", [[], [("a",)], [("a",), ("c",), ("nothing",)]])
async def test_rows_by_one_key_by_many_and_by_none(store: Store, keys: list[tuple[str]]) -> None:
    await store.write(_fill)
    found = await store.read(lambda tx: tx.fetch_keys(by_keys("blob", ("sha256",), ("sha256", "size")), keys))
    assert sorted(map(tuple, found)) == [row[:2] for row in ROWS if (row[0],) in keys]


@pytest.mark.parametrize("keys", [[("image/png", 1)], [("image/png", 1), ("image/png", 3), ("text/plain", 3)]])
async def test_keys_of_several_columns(store: Store, keys: list[tuple[str, int]]) -> None:
    await store.write(_fill)
    statement = by_keys("blob", ("media_type", "size"), ("sha256",))
    found = await store.read(lambda tx: tx.fetch_keys(statement, keys))
    assert sorted(row[0] for row in found) == [row[0] for row in ROWS if (row[2], row[1]) in keys]


async def test_rows_where_a_column_is_empty(store: Store) -> None:
    await store.write(lambda tx: tx.bulk(insert("enrol_code", ("hash", "expires_at")), [("h1", 1), ("h2", 2)]))
    await store.write(lambda tx: tx.execute("UPDATE enrol_code SET used_by = 'd' WHERE hash = 'h2'"))
    unused = by_keys("enrol_code", ("hash",), ("hash",), null=("used_by",))
    both = await store.read(lambda tx: tx.fetch_keys(unused, [("h1",), ("h2",)]))
    used = await store.read(lambda tx: tx.fetch_keys(unused, [("h2",)]))
    any_ = await store.read(lambda tx: tx.fetch_keys(by_keys("enrol_code", (), ("hash",), null=("used_by",)), [()]))
    assert [[row[0] for row in found] for found in (both, used, any_)] == [["h1"], [], ["h1"]]


async def test_all_of_a_transaction_or_nothing(store: Store) -> None:
    async def half(tx: Tx) -> None:
        await _fill(tx)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        await store.write(half)
    assert await sizes(store) == {}


async def test_what_a_constraint_forbids_is_refused_and_the_store_goes_on(store: Store) -> None:
    await store.write(_fill)
    with pytest.raises(StoreRefused):
        await store.write(lambda tx: tx.bulk(insert("blob", BLOB), [("z", 1, "", 1), ("a", 1, "", 1)]))
    with pytest.raises(StoreRefused):
        await store.write(lambda tx: tx.bulk(insert("blob", BLOB), [("y", 1 << 70, "", 1)]))
    assert list(await sizes(store)) == ["a", "b", "c"]


async def test_a_reader_writes_nothing(store: Store) -> None:
    with pytest.raises((StoreBusy, StoreRefused)):
        await store.read(_fill)
    assert await sizes(store) == {}


async def test_a_transaction_waits_for_its_statements_alone(store: Store) -> None:
    async def sleepy(tx: Tx) -> None:
        await _fill(tx)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="no statement"):
        await store.write(sleepy)
    assert await sizes(store) == {}


def test_question_marks_become_numbers_but_not_in_quotes() -> None:
    assert numbered("SELECT '?', \"a?\" FROM t WHERE x = ? AND y = ?") == (
        "SELECT '?', \"a?\" FROM t WHERE x = $1 AND y = $2"
    )
