"""The wire: every route with and without a token, every kind of rubbish answered with problem details (RFC 9457)."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
import zstandard

from server_stub.routes.pull import cursors as read_cursors
from sync.device_key import ENROL, DeviceKey
from sync.errors import ServerRefused
from sync.protocol.messages import PUSH_BYTES, Problem, Pulled
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.replica.pull import cursors
from tests.sync.small_hall import BASE, CASES, QUEUE, Machine, SmallHall

ABSENT = "a" * 64
ROUTES = [  # method, path, needs a session
    ("POST", "/v1/enrol", False),
    ("POST", "/v1/challenge", False),
    ("POST", "/v1/session", False),
    ("POST", "/v1/session/renew", False),
    ("GET", "/v1/health", False),
    ("DELETE", "/v1/session", True),
    ("POST", "/v1/push", True),
    ("GET", "/v1/pull", True),
    ("GET", "/v1/snapshot", True),
    ("GET", "/v1/find", True),
    ("GET", "/v1/contacts", True),
    ("GET", "/v1/slip", True),
    ("POST", "/v1/rating/find", True),
    ("POST", "/v1/rating", True),
    ("GET", "/v1/gaps", True),
    ("GET", "/v1/audit", True),
    ("GET", "/v1/audit/scopes", True),
    ("GET", "/v1/province", True),
    ("POST", "/v1/code", True),
    ("GET", "/v1/live", True),
    ("PUT", f"/v1/blob/{ABSENT}", True),
    ("GET", f"/v1/blob/{ABSENT}", True),
    ("HEAD", f"/v1/blob/{ABSENT}", True),
]


class Door:
    """A client without manners: raw requests, with the token of a machine."""

    def __init__(self, hall: SmallHall, machine: Machine) -> None:
        self.machine = machine
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=cast(Any, hall.app)), base_url="http://hall")

    async def __call__(self, method: str, path: str, *, token: str | None = None, **how: Any) -> httpx.Response:
        headers = how.pop("headers", {})
        given = self.machine.transport.token if token is None else token
        if given:
            headers = {"authorization": f"Bearer {given}", **headers}
        request = self.client.build_request(method, path, headers=headers, **how)
        if method == "POST":
            request.headers.update(self.machine.transport.signed("POST", path, await request.aread()))
        return await self.client.send(request)


@pytest.fixture
async def door(hall: SmallHall) -> AsyncIterator[Door]:
    door = Door(hall, await hall.machine("0307"))
    yield door
    await door.client.aclose()


def told(response: httpx.Response, status: int, code: str = "") -> Problem:
    """The problem details of an answer that must be some."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(response.content, type=Problem)
    assert problem.status == status
    assert problem.title
    assert not code or problem.code == code
    assert "Traceback" not in response.text
    return problem


# -- who may ask


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 10_000])
@pytest.mark.parametrize(("method", "path"), [route[:2] for route in ROUTES if route[2]])
async def test_without_a_session_no_route_answers(door: Door, method: str, path: str, token: str) -> None:
    response = await door(method, path, token=token, content=b"{}" if method in ("POST", "PUT") else None)
    assert response.status_code == 401
    if method != "HEAD":
        assert told(response, 401, "session_unknown")


async def test_other_schemes_are_no_sessions(door: Door) -> None:
    token = door.machine.transport.token
    for header in (f"Basic {token}", f"Bearer{token}", "Bearer", "Bearer ", token):
        told(await door("GET", "/v1/pull", token="", headers={"authorization": header}), 401, "session_unknown")
    assert (await door("GET", "/v1/pull", token="", headers={"authorization": f"bearer {token}"})).status_code == 200


async def test_a_session_ends_by_signing_off_by_time_and_with_its_person(hall: SmallHall, door: Door) -> None:
    token = door.machine.transport.token
    assert (await door("DELETE", "/v1/session")).status_code == 204
    told(await door("GET", "/v1/pull", token=token), 401, "session_unknown")
    await door.machine.sign_on("0307")
    hall.clock.advance(3_600_000)
    told(await door("GET", "/v1/pull"), 401, "session_expired")
    await door.machine.sign_on("0307")
    admin = await hall.machine("0901")
    gone = people.PutStaff(name="赵某", site="hall", active=False)
    assert (await admin.ended(gone, id="0307", scope=BASE)).status == "accepted"
    told(await door("GET", "/v1/pull"), 401, "session_unknown")
    with pytest.raises(ServerRefused, match="pin_wrong"):
        await door.machine.sign_on("0307")


