"""A hall in which a clerk was rated, with something of it in each place at which it could come out.

device, marks = await rated_twice(hall)        the clerk's machine, and every word that tells who rated
device, marks = await rated_and_about(hall)    and what else lies on pages, in lists and in notices meanwhile
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import httpx

from server_stub.central.opening import open_store
from server_stub.central.seed import SeedRow, seed
from server_stub.public import token
from server_stub.public.central import SEALS
from sync.protocol.identifiers import uuid7
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import rating as verbs
from sync.protocol.verbs import ticket as tickets
from sync.protocol.verbs.device import DecideHeld, RevokeDevice
from sync.publicity import text as publicity_text
from sync.records.settings import DEFAULTS
from tests.screens.ledger_hall import PHONE, SERVICE_MS, rate, visitor, window
from tests.screens.live_hall import CALLBACK, CASES, NOW, QUEUE, RATING, LiveHall
from workstation.headless.device import Device

GOOD, BAD, ADDED, TRIED, HELD_BACK = "MARKGOOD", "MARKBAD", "MARKADDED", "MARKTRIED", "MARKHELD"
CLERK, HANDLER, DUTY = "0307", "0401", "0101"
BOOKED = "13900000099"
"""The telephone of somebody who booked on the page: known to the queue's windows, and to no page."""
DEVICES = "licang:device"


async def rated_twice(hall: LiveHall) -> tuple[Device, tuple[str, ...]]:
    """A good rating, a bad one with words added and a callback tried, of one whose case was received meanwhile: the
    clerk's machine, and the marks."""
    device, session = await window(hall)
    good, bad = await visitor(hall, device, session), await with_a_case(hall, device, session)
    await rate(hall, good, "very_satisfied", GOOD)
    await rate(hall, bad, "dissatisfied", BAD)
    address = f"/r/{token.make(hall.services.store.secret(SEALS), token.RATING, bad)}"
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20) as citizen:
        assert (await citizen.post(f"{address}/words", data={"words": ADDED})).status_code in (200, 303)
    handler = await hall.device(HANDLER)
    for args in (
        verbs.Assign(handler=HANDLER),
        verbs.Attempt(attempt=uuid7(hall.clock.now()), round="first", outcome="reached", note=TRIED),
    ):
        assert (await handler.do(HANDLER, args, id=bad, scope=CALLBACK)).status == "accepted"
    return device, (GOOD, BAD, ADDED, TRIED, PHONE, good, bad)


async def with_a_case(hall: LiveHall, device: Device, session: str) -> str:
    """As `visitor`; the clerk who is rated received the case."""
    ticket, invite = await visitor(hall, device, session, finish=False), uuid7(hall.clock.now())
    receive = cases.Receive(matter="m-change", site="hall", applicant="某公司", ticket=ticket, document="d-rated")
    result = await device.do(CLERK, receive, id="c-rated", scope=CASES)
    assert result.status == "accepted", result
    hall.clock.advance(SERVICE_MS)
    result = await device.do(CLERK, tickets.Finish(invite=invite), id=ticket, scope=QUEUE)
    assert result.status == "accepted", result
    return invite


async def rated_and_about(hall: LiveHall) -> tuple[Device, tuple[str, ...]]:
    """As `rated_twice`; a notice of the rated case hangs out, two months were made public, somebody booked, work of a
    handler was held and refused, the clerk's case has two values of a field, one more may rate now, and one waits."""
    _hang_out(hall)
    device, marks = await rated_twice(hall)
    await _book(hall)
    await _held_back(hall)
    await _clash(hall, device)
    [session] = [row["id"] for row in device.store.read("SELECT id FROM window_session WHERE staff = ?", (CLERK,))]
    await visitor(hall, device, session)
    await hall.tickets(device, CLERK, "m-change")
    return device, (*marks, HELD_BACK)


def _hang_out(hall: LiveHall) -> None:
    """A notice and two months, as they stand once they were let out."""
    names = {"matter": {"m-change": "企业变更登记"}, "site": {"hall": "主大厅"}}
    counts = {"invited": 60, "rated": 50, "bad": 6, "defaulted": 2}
    figures = {"month": "2026-10", "total": counts, "matter": {"m-change": counts}, "site": {"hall": counts}}
    said = publicity_text(figures, names, "李沧区政务服务大厅", DEFAULTS["publicity_words"])
    let_out: dict[str, Any] = {"state": "approved", "text": said, "hash": hashlib.sha256(said.encode()).hexdigest()}
    let_out |= {"appraisal": "0" * 64, "drafted_by": DUTY, "drafted_at": NOW, "decided_by": "0102", "decided_at": NOW}
    notice: dict[str, Any] = {"case": "c-rated", "state": "posted", "addressee": "某公司", "matter": "企业变更登记"}
    notice |= {"papers": ["变更登记通知书"], "reason": "其他方式无法送达", "posted_at": NOW, "until_day": "2026-12-23"}
    notice |= {"document": "d-rated", "handled_by": CLERK, "staff": CLERK}
    rows = [SeedRow("publicity", month, RATING, let_out) for month in ("2026-10", "2026-09")]
    rows.append(SeedRow("public_notice", "n-rated", CASES, notice))
    hall.stop_server()
    store = open_store(f"sqlite:///{hall._store}")
    seed(store, [], rows, {}, hall.clock.now())
    store.close()
    hall.start_server()


async def _book(hall: LiveHall) -> None:
    """A seat tomorrow, taken on the page."""
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20) as citizen:
        page = (await citizen.get("/b", params={"m": "m-change", "day": "2026-11-24"})).text
        said = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        [minute, *_] = re.findall(r'name="minute" id="slot-\d+" value="(\d+)"', page)
        taken = await citizen.post("/b", data={**said, "minute": minute, "phone": BOOKED, "holder": ""})
        assert taken.status_code == 303, taken.text


async def _held_back(hall: LiveHall) -> None:
    """A handler's note from a lost laptop is refused; its author has not read yet what became of it."""
    laptop, duty = await hall.device(HANDLER, name="laptop"), await hall.device(DUTY)
    [entry] = laptop.store.read("SELECT id FROM rectification")
    note = verbs.Attempt(attempt=uuid7(hall.clock.now()), round="first", outcome="reached", note=HELD_BACK)
    laptop.submit(HANDLER, note, id=entry["id"], scope=CALLBACK)
    lost = await duty.do(DUTY, RevokeDevice(reason="丢失"), id=laptop.store.device, scope=DEVICES)
    assert lost.status == "accepted", lost
    await laptop.link.farewell(laptop.key)
    await duty.exchange()
    [row] = duty.store.read("SELECT * FROM held_operation")
    told = {name: row[name] for name in ("kind", "about", "within", "said", "by")}
    decided = await duty.do(DUTY, DecideHeld(choice="refuse", reason="查不到来源", **told), id=row["id"], scope=DEVICES)
    assert decided.status == "accepted", decided


async def _clash(hall: LiveHall, device: Device) -> None:
    """Another clerk and the rated one write the same field of the rated case."""
    other = await hall.device("0308")
    first = cases.Edit(field="address", was=None, value="振华路1号")
    assert (await other.do("0308", first, id="c-rated", scope=CASES)).status == "accepted"
    second = cases.Edit(field="address", was=None, value="振华路2号")
    assert (await device.do(CLERK, second, id="c-rated", scope=CASES)).status == "conflict"
