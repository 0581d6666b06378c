"""The central store below every rule: transactions as coroutines, and the one builder of statements."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_stub.central import schema
from server_stub.central.opening import open_store
from server_stub.central.statements import by_keys, by_text, delete, insert, insert_missing, numbered, update, upsert
from server_stub.central.store import Store, Tx, Work
from server_stub.central.trouble import StoreBusy, StoreRefused
from tests.postgres import database, named

BLOB = ("sha256", "size", "media_type", "at")
ROWS = [("a", 1, "image/png", 10), ("b", 2, "image/png", 20), ("c", 3, "text/plain", 30)]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'central.db'}"
        return
    with database(request.getfixturevalue("postgres")) as dsn:
        yield named(dsn, "", blobs=str(tmp_path / "central.blobs"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = open_store(url)
    yield opened
    await opened.release()
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


async def test_keys_that_are_asked_for_at_the_same_moment_each_get_their_rows(store: Store) -> None:
    """On PostgreSQL by one statement, and who goes away meanwhile takes nothing from the others."""
    await store.write(_fill)
    plain = by_keys("blob", ("media_type",), ("media_type", "sha256"))
    told = by_text("b.sha256", "b.size, b.media_type", "blob b")
    glances, whole = 0, store.glance

    async def glance(work: Work[Any]) -> Any:
        nonlocal glances
        glances += 1
        return await whole(work)

    store.glance = glance  # type: ignore[method-assign]
    gone = asyncio.create_task(store.look_up(told, ("a",)))
    asked = [asyncio.create_task(store.look_up(told, (key,))) for key in ("a", "c", "nothing", "a")]
    kinds = [asyncio.create_task(store.look_up(plain, (key,))) for key in ("image/png", "none")]
    await asyncio.sleep(0)
    gone.cancel()
    found = [[tuple(row) for row in rows] for rows in await asyncio.gather(*asked)]
    assert found == [[("a", 1, "image/png")], [("c", 3, "text/plain")], [], [("a", 1, "image/png")]]
    both, none = await asyncio.gather(*kinds)
    assert sorted(map(tuple, both)) == [("image/png", "a"), ("image/png", "b")]
    assert not none
    assert glances == (2 if store.shared else 7)
    assert [row[1] for row in await store.look_up(told, ("b",))] == [2]


async def test_what_is_asked_for_together_fails_together(store: Store) -> None:
    nowhere = by_text("b.sha256", "b.size", "no_such_table b")
    asked = [store.look_up(nowhere, (key,)) for key in ("a", "b")]
    for error in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(error, StoreBusy | StoreRefused)


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


async def test_on_sqlite_a_transaction_waits_for_its_statements_alone(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'central.db'}")

    async def sleepy(tx: Tx) -> None:
        await _fill(tx)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="no statement"):
        await store.write(sleepy)
    assert await sizes(store) == {}
    store.close()


def test_question_marks_become_numbers_but_not_in_quotes() -> None:
    assert numbered("SELECT '?', \"a?\" FROM t WHERE x = ? AND y = ?") == (
        "SELECT '?', \"a?\" FROM t WHERE x = $1 AND y = $2"
    )


# -- what the centre's indexes forbid below every rule

CALL = {"window": "w", "session": "s", "staff": "0307"}
SITS = {"device": "d", "state": "open"}
SEGMENT = {**CALL, "matter": "m", "started_at": 1}
TICKET = {"day": "2026-03-02", "matter": "m", "prefix": "A", "state": "waiting", "site": "hall"}
CASE = {"matter": "m", "office": "o", "site": "hall", "state": "received", "applicant": "x"}
PAPER = {"kind": "permit", "state": "valid"}
LEASE = {"day": "2026-03-02", "window": "w", "session": "s", "staff": "a", "device": "d", "state": "held"}
RIGHT = {"document": "d", "device": "d"}
NOTICE = {"document": "d", "addressee": "甲", "matter": "m", "reason": "r", "until_day": "2026-04-01", "staff": "a"}
NOTICE["handled_by"] = "赵某"
WANTED = {"kind": "open", "service": "A", "asked_by": "d"}
HALF_HOUR = {"day": "2026-03-02", "minute": 600, "prefix": "A", "matter": "m", "state": "booked", "channel": "phone"}
PAIRS: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # index: (table, a row, one beside it that may be, one that may not)
    "uq_call_open": (
        *("call", {**CALL, "ticket": "t", "open": True}),
        *({**CALL, "ticket": "t", "open": False}, {**CALL, "ticket": "t", "open": True}),
    ),
    "uq_window_session_live": (
        *("window_session", {**SITS, "window": "w", "staff": "a"}),
        *({**SITS, "window": "w", "staff": "b", "closed_at": 5}, {**SITS, "window": "w", "staff": "b"}),
    ),
    "uq_window_session_staff": (
        *("window_session", {**SITS, "window": "w", "staff": "a"}),
        *({**SITS, "window": "v", "staff": "a", "closed_at": 5}, {**SITS, "window": "v", "staff": "a"}),
    ),
    "uq_service_segment_open": (
        *("service_segment", {**SEGMENT, "ticket": "t"}),
        *({**SEGMENT, "ticket": "t", "ended_at": 2}, {**SEGMENT, "ticket": "t"}),
    ),
    "uq_ticket_number": (
        *("ticket", {**TICKET, "number": "A001"}),
        *({**TICKET, "number": "A001", "day": "2026-03-03"}, {**TICKET, "number": "A001"}),
    ),
    "uq_case_number": (
        *("case", {**CASE, "number": "registration-1"}),
        *({**CASE, "number": None}, {**CASE, "number": "registration-1"}),
    ),
    "uq_document_number": (
        *("document", {**PAPER, "case": "c", "number": "准字1号"}),
        *({**PAPER, "case": "c"}, {**PAPER, "case": "other", "number": "准字1号"}),
    ),
    "uq_blank_serial": (
        *("blank", {"stock": "a", "serial": "LC000001", "state": "used"}),
        *(
            {"stock": "a", "serial": "LC000002", "state": "used"},
            {"stock": "b", "serial": "LC000001", "state": "void"},
        ),
    ),
    "uq_ticket_lease_open": (
        *("ticket_lease", {**LEASE, "ticket": "t"}),
        *({**LEASE, "ticket": "t", "ended_at": 2}, {**LEASE, "ticket": "t"}),
    ),
    "uq_window_request_asked": (
        *("window_request", {**WANTED, "window": "v", "state": "asked"}),
        *({**WANTED, "window": "v", "state": "met"}, {**WANTED, "window": "v", "state": "asked"}),
    ),
    "uq_appointment_seat": (
        *("appointment", {**HALF_HOUR, "seat": 1}),
        *({**HALF_HOUR, "seat": 2}, {**HALF_HOUR, "seat": 1, "matter": "other"}),
    ),
    "uq_appointment_code": (
        *("appointment", {**HALF_HOUR, "code": "000001"}),
        *({**HALF_HOUR, "day": "2026-03-03", "code": "000001"}, {**HALF_HOUR, "minute": 630, "code": "000001"}),
    ),
    "uq_booking_open": (
        *("booking", {"phone": "1", "matter": "m", "open": True}),
        *({"phone": "1", "matter": "m", "open": False}, {"phone": "1", "matter": "m", "open": True}),
    ),
    "uq_issue_authorisation_out": (
        *("issue_authorisation", {**RIGHT, "case": "c", "state": "out"}),
        *({**RIGHT, "case": "c", "state": "expired"}, {**RIGHT, "case": "c", "state": "out"}),
    ),
    "uq_public_notice_posted": (
        *("public_notice", {**NOTICE, "case": "c", "state": "posted"}),
        *({**NOTICE, "case": "c", "state": "withdrawn"}, {**NOTICE, "case": "c", "state": "posted"}),
    ),
}


@pytest.mark.parametrize("index", PAIRS)
async def test_each_unique_index_of_the_centre_bites_and_only_there(store: Store, index: str) -> None:
    table, first, beside, against = PAIRS[index]
    columns = store.columns[table]

    async def put(tx: Tx, id: str, body: dict[str, Any]) -> None:
        image = columns.image(None, body)
        await tx.bulk(store.records[table].insert, [columns.params(id, "licang:queue", 1, image)])

    await store.write(lambda tx: put(tx, "1", first))
    await store.write(lambda tx: put(tx, "2", beside))
    with pytest.raises(StoreRefused):
        await store.write(lambda tx: put(tx, "3", against))


def test_every_unique_index_is_among_them() -> None:
    indexes = {str(index.name) for table in schema.tables() for index in table.indexes if index.unique}
    assert {name for name in indexes if name.startswith("uq_")} == set(PAIRS)
