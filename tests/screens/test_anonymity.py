"""The rated clerk learns neither who rated nor which ticket a rating belongs to: not from the copy, the wire, a screen,
a file or a page. Every word of the ratings is marked; all that the clerk can reach is searched for the marks.
"""

from __future__ import annotations

import asyncio
import sqlite3
import zipfile
from pathlib import Path

import httpx
import pytest

from server_stub.central.opening import open_store
from server_stub.central.seed import SeedRow, seed
from server_stub.public import token
from server_stub.public.central import SEALS
from sync.calendar import day_of
from sync.protocol.identifiers import derived, uuid7
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import rating as verbs
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from tests.screens.anonymity import copy_of, pages, reached, told, wire
from tests.screens.ledger_hall import PHONE, SERVICE_MS, rate, visitor, window
from tests.screens.live_hall import BASE, CALLBACK, CASES, QUEUE, RATING, LiveHall, until
from workstation.headless.device import Device
from workstation.services.analysis import LENGTHS, Period
from workstation.views.analysis import GROUPS

GOOD, BAD, ADDED, TRIED = "MARKGOOD", "MARKBAD", "MARKADDED", "MARKTRIED"
CLERK, HANDLER = "0307", "0401"


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


async def test_nothing_that_the_rated_clerk_reaches_tells_who_rated(hall: LiveHall) -> None:
    device, marks = await rated_twice(hall)
    gathered = await reached(hall, CLERK, "w03", device)
    assert told(gathered, marks) == []
    assert len(gathered) > 150
    assert "/c c-rated" in gathered


LEAKS = {
    "a role on the ratings": SeedRow("role_assignment", "leak", BASE, {"staff": CLERK, "role": "duty", "over": RATING}),
    "a right to read who rated": SeedRow(
        "role_assignment", "leak", BASE, {"staff": CLERK, "role": "callback", "over": CALLBACK}
    ),
    "words in the queue": SeedRow("pause", "leak", QUEUE, {"session": "s", "reason": BAD}),
}


@pytest.mark.parametrize("leak", LEAKS)
async def test_the_walk_notices(hall: LiveHall, leak: str) -> None:
    device, marks = await rated_twice(hall)
    row = LEAKS[leak]
    hall.stop_server()
    store = open_store(f"sqlite:///{hall._store}")
    seed(store, [], [row], {}, hall.clock.now())
    store.close()
    hall.start_server()
    await device.exchange()
    assert told(copy_of(device.store.path), marks)
    if "role" in leak:
        assert {place.split()[0] for place, _ in told(await wire(hall, device), marks)} >= {"GET"}


async def test_the_walk_notices_a_leak_on_the_pages(hall: LiveHall) -> None:
    """A word of the rating in the name of a matter and in where a window is: each page that shows one of them is read,
    and tells it; none is merely opened."""
    _, marks = await rated_twice(hall)
    admin = await hall.device("0901")
    matter = people.PutMatter(
        name=f"变更{BAD}",
        office="registration",
        prefix="A",
        expected_minutes=7,
        promised_days=1,
        statutory_days=20,
        basis="-",
    )
    for id, args in (("m-change", matter), ("w03", people.PlaceWindow(place=BAD))):
        result = await admin.do("0901", args, id=id, scope=BASE)
        assert result.status == "accepted", result
    leaking = {place.split()[0] for place, _ in told(await pages(hall, "w03"), marks)}
    assert leaking >= {"/c", "/d", "/"}


async def test_what_the_clock_invites_to_is_known_at_no_window(hall: LiveHall) -> None:
    """Sent on, and cut short by the end of the day: the machine made no id for it, and nothing that it holds is one."""
    device, session = await window(hall)
    other, _ = await window(hall, "0308", "w04")
    sent_on = await visitor(hall, device, session, finish=False)
    result = await device.do(CLERK, tickets.Transfer(window="w04"), id=sent_on, scope=QUEUE)
    assert result.status == "accepted"
    await visitor(hall, device, session, finish=False)
    duty = await hall.device("0101")
    day = day_of(hall.clock.now())
    assert (await duty.do("0101", tickets.CloseDay(day=day), id=QUEUE, scope=QUEUE)).status == "accepted"
    async with asyncio.timeout(60):
        while len(invites := await asked(hall)) < 2:
            await asyncio.sleep(0.01)
    for id in invites:
        await rate(hall, id, "very_satisfied", GOOD)
    known = {id for (id,) in await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM service_segment"))}
    for each in (device, other):
        await each.exchange()
        held = {name: str(rows) for name, rows in everything(each.store.path).items()}
        assert told(held, (GOOD, *invites)) == []
    for id in (*known, sent_on):
        assert not {derived("invite", id), derived(id)} & set(invites), "nobody reckons it from what a window knows"


async def asked(hall: LiveHall) -> list[str]:
    return [id for (id,) in await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM invite"))]


def everything(replica: Path) -> dict[str, list[object]]:
    """Each table of a copy, what the machine itself said too."""
    connection = sqlite3.connect(f"{replica.as_uri()}?mode=ro", uri=True)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
    connection.close()
    return found


@pytest.mark.parametrize("reader", ["0101", "0001"])
async def test_no_export_of_ratings_tells_who_rated(hall: LiveHall, reader: str) -> None:
    """Exports lie in a folder and go round by mail: whoever may see more on a screen takes along counts alone. With few
    ratings too, where every figure is one person's."""
    _, marks = await rated_twice(hall)
    numbers = [n for (n,) in await hall.services.store.read(lambda tx: tx.fetch("SELECT number FROM ticket"))]
    tickets_of = [id for (id,) in await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM ticket"))]
    hall.clock.advance(10 * 24 * 3_600_000)  # November is over, and frozen
    machine = await hall.enrol()
    async with hall.sitting(reader, machine=machine, size=(120, 40)) as app:
        analysis, appraisal = app.services.analysis, app.services.appraisal
        await until(app, lambda: len(appraisal.months()) >= 1)
        for length in LENGTHS:
            period = Period.around(length, "2026-11-23")
            for group in GROUPS:
                read = analysis.read(analysis.scopes, period, group)
                assert read is not None
                for kind in ("csv", "xlsx"):
                    analysis.export(read, period, kind)
                    hall.clock.advance(1000)
        for month in appraisal.months():
            for kind in ("csv", "xlsx"):
                appraisal.export(month, kind)
        folder = app.locations.data / "exports"
        found = {path.name: opened(path) for path in folder.iterdir()}
    assert {name.rpartition(".")[2] for name in found} == {"csv", "xlsx"}
    assert len(found) > 2 * len(GROUPS)
    secrets = (*marks, *tickets_of, "赵某某", *numbers)
    assert told(found, secrets) == []


def opened(path: Path) -> str:
    """What stands in a file, an XLSX unpacked."""
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8-sig")
    with zipfile.ZipFile(path) as file:
        return "\n".join(file.read(name).decode() for name in file.namelist())