def enrolling(code: str, key: DeviceKey | None = None) -> dict[str, str]:
    key = key or DeviceKey.make()
    return {"code": code, "label": "x", "key": key.public, "proof": key.sign(ENROL, code)}


async def test_an_enrolment_code_is_good_once_and_ten_minutes(hall: SmallHall, door: Door) -> None:
    told(await door("POST", "/v1/enrol", json=enrolling("guessed")), 403, "code_unknown")
    from server_stub.central.people import new_code

    now = hall.clock.now()
    first, late = [await hall.services.store.write(lambda tx: new_code(tx, now)) for _ in range(2)]
    assert re.fullmatch("([2-9A-HJKMNP-Z]{4}-){4}[2-9A-HJKMNP-Z]{4}", first)  # never an option of a command line
    enrolled = await door("POST", "/v1/enrol", json=enrolling(first.lower().replace("-", " ")))
    assert enrolled.status_code == 200
    assert enrolled.json()["hall"] == "licang"
    told(await door("POST", "/v1/enrol", json=enrolling(first)), 403, "code_unknown")
    hall.clock.advance(600_000)
    told(await door("POST", "/v1/enrol", json=enrolling(late)), 403, "code_unknown")


# -- rubbish


async def test_unknown_paths_and_wrong_methods(door: Door) -> None:
    for method, path, _ in ROUTES:
        told(await door(method if method != "HEAD" else "GET", path + "/more"), 404, "not_found")
        wrong = "PATCH" if method != "HEAD" else "POST"
        told(await door(wrong, path), 405, "method_not_allowed")


async def test_no_malformed_json_is_a_server_error(door: Door, shared_data: Path) -> None:
    files = sorted((shared_data / "text" / "json").glob("n_*.json"))
    assert len(files) > 150
    for file in files:
        for path in ("/v1/enrol", "/v1/session", "/v1/push"):
            told(await door("POST", path, content=file.read_bytes()), 400)


async def test_well_formed_json_that_is_no_message(door: Door, shared_data: Path) -> None:
    for file in sorted((shared_data / "text" / "json").glob("[yi]_*.json")):
        for path in ("/v1/enrol", "/v1/session", "/v1/push"):
            told(await door("POST", path, content=file.read_bytes()), 400)


PUSH: dict[str, Any] = {"device": "", "boot": "", "boot_now": 0, "ops": []}
OP: dict[str, Any] = {
    "n": 1,
    "kind": "ticket.miss@1",
    "id": "t1",
    "scope": QUEUE,
    "args": {},
    "by": "0307",
    "session": "s",
    "said_at": 0,
}


NO_NUMBERS: list[Any] = [0, -1, 1 << 63, 1 << 200, 1.5, "1", True]
NO_TEXTS: list[Any] = [1, None, [], {}]
BAD: list[tuple[str, Any]] = [
    *((name, bad) for name in ("n", "after") for bad in NO_NUMBERS),
    *((name, bad) for name in ("kind", "id", "scope", "by", "session") for bad in NO_TEXTS),
    *(("said_at", bad) for bad in ("0", None, 0.5)),
]


@pytest.mark.parametrize(("field", "value"), BAD)
async def test_an_operation_of_the_wrong_shape_is_no_operation(door: Door, field: str, value: Any) -> None:
    push = PUSH | {"device": door.machine.device, "ops": [OP | {field: value}]}
    problem = told(await door("POST", "/v1/push", json=push), 400, "bad_request")
    assert field in problem.detail, "the answer names the field"


ARGS: list[tuple[bytes, str]] = [
    (b"[" * 5_000 + b"]" * 5_000, "bad_args"),
    (b'{"extra":1}', "bad_args"),
    (b"null", "bad_args"),
    (b'"\\u0000"', "bad_args"),
    (b"{}", "not_found"),
]


