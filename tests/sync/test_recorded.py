"""What former clients said, byte for byte, said again to today's server: it takes all of it, and answers in words that
they understand. One recording a version of the protocol (`record_client.py`); none is ever made anew.
"""

import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_stub.central.people import CODE_MS, hashed, typed
from server_stub.central.store import Tx
from server_stub.services import Services
from sync.protocol.messages import CLIENT
from tests.sync.record_client import record
from tests.sync.recording import Answer, Exchange, load, said_again
from tests.sync.small_hall import SmallHall
from tests.sync.test_toxic import listening

FOLDER = Path(__file__).parent / "recorded"
RECORDINGS = sorted(FOLDER.glob("client-*.jsonl"))
SHAPES = re.compile(rb"&shapes=[0-9a-f]{64}")
SAME = ("status", "code", "table")
"""Fields whose values a client acts on, and which nothing random goes into."""


def lacking(then: Any, now: Any, where: str = "") -> Iterator[str]:
    """What an answer had that today's has not, or has as another kind of thing; what it has besides may be there."""
    if type(then) is not type(now):
        yield f"{where}: {type(then).__name__} was {type(now).__name__}"
    elif isinstance(then, dict):
        for name, value in then.items():
            if name not in now:
                yield f"{where}.{name} is not there"
            elif name in SAME and value != now[name] and not isinstance(value, dict | list):
                yield f"{where}.{name}: {value} was {now[name]}"
            else:
                yield from lacking(value, now[name], f"{where}.{name}")
    elif isinstance(then, list):
        for i, value in enumerate(then):
            if all(any(lacking(value, each)) for each in now):
                yield f"{where}[{i}]: nothing like {str(value)[:80]}"


def ended(answer: Any) -> list[tuple[int, str]]:
    """How each operation of a push ended."""
    results = answer.get("results", []) if isinstance(answer, dict) else []
    return [(result["n"], result["status"]) for result in results]


@contextlib.asynccontextmanager
async def remembering(hall: SmallHall, secret: bytes) -> AsyncIterator[int]:
    """The hall's server with the secret that the recorded challenges and signatures come from; its port."""
    services = Services.open(hall.url, hall.clock)

    async def work(tx: Tx) -> None:
        await tx.execute("UPDATE secret SET value = ? WHERE name = 'sessions'", (secret,))

    services.store.transact(work)
    services.store.close()
    async with listening(hall) as port:
        yield port


def asked(each: Exchange) -> Any:
    """The message of a request that was not packed."""
    return json.loads(each.request.partition(b"\r\n\r\n")[2])


async def remember(hall: SmallHall, each: Exchange, answer: Any) -> None:
    """What the server of that day made for the client – a device, a session, a token –, with which it goes on to speak;
    today's server has made others for the same words."""
    told = asked(each)

    async def work(tx: Tx) -> None:
        if each.what == "POST /v1/enrol":
            columns = "label, public_key, state, last_n, last_contact_at, enrolled_at"
            new = f"INSERT INTO device (id, {columns}) SELECT ?, {columns} FROM device"
            await tx.execute(new, (answer["device"],))
            return
        session = answer.get("session") or told["session"]
        if each.what == "POST /v1/session":
            row = (session, told["device"], answer["staff"], each.at, answer["until"])
            await tx.execute("INSERT INTO session (id, device, staff, opened_at, until) VALUES (?, ?, ?, ?, ?)", row)
        token = (hashed(answer["token"]), session, answer["expires_at"])
        await tx.execute("INSERT INTO token (hash, session, expires_at) VALUES (?, ?, ?)", token)

    await hall.services.store.write(work)


async def replayed(hall: SmallHall, path: Path) -> list[str]:
    """Everything of a recording, said again; what was answered otherwise."""
    _, secret, exchanges = load(path)
    faults: list[str] = []
    async with remembering(hall, secret) as port:
        await let_in(hall, next(each for each in exchanges if each.what == "POST /v1/enrol"))
        for each in exchanges:
            hall.clock.set(each.at)
            then, now = Answer.of(each.answer), Answer.of(await said_again(port, each.request))
            if "shapes" in (now.json() or {}) and SHAPES.search(each.request):  # tables have other columns since: told
                now = Answer.of(await said_again(port, SHAPES.sub(b"", each.request)))
            if then.status != now.status:
                faults.append(f"{each.what}: {then.status} was {now.status} {now.body[:200]!r}")
                continue
            for name in ("upload-offset", "content-range", "content-type"):
                if then.headers.get(name) != now.headers.get(name):
                    faults.append(f"{each.what}: {name} {then.headers.get(name)} was {now.headers.get(name)}")
            if then.json() is None and each.what.startswith("GET /v1/blob"):
                faults += [] if then.body == now.body else [f"{each.what}: other bytes"]
            faults += [f"{each.what}: {fault}" for fault in lacking(then.json(), now.json())]
            if ended(then.json()) != ended(now.json()):
                faults.append(f"{each.what}: {ended(then.json())} was {ended(now.json())}")
            if each.what in ("POST /v1/enrol", "POST /v1/session", "POST /v1/session/renew"):
                await remember(hall, each, then.json())
    return faults


async def let_in(hall: SmallHall, enrol: Exchange) -> None:
    """The code that was typed then is good now."""
    code = hashed(typed(asked(enrol)["code"]))

    async def work(tx: Tx) -> None:
        await tx.execute("INSERT INTO enrol_code (hash, expires_at) VALUES (?, ?)", (code, enrol.at + CODE_MS))

    await hall.services.store.write(work)


def test_every_version_of_the_protocol_was_recorded() -> None:
    assert [load(path)[0] for path in RECORDINGS] == list(range(1, CLIENT + 1))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
async def test_a_former_client_is_understood(closed_hall: SmallHall, path: Path) -> None:
    assert await replayed(closed_hall, path) == []
    assert closed_hall.all("SELECT count(*) FROM case_note") == [(3,)]
    assert closed_hall.all("SELECT arrived FROM material") == [(1,)]
    assert closed_hall.faults() == []


async def test_the_recorder_writes_what_can_be_replayed(closed_hall: SmallHall, tmp_path: Path) -> None:
    """Today's client, recorded now: the recording of a version to come is made by the same command."""
    path = tmp_path / "client.jsonl"
    await record(tmp_path / "recorded", path)
    _, _, exchanges = load(path)
    said = {each.what.partition("?")[0].rpartition("/v1/")[2].partition("/")[0] for each in exchanges}
    assert said >= {"enrol", "challenge", "session", "push", "pull", "live", "heartbeat", "lease", "blob", "find"}
    assert await replayed(closed_hall, path) == []


async def test_a_server_that_forgot_a_field_is_noticed(closed_hall: SmallHall) -> None:
    then = {"results": [{"n": 1, "status": "accepted", "seqs": {"a": 1}}], "expect": 2}
    assert list(lacking(then, then | {"new": 1})) == []
    assert list(lacking(then, {"results": []})) == [
        ".results[0]: nothing like {'n': 1, 'status': 'accepted', 'seqs': {'a': 1}}",
        ".expect is not there",
    ]
    assert any(lacking({"status": "accepted"}, {"status": "refused"}))
    assert any(lacking({"expect": 2}, {"expect": "2"}))
