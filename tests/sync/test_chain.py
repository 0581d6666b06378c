"""The hash chain: computed here a second time, from its description alone, and broken in every way."""

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.central.opening import open_store
from server_stub.central.store import Tx
from sync.protocol.chain import GENESIS, digest, encode_body, link
from sync.protocol.verbs import ticket as tickets
from tests.sync.small_hall import QUEUE, SmallHall

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ROW = st.fixed_dictionaries(
    {
        "seq": st.integers(1, 1 << 53),
        "table": TEXT,
        "id": TEXT,
        "v": st.integers(1, 1 << 31),
        "device": TEXT,
        "n": st.integers(1, (1 << 63) - 1),
        "by": TEXT,
        "at": st.integers(0, 1 << 53),
    }
)


def second_link(previous: str, row: dict[str, Any], body: bytes | None) -> str:
    """The hash as docs/protocol.md describes it, with nothing of the product's."""
    told = {name: row[name] for name in ("seq", "table", "id", "v", "by", "at")}
    told["op"] = {"device": row["device"], "n": row["n"]}
    told["digest"] = hashlib.sha256(b"" if body is None else body).hexdigest()
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous.encode() + text.encode()).hexdigest()


@given(ROW, st.one_of(st.none(), st.binary()))
def test_the_hash_is_what_its_description_says(row: dict[str, Any], body: bytes | None) -> None:
    assert link(GENESIS, digest=digest(body), **row) == second_link(GENESIS, row, body)


@given(ROW, st.sampled_from(["seq", "table", "id", "v", "device", "n", "by", "at", "previous", "body"]))
def test_every_part_of_a_row_counts(row: dict[str, Any], part: str) -> None:
    previous, body = GENESIS, b"{}"
    before = link(previous, digest=digest(body), **row)
    if part == "previous":
        previous = "1" + GENESIS[1:]
    elif part == "body":
        body = b"{ }"
    else:
        row = {**row, part: row[part] + 1 if isinstance(row[part], int) else row[part] + "x"}
    assert link(previous, digest=digest(body), **row) != before


@given(st.dictionaries(TEXT, st.one_of(st.none(), st.booleans(), st.integers(-(1 << 60), 1 << 60), TEXT)))
def test_a_body_is_the_same_bytes_whatever_the_order_of_its_making(body: dict[str, Any]) -> None:
    assert encode_body(body) == encode_body(dict(reversed(list(body.items()))))
    assert json.loads(encode_body(body)) == body


LIES: dict[str, tuple[str, str]] = {
    "a body": (
        "UPDATE log SET body = (SELECT body FROM log WHERE scope = :scope AND seq = 1)"
        " WHERE scope = :scope AND seq = 3",
        "altered",
    ),
    "a time": ("UPDATE log SET at = at + 1 WHERE scope = :scope AND seq = 3", "unchained"),
    "an author": ("UPDATE log SET \"by\" = '0308' WHERE scope = :scope AND seq = 3", "unchained"),
    "a row away": ("DELETE FROM log WHERE scope = :scope AND seq = 2", "missing"),
    "the last row away": ("DELETE FROM log WHERE scope = :scope AND seq = 6", "missing"),
    "a row more": (
        'INSERT INTO log SELECT scope, seq + 1, "table", \'forged\', v, device, n, "by", at, body, digest, hash'
        " FROM log WHERE scope = :scope AND seq = 6",
        "inserted",
    ),
    "two rows changed places": (
        "UPDATE log SET seq = CASE seq WHEN 2 THEN -4 WHEN 4 THEN -2 END WHERE scope = :scope AND seq IN (2, 4);"
        "UPDATE log SET seq = -seq WHERE seq < 0",
        "unchained",
    ),
    "a present row": ("UPDATE ticket SET holder = '李某' WHERE id = 't2'", "altered"),
    "a present row away": ("DELETE FROM ticket WHERE id = 't2'", "missing"),
    "a present row more": (
        "INSERT INTO ticket (id, scope, v, day, matter, prefix, priority, state, site, calls, misses, flagged)"
        " VALUES ('t9', 'licang:queue', 1, '2026-03-02', 'm1', 'A', 'none', 'waiting', 'hall', 0, 0, FALSE)",
        "inserted",
    ),
    "a whole scope's head away": ("DELETE FROM head WHERE scope = :scope", "inserted"),
    "a head": ("UPDATE head SET hash = :genesis WHERE scope = :scope", "altered"),
}


