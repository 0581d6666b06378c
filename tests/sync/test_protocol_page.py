"""docs/protocol.md tells what is there: every route, message, status and code – and its page of a client works.

`second_client` is written from that page and docs/verbs.md alone; here it works against the server on a real port,
beside a replica of the product, and both come to the same rows.
"""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from server_stub.central.people import new_code
from server_stub.problems import _CODES, _DOORS
from server_stub.snapshots import LARGE
from sync.protocol import messages
from sync.protocol.operation import Envelope
from sync.protocol.verbs import case as cases
from tests.sync.second_client import PIECE, Refused, Stranger
from tests.sync.small_hall import CASES, PIN, QUEUE, SmallHall
from tests.sync.test_revocation import duty, revoked
from tests.sync.test_toxic import WAIT, listening
from tests.sync.test_uploads import scan
from tests.sync.test_wire import ABSENT, ROUTES
from tests.verbs_page import page

T = TypeVar("T")
DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = (DOCS / "protocol.md").read_text()


def test_the_page_names_every_route_status_and_code() -> None:
    for _, path, _ in ROUTES:
        if path != "/v1/health":
            assert path.replace(ABSENT, "{sha256}") in PAGE, path
    for status in {*messages.FINAL, messages.RETRY}:
        assert f"`{status}`" in PAGE, status
    for code in {*_CODES.values(), *_DOORS}:
        assert f"`{code}`" in PAGE, code


def test_the_page_names_every_field_of_the_messages() -> None:
    told: list[type[msgspec.Struct]] = [
        *(Envelope, messages.Push, messages.Pushed, messages.Pulled, messages.ScopePage, messages.LogRow),
        *(messages.Snapshot, messages.SnapshotHead),
        *(messages.Enrol, messages.Enrolled, messages.OpenSession, messages.SessionOpened, messages.Problem),
        *(messages.Challenge, messages.Challenged, messages.RenewSession, messages.Renewed),
    ]
    for message in told:
        for field in msgspec.structs.fields(message):
            assert field.encode_name in PAGE, f"{message.__name__}.{field.encode_name}"


def test_the_page_of_verbs_is_made_from_them() -> None:
    assert (DOCS / "verbs.md").read_text(encoding="utf-8") == page(), "python -m tests.verbs_page > docs/verbs.md"


def test_no_page_of_the_protocol_sends_its_reader_to_the_code() -> None:
    assert re.findall(r"`(?:sync|server_stub|workstation)/[^`]*`", PAGE) == []


async def blocking(work: Callable[..., T], *args: Any) -> T:
    """What the second client does, which knows nothing of a loop."""
    return await asyncio.to_thread(work, *args)


async def joined(hall: SmallHall, port: int) -> Stranger:
    now = hall.clock.now()
    stranger = Stranger("127.0.0.1", port, str(hall.folder / "second.db"))
    await blocking(stranger.enrol, await hall.services.store.write(lambda tx: new_code(tx, now)))
    await blocking(stranger.sign_on, "0307", PIN)
    await blocking(stranger.pull)
    return stranger


