"""The rated clerk learns neither who rated nor which ticket a rating belongs to: not from the copy, the wire, a screen,
a file or a page. Every word of the ratings is marked; all that the clerk can reach is searched for the marks.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
import zipfile
from pathlib import Path

import pytest

from server_stub.central.opening import open_store
from server_stub.central.seed import SeedRow, seed
from sync.calendar import day_of
from sync.protocol.identifiers import derived
from sync.protocol.verbs import ticket as tickets
from sync.sealed_log import Sealed
from tests.leaks import LEAKS as PAGES
from tests.leaks import leaks_on
from tests.screens.anonymity import again, copy_of, noticed, pages, pushed, reached, shared, streams, told, walked, wire
from tests.screens.leaks import FILES, SCREENS, WIRE
from tests.screens.ledger_hall import rate, visitor, window
from tests.screens.live_hall import BASE, CALLBACK, QUEUE, RATING, LiveHall, until
from tests.screens.rated_hall import BAD, BOOKED, CLERK, GOOD, rated_and_about, rated_twice
from workstation.services.analysis import LENGTHS, Period
from workstation.views.analysis import GROUPS

RINGS = "按 4 查看"  # how each bell of the ledger ends
TOLD = (RATING, CALLBACK)
"""What a stream may not name: that something moved there says that somebody has rated just now."""


async def test_nothing_that_the_rated_clerk_reaches_tells_who_rated(hall: LiveHall) -> None:
    device, marks = await rated_and_about(hall)
    gathered = await reached(hall, CLERK, "w03", device)
    assert told(gathered, marks) == []
    pages = {place: content for place, content in gathered.items() if place.startswith("/")}
    assert told(pages, (BOOKED,)) == []
    assert told({place: gathered[place] for place in ("GET /v1/live", "notice")}, (*TOLD, RINGS)) == []
    kinds = [re.match(r"/\w?", path)[0] for path in pages]  # type: ignore[index]
    assert set(kinds) == {"/", *(f"/{kind}" for kind in "abcdgnpqrtvw")}
    assert len(gathered) > 150
    assert logging.lastResort is not None
    assert isinstance(logging.lastResort.formatter, Sealed), "what an engine logs is sealed as a server's is"


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


async def test_each_page_that_leaks_is_noticed(hall: LiveHall) -> None:
    """What the hall knows of everybody, in a field of each page's view: every kind of page is read with something on
    it."""
    _, marks = await rated_and_about(hall)
    known, silent = await pages(hall, "w03"), []
    for page, leak in PAGES.items():
        with leak():
            own = await again(hall, (path for path in known if leaks_on(page, path)))
            found = told(own, (*marks, BOOKED))
        if page != "live" and not found:
            silent.append(page)
    assert silent == []


async def test_each_leak_of_the_wire_is_noticed(hall: LiveHall) -> None:
    device, marks = await rated_and_about(hall)
    silent = []
    for where, leak in {**WIRE, "GET /w": PAGES["live"], "GET /d": PAGES["live"]}.items():
        with leak():
            found = await pushed(hall, CLERK) if where == "push" else await streams(hall, device, "w03")
        if not any(place.startswith(where.strip()) for place, _ in told(found, (*marks, *TOLD))):
            silent.append(where)
    assert silent == []


async def test_each_leak_of_a_screen_is_noticed(hall: LiveHall) -> None:
    """At a machine whose copy holds who rated."""
    device, marks = await rated_and_about(hall)
    silent = []
    async with shared(hall, CLERK) as app:
        for where, leak in SCREENS.items():
            with leak():
                if where == "notice":
                    found = await noticed(hall, app, device)
                else:
                    found = await walked(app, ("end",), (int(where.split()[1]),))
            if not told(found, (*marks, RINGS)):
                silent.append(where)
    assert silent == []


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
    marks = await a_month_ago(hall)
    found = await exported(hall, reader)
    assert {name.rpartition(".")[2] for name in found} == {"csv", "xlsx"}
    assert len(found) > 2 * len(GROUPS)
    assert told(found, marks) == []


async def test_each_leak_of_an_export_is_noticed(hall: LiveHall) -> None:
    marks = await a_month_ago(hall)
    for name, leak in FILES.items():
        with leak():
            found = {place for place, _ in told(await exported(hall, "0101"), marks)}
        assert {place.partition("-")[0] for place in found} == {name}
        assert {place.rpartition(".")[2] for place in found} == {"csv", "xlsx"}


async def a_month_ago(hall: LiveHall) -> tuple[str, ...]:
    """November is over, and frozen; every word that tells who rated in it."""
    _, marks = await rated_twice(hall)
    named = list(await hall.services.store.read(lambda tx: tx.fetch("SELECT id, number FROM ticket")))
    hall.clock.advance(10 * 24 * 3_600_000)
    return (*marks, "赵某某", *(word for row in named for word in row))


async def exported(hall: LiveHall, reader: str) -> dict[str, str]:
    """Every export of ratings there is, of every period and group."""
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
        return {path.name: opened(path) for path in (app.locations.data / "exports").iterdir()}


def opened(path: Path) -> str:
    """What stands in a file, an XLSX unpacked."""
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8-sig")
    with zipfile.ZipFile(path) as file:
        return "\n".join(file.read(name).decode() for name in file.namelist())