async def three_tickets(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    for i in (1, 2, 3):
        window.do(tickets.Issue(matter="m1", holder="孙某", site="hall"), id=f"t{i}")
    await window.push()


async def test_a_whole_chain_is_whole_by_both_accounts(hall: SmallHall) -> None:
    await three_tickets(hall)
    assert hall.faults() == []
    previous = GENESIS
    for *row, body, hashed in hall.all(
        'SELECT seq, "table", id, v, device, n, "by", at, body, hash FROM log WHERE scope = ? ORDER BY seq', QUEUE
    ):
        named = dict(zip(("seq", "table", "id", "v", "device", "n", "by", "at"), row, strict=True))
        previous = second_link(previous, named, body)
        assert previous == hashed
    assert hall.all("SELECT hash FROM head WHERE scope = ?", QUEUE) == [(previous,)]


async def _lie(statement: str, tx: Tx) -> int:
    return await tx.execute(statement)


@pytest.mark.parametrize("lie", LIES)
async def test_the_audit_names_what_was_done_to_a_store(closed_hall: SmallHall, lie: str) -> None:
    async with closed_hall.open():
        await three_tickets(closed_hall)
    sql, what = LIES[lie]
    store = open_store(closed_hall.url)
    for statement in sql.replace(":scope", f"'{QUEUE}'").replace(":genesis", f"'{GENESIS}'").split(";"):
        assert store.transact(partial(_lie, statement)) > 0, "the lie was told"
    store.close()
    faults = closed_hall.faults()
    assert any(fault.startswith(what) for fault in faults), faults


Forge = Callable[[dict[str, Any]], None]


def _swap(page: dict[str, Any]) -> None:
    page["rows"][0], page["rows"][1] = page["rows"][1], page["rows"][0]


FORGERIES: dict[str, Forge] = {
    "a body": lambda page: page["rows"][1]["body"].update(state="done"),
    "a deleted body": lambda page: page["rows"][1].update(body=None),
    "an author": lambda page: page["rows"][1].update(by="0308"),
    "a row of another's": lambda page: page["rows"][1]["op"].update(n=77),
    "a hash": lambda page: page["rows"][-1].update(hash=GENESIS),
    "a row away": lambda page: page["rows"].pop(1),
    "the first row away": lambda page: page["rows"].pop(0),
    "rows in another order": _swap,
    "a row twice": lambda page: page["rows"].insert(1, page["rows"][1]),
    "another head": lambda page: page["head"].update(hash=GENESIS),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_replica_takes_nothing_of_a_page_that_does_not_fit(hall: SmallHall, forgery: str) -> None:
    import msgspec

    from sync.errors import ChainBroken
    from sync.protocol.messages import Pulled
    from sync.replica.pull import cursors, take

    await three_tickets(hall)
    reader = await hall.device()
    await reader.sign_on("0308")
    await reader.exchange.pull()  # learns its scopes
    pulled = await reader.transport.ask("GET", "/v1/pull", Pulled, c=cursors(reader.store))
    told = json.loads(msgspec.json.encode(pulled))
    take(reader.store, msgspec.convert(told | {"scopes": {}}, Pulled))
    FORGERIES[forgery](told["scopes"][QUEUE])
    # bodies travel as the bytes they were; encoded anew in the same canonical form they only differ where forged
    for page in told["scopes"].values():
        for row in page["rows"]:
            row["body"] = msgspec.Raw(encode_body(row["body"]) if row["body"] is not None else b"null")
    before = reader.all("SELECT * FROM cursor")
    with pytest.raises(ChainBroken):
        take(reader.store, msgspec.json.decode(msgspec.json.encode(told), type=Pulled))
    assert reader.all("SELECT * FROM cursor") == before
    assert reader.all("SELECT * FROM ticket") == []
    assert reader.all("SELECT * FROM staff") == [], "nothing of any scope"
    await reader.pull()
    assert len(reader.all("SELECT * FROM ticket")) == 3