@pytest.mark.parametrize(("args", "code"), ARGS)
async def test_arguments_that_no_verb_has_are_a_result_and_not_an_error(door: Door, args: bytes, code: str) -> None:
    push = json.dumps(PUSH | {"device": door.machine.device, "ops": [OP | {"args": "HERE"}]}).encode()
    response = await door("POST", "/v1/push", content=push.replace(b'"HERE"', args))
    if response.status_code == 400:
        told(response, 400)  # nested deeper than anybody may: the whole body is not readable
    else:
        assert response.json()["results"][0]["code"] == code


async def test_an_unknown_verb_is_a_result(door: Door) -> None:
    push = PUSH | {"device": door.machine.device, "ops": [OP | {"kind": "ticket.eat@9"}]}
    response = await door("POST", "/v1/push", json=push)
    assert response.json()["results"] == [
        {"n": 1, "status": "refused", "code": "unknown_kind", "params": {"kind": "ticket.eat@9"}}
    ]


async def test_oversized_truncated_and_packed_wrongly(door: Door) -> None:
    for path in ("/v1/push", "/v1/session", "/v1/enrol"):
        told(await door("POST", path, content=b" " * (PUSH_BYTES + 1)), 413, "too_large")
        bomb = zstandard.compress(bytes(PUSH_BYTES + 1))
        told(await door("POST", path, content=bomb, headers={"content-encoding": "zstd"}), 413, "too_large")
        for coding, body in (("zstd", b"{}"), ("gzip", b"{}"), ("br", b"{}"), ("zstd", bomb[:20])):
            told(await door("POST", path, content=body, headers={"content-encoding": coding}), 400)
        told(await door("POST", path, content=b'{"device": "d'), 400)
        told(await door("POST", path, content=b""), 400)
        told(await door("POST", path, content=b"[" * 200_000), 400)
        told(await door("POST", path, content=b'{"device":"\xed\xa0\x80"}'), 400)
    many = PUSH | {"device": door.machine.device, "ops": [OP | {"n": n} for n in range(1, 102)]}
    assert told(await door("POST", "/v1/push", json=many), 413, "push_too_long").params == {"limit": 100}


async def test_a_body_without_a_declared_length_has_the_same_limit(door: Door) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    told(await door("POST", "/v1/push", content=endless()), 413, "too_large")
    told(await door("POST", "/v1/push", content=endless(), headers={"content-encoding": "gzip"}), 413, "too_large")


async def test_what_a_pull_asks_for(door: Door) -> None:
    for limit in ("0", "2001", "x", "-1", "1.5", ""):
        assert "limit" in told(await door("GET", f"/v1/pull?limit={limit}"), 400).detail
    told(await door("GET", "/v1/pull?c=" + "x" * 9_000), 400)
    told(await door("GET", "/v1/pull?pending=perhaps"), 400)
    strange = await door("GET", f"/v1/pull?c={QUEUE}.9999999999999999999,{BASE}.-1,%00.%ff.9,,.,{CASES}.x")
    assert strange.status_code == 200
    assert strange.json()["drop"] == ["\0.�"]


def test_a_cursor_that_is_none_counts_from_the_beginning() -> None:
    assert read_cursors("a:b.3,c:d/e.f.4,x.,y,.5,z.-1,w.1e3") == {"a:b": 3, "c:d/e.f": 4, "x": 0, "z": 0, "w": 0}


# -- what comes back