@pytest.mark.parametrize("large", [1, LARGE])
async def test_a_client_written_from_the_page_works_beside_the_product(closed_hall: SmallHall, large: int) -> None:
    hall = closed_hall
    async with listening(hall) as port:
        hall.services.snapshots.large = large
        product = await hall.machine("0307")
        stranger = await joined(hall, port)
        with contextlib.closing(stranger.live()) as told:
            assert await blocking(next, told) == {}
            stranger.do("ticket.issue@1", "t1", QUEUE, {"matter": "m1", "site": "hall"})
            stranger.do("ticket.miss@1", "nothing", QUEUE, {})
            again = stranger.said()
            results = await blocking(stranger.push)
            assert [result["status"] for result in results] == ["accepted", "refused"]
            assert (await blocking(stranger.post, "/v1/push", again))["results"] == results, (
                "asked again, answered again"
            )
            async with asyncio.timeout(WAIT):
                while (await blocking(next, told)).get(QUEUE) != results[0]["seqs"][QUEUE]:
                    pass

            content = scan(2 * PIECE + 5)
            sha256 = hashlib.sha256(content).hexdigest()
            attached = {"case": "c0", "name": "申请表", "ordinal": 1, "sha256": sha256, "size": len(content)}
            stranger.do("material.attach@1", "m1", CASES, {**attached, "media_type": "application/pdf"})
            await blocking(stranger.push)
            assert await blocking(stranger.send, content, "application/pdf") == 3
            assert await blocking(stranger.send, content, "application/pdf") == 0

            product.do(cases.Edit(field="phone", was="1", value="2"), id="c0", scope=CASES)
            await product.push()
            stranger.do("case.edit@1", "c0", CASES, {"field": "phone", "was": "1", "value": "3"})
            stranger.do("case.note@1", "c0", CASES, {"note": "n1", "text": "二号客户端 ⟨é\u2028⟩"})
            await blocking(stranger.renew)
            assert [result["status"] for result in await blocking(stranger.push)] == ["conflict", "accepted"]
            await blocking(stranger.pull)
            await product.pull()
            for name in stranger.shapes:
                here = product.all(f'SELECT id FROM "{name}"')
                assert stranger.rows(name) == {id: product.row(name, id) for (id,) in here}, name
            assert stranger.rows("material")["m1"]["arrived"]
            assert next(iter(stranger.rows("conflict").values()))["mine"] == "3"
            assert stranger.db.execute("SELECT scope, seq, hash FROM cursor ORDER BY scope").fetchall() == product.all(
                "SELECT scope, seq, hash FROM cursor ORDER BY scope"
            )


async def test_a_second_client_holds_tickets_and_numbers_of_its_own(closed_hall: SmallHall) -> None:
    async with listening(closed_hall) as port:
        stranger = await joined(closed_hall, port)
        asked = {"blocks": [{"of": "ticket", "scope": QUEUE, "prefix": "A"}]}
        [block] = (await blocking(stranger.post, "/v1/lease", asked))["blocks"]
        number = {"block": block["id"], "period": block["period"], "n": block["first"]}
        stranger.do("ticket.issue@1", "t1", QUEUE, {"matter": "m1", "site": "hall", "number": number})
        stranger.do("window.open@1", "s1", QUEUE, {"window": "w1"})
        assert [result["status"] for result in await blocking(stranger.push)] == ["accepted", "accepted"]
        assert (await blocking(stranger.post, "/v1/heartbeat", {"session": "s1"}))["lasts"] > 15_000
        [lease] = (await blocking(stranger.post, "/v1/lease", {"session": "s1"}))["leases"]
        assert lease["ticket"] == "t1"
        called = {"lease": lease["id"], "session": "s1", "call": "c1"}
        stranger.do("ticket.call_leased@1", "t1", QUEUE, called)  # without a network, and heard of later
        assert [result["status"] for result in await blocking(stranger.push)] == ["accepted"]
        await blocking(stranger.pull)
        ticket = stranger.rows("ticket")["t1"]
        assert (ticket["state"], ticket["number"]) == ("called", f"A{block['first']:03d}")


async def test_a_second_client_that_is_revoked_says_its_last_word(closed_hall: SmallHall) -> None:
    async with listening(closed_hall) as port:
        stranger, manager = await joined(closed_hall, port), await duty(closed_hall)
        stranger.do("case.note@1", "c0", CASES, {"note": "n1", "text": "还没有送出"})
        await revoked(closed_hall, manager, stranger.device)
        with pytest.raises(Refused) as refused:
            await blocking(stranger.pull)
        assert (refused.value.status, refused.value.code) == (401, "device_revoked")
        said = await blocking(stranger.last_push)
        assert [result["status"] for result in said["results"]] == ["held"]
        assert said["revoked"]
        assert stranger.said()["ops"] == []
