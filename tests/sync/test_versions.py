"""Old and new together: verbs of an earlier version, a client that is too old, bytes of the client before this one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from sync.errors import ClientTooOld, InputError
from sync.protocol.messages import CLIENT, Result
from sync.protocol.operation import KINDS, Envelope, decode, kind_of
from sync.protocol.upcast import UPCASTERS, newest, upcaster
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from tests.sync.small_hall import CASES, QUEUE, Machine, SmallHall
from tests.sync.test_protocol_page import blocking, joined
from tests.sync.test_toxic import listening

OLD = "case.note@0"
RECORDED = (
    b'{"device":"DEVICE","boot":"3f2a","boot_now":812345,"ops":['
    b'{"n":1,"kind":"case.note@1","id":"c0","scope":"licang:case/registration","args":{"note":"n1","text":"a"},'
    b'"by":"0307","session":"s","said_at":1772413200000,"boot":"3f2a","boot_at":800000},'
    b'{"n":2,"kind":"ticket.issue@1","id":"t1","scope":"licang:queue","args":{"matter":"m1","site":"hall"},'
    b'"by":"0307","session":"s","said_at":1772413200000}]}'
)
"""A push as the client before this one sent it: it knows nothing of `epoch` and `answered`."""


@pytest.fixture
def old_verb() -> Iterator[None]:
    """A note that was called a remark, two versions ago."""

    @upcaster("case.remark@1", OLD)
    def _renamed(args: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"id": args["note"], "words": args["remark"]}

    @upcaster(OLD, kind_of(cases.Note))
    def _note(args: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"note": args["id"], "text": args["words"]}

    yield
    del UPCASTERS["case.remark@1"], UPCASTERS[OLD]


def old_outbox(machine: Machine, n: int, args: str) -> None:
    """What the program before an update left in the outbox."""
    with machine.store.write() as connection:
        connection.execute(
            "INSERT INTO outbox VALUES (?, 'case.remark@1', 'c0', ?, ?, '0307', 's', ?, '', 0, NULL, 'new', '{}', 0,"
            " NULL, NULL)",
            (n, CASES, args, machine.clock.now()),
        )
        connection.execute("UPDATE meta SET value = ? WHERE name = 'last_n'", (str(n),))


def test_every_upcaster_leads_to_a_verb_of_today(old_verb: None) -> None:
    assert {newest(kind, {"note": "n", "remark": "r", "id": "n", "words": "r"})[0] for kind in UPCASTERS} <= set(KINDS)


@pytest.mark.parametrize("args", [b"{}", b"[]", b'{"note":1,"remark":2}', b'{"note":"n"'])
def test_old_words_that_say_nothing_are_bad_arguments(old_verb: None, args: bytes) -> None:
    import msgspec

    said = Envelope(
        n=1, kind="case.remark@1", id="c0", scope=CASES, args=msgspec.Raw(args), by="0307", session="", said_at=0
    )
    with pytest.raises(InputError) as refused:
        decode(said, "d")
    assert refused.value.code == "bad_args"


async def test_an_old_outbox_goes_out_and_is_shown(hall: SmallHall, old_verb: None) -> None:
    machine = await hall.machine("0307")
    old_outbox(machine, 1, '{"note":"n1","remark":"有话说"}')
    machine.do(cases.Note(note="n2", text="新的"), id="c0", scope=CASES)
    from sync.replica.fold import refold

    with machine.store.write() as connection:
        refold(connection, machine.store.columns, machine.device)
    assert machine.all("SELECT id, text FROM case_note ORDER BY id") == [("n1", "有话说"), ("n2", "新的")]
    assert [result.status for result in await machine.push()] == ["accepted", "accepted"]
    assert hall.all("SELECT id, text FROM case_note ORDER BY id") == [("n1", "有话说"), ("n2", "新的")]
    assert hall.faults() == []


async def test_without_an_upcaster_it_is_refused_and_told(hall: SmallHall) -> None:
    machine = await hall.machine("0307")
    old_outbox(machine, 1, '{"note":"n1","remark":"x"}')
    [result] = await machine.push()
    assert (result.status, result.code) == ("refused", "unknown_kind")


async def test_a_client_that_is_too_old_takes_nothing_in_and_its_outbox_goes_out(hall: SmallHall) -> None:
    old, new = await hall.machine("0307"), await hall.machine("0308")
    object.__setattr__(hall.services, "min_client", CLIENT + 1)
    new.exchange.client = CLIENT + 1
    old.do(cases.Note(note="n1", text="旧程序"), id="c0", scope=CASES)
    before = old.all("SELECT * FROM cursor")
    with pytest.raises(ClientTooOld) as told:
        await old.pull()
    assert (told.value.code, told.value.params) == ("client_too_old", {"wanted": CLIENT + 1, "have": CLIENT})
    assert [result.status for result in await old.push()] == ["accepted"]
    assert old.all("SELECT * FROM cursor") == before
    await new.pull()
    assert new.all("SELECT id FROM case_note") == [("n1",)]


async def test_an_old_and_a_new_client_work_on_one_case_and_one_queue(closed_hall: SmallHall, old_verb: None) -> None:
    """The old one says a verb of two versions ago, and was enrolled with a column fewer."""
    hall = closed_hall
    async with listening(hall) as port:
        new, old = await hall.machine("0308"), await joined(hall, port)
        [column] = [each for each in old.shapes["ticket"]["columns"] if each["name"] == "desk"]
        old.shapes["ticket"]["columns"].remove(column)
        for n in range(3):
            old.do("case.remark@1", "c0", CASES, {"note": f"old{n}", "remark": "旧程序"})
            new.do(cases.Note(note=f"new{n}", text="新程序"), id="c0", scope=CASES)
            old.do("ticket.issue@1", f"told{n}", QUEUE, {"matter": "m1", "site": "hall"})
            new.do(tickets.Issue(matter="m1", site="hall", desk="w1"), id=f"tnew{n}")
            results = await asyncio.gather(blocking(old.push), new.push())
            assert {
                each.status if isinstance(each, Result) else each["status"] for ends in results for each in ends
            } == {"accepted"}
            await asyncio.gather(blocking(old.pull), new.pull())
        await asyncio.gather(blocking(old.pull), new.pull())
        for table in ("case_note", "ticket"):
            shown = {id: new.row(table, id) for (id,) in new.all(f'SELECT id FROM "{table}"')}
            assert len(shown) == 6
            assert old.rows(table) == shown
        assert sorted(row["number"] for row in old.rows("ticket").values()) == [f"A00{n}" for n in range(1, 7)]
        assert (old.rows("ticket")["tnew0"]["desk"], old.rows("case_note")["old0"]["text"]) == ("w1", "旧程序")
    assert hall.faults() == []


async def test_the_bytes_of_the_client_before_this_one(hall: SmallHall) -> None:
    machine = await hall.machine("0307")
    body = RECORDED.replace(b"DEVICE", machine.device.encode())
    headers = {"authorization": f"Bearer {machine.transport.token}", "content-type": "application/json"}
    headers |= machine.transport.signed("POST", "/v1/push", body)
    transport = httpx.ASGITransport(app=hall.app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://memory") as client:
        for _ in range(2):
            answer = await client.post("/v1/push", content=body, headers=headers)
            assert answer.status_code == 200
            assert [(each["n"], each["status"]) for each in answer.json()["results"]] == [
                (1, "accepted"),
                (2, "accepted"),
            ]
            assert answer.json()["expect"] == 3
        pulled = await client.get("/v1/pull", params={"c": f"{QUEUE}.0"}, headers=headers)
        assert {"restored", "saved"}.isdisjoint(pulled.json()), "it is told nothing that it did not ask for"
    assert hall.all("SELECT number FROM ticket") == [("A001",)]