async def test_an_answer_is_packed_for_whoever_can_unpack_it(door: Door) -> None:
    plain = await door("GET", "/v1/pull?c=licang:base.0", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for coding in ("zstd", "gzip"):
        packed = await door("GET", "/v1/pull?c=licang:base.0", headers={"accept-encoding": coding})
        assert packed.headers["content-encoding"] == coding
        assert packed.headers["vary"] == "accept-encoding"
        assert packed.json() == plain.json()
    ended = await door("DELETE", "/v1/session", headers={"accept-encoding": "zstd"})
    assert (ended.status_code, ended.content) == (204, b"")


ELSEWHERE = ("case/food", "archive/registration")


async def test_a_device_pulls_what_its_people_reach_and_nothing_else(hall: SmallHall, door: Door) -> None:
    everything = ",".join(f"{scope}.0" for (scope,) in hall.all("SELECT scope FROM head"))
    clerk = (await door("GET", f"/v1/pull?c={everything}")).json()
    assert sorted(clerk["scopes"]) == sorted([BASE, QUEUE, CASES])
    assert set(clerk["drop"]) == {f"licang:{part}" for part in ("rating", "callback", "numbers", "device", *ELSEWHERE)}
    nobody = await hall.device()
    await nobody.sign_on("0307")
    admin = await hall.machine("0901")
    for over in (QUEUE, CASES):
        await admin.ended(people.RemoveRole(), id=f"0307-clerk-{over}", scope=BASE)
    none = (await door("GET", f"/v1/pull?c={everything}")).json()
    assert none["scopes"] == {}
    assert set(none["drop"]) == {scope for (scope,) in hall.all("SELECT scope FROM head")}


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_a_page_never_splits_an_operation(hall: SmallHall, door: Door, limit: int) -> None:
    one, two = door.machine, await hall.machine("0308")
    for machine, window in ((one, "w1"), (two, "w2")):
        machine.do(tickets.OpenWindow(window=window), id=f"s{window}")
    for i in range(4):
        one.do(tickets.Issue(matter="m1", site="hall"), id=f"t{i}")
    for machine in (one, two):
        await machine.push()
        await machine.pull()
    for machine, window in ((one, "w1"), (two, "w2")):  # a call writes four rows, an issue two
        machine.do(tickets.CallNext(call=f"c{window}"), id=f"s{window}")
        await machine.push()
    whole = {
        (device, n): count
        for device, n, count in hall.all(
            "SELECT device, n, count(*) FROM log WHERE scope = ? GROUP BY device, n", QUEUE
        )
    }
    assert max(whole.values()) >= 4
    since, seen = 0, 0
    while True:
        answer = await one.transport.ask("GET", "/v1/pull", Pulled, c=f"{QUEUE}.{since}", limit=str(limit))
        page = answer.scopes[QUEUE]
        counts: dict[tuple[str, int], int] = {}
        for row in page.rows:
            counts[row.op.device, row.op.n] = counts.get((row.op.device, row.op.n), 0) + 1
        assert len(counts) <= limit
        assert all(whole[op] == count for op, count in counts.items())
        assert [row.seq for row in page.rows] == list(range(since + 1, page.to + 1))
        assert (page.from_, page.more) == (since, page.to < page.head.seq)
        since, seen = page.to, seen + len(counts)
        if not page.more:
            break
    assert seen == len(whole)
    assert page.head.seq == since


async def test_supervisors_send_nothing(hall: SmallHall) -> None:
    desk = await hall.machine("0307", "0001")  # a shared machine, on which a clerk left work
    left = desk.do(tickets.Issue(matter="m1", site="hall"), id="t1", by="0307")
    heads = hall.all("SELECT * FROM head")
    with pytest.raises(ServerRefused, match="read_only"):
        await desk.push()
    assert hall.all("SELECT * FROM head") == heads
    assert hall.results() == {}
    await desk.pull()
    assert desk.outbox() == [(left, "new")], "nothing is lost by it"
    await desk.sign_on("0308")
    assert [result.status for result in await desk.push()] == ["accepted"]


async def test_who_has_no_role_left_still_carries_the_work_of_others(hall: SmallHall) -> None:
    desk, admin = await hall.machine("0307", "0308"), await hall.machine("0901")
    mine = desk.do(tickets.Issue(matter="m1", site="hall"), id="t1", by="0308")
    theirs = desk.do(tickets.Issue(matter="m1", site="hall"), id="t2", by="0307")
    for over in (QUEUE, CASES):
        await admin.ended(people.RemoveRole(), id=f"0308-clerk-{over}", scope=BASE)
    assert {r.n: (r.status, r.code) for r in await desk.push()} == {
        mine: ("refused", "forbidden"),
        theirs: ("accepted", None),
    }


async def test_the_document_of_the_wire_lists_every_route(door: Door) -> None:
    response = await door("GET", "/schema/openapi.json", token="")
    assert response.status_code == 200
    document = response.json()
    assert document["openapi"].startswith("3.")
    for method, path, _ in ROUTES:
        described = document["paths"][path.replace(ABSENT, "{sha256}")]
        assert method.lower() in described, path
    push = document["paths"]["/v1/push"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(push["required"]) == {"device", "boot", "boot_now", "ops"}


async def test_cursors_are_what_a_pull_asks_with(door: Door) -> None:
    assert read_cursors(cursors(door.machine.store)).keys() == {BASE, QUEUE, CASES}
