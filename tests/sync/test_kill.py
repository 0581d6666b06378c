"""kill -9 of real processes, at moments that nobody chose and before statements drawn by lot: before or after, never
between; nothing lost or twice.

A nursery loads a program once and forks it for each life; a life ends from outside after some milliseconds, or by its
own hand before the nth SQL statement (tests/sync/dying.py).
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server_stub.central.people import new_code
from server_stub.services import Services
from sync.clock import SystemClock
from sync.device_key import DeviceKey
from sync.errors import TransportError
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from sync.replica.exchange import Exchange
from sync.replica.sessions import enrol
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport
from tests.sync.nursery import ROOT, WAIT, Lives, Nursery
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import CASES, QUEUE, Machine, SmallHall

STATEMENTS = 400  # a life comes so far in a fraction of a second


@pytest.fixture
def server(closed_hall: SmallHall) -> Iterator[ServerProcess]:
    """The hall, served by a process of its own."""
    server = ServerProcess(closed_hall.url, log=closed_hall.folder / "server.log")
    yield server
    server.close()


async def device(hall: SmallHall, server: ServerProcess | Lives, *staff: str) -> Machine:
    """A device that speaks real HTTP to the process."""
    services = Services.open(hall.url, SystemClock())
    code = services.store.transact(lambda tx: new_code(tx, SystemClock().now()))
    services.store.close()
    door = HttpTransport(server.url)
    key = DeviceKey.make()
    given = await enrol(door, code, "x", key)
    await door.close()
    path = hall.folder / f"{given.device}.db"
    ReplicaStore.create(path, device=given.device, hall=given.hall, shapes=given.shapes)
    machine = Machine(path, None, hall.clock, given.device, key)
    machine.clock = SystemClock()  # type: ignore[assignment]
    await machine.transport.close()
    machine.transport = HttpTransport(server.url)
    machine.exchange = Exchange(machine.store, machine.transport, machine.clock, key)
    for person in staff:
        await machine.sign_on(person)
    await machine.pull()
    return machine


@contextlib.contextmanager
def nursery(machine: Machine, journal: Path) -> Iterator[Nursery]:
    actor = machine.actors["0307"]
    arguments = [machine.path, journal, machine.transport.url, machine.transport.token, actor.staff, actor.session]
    workers = Nursery("kill_worker", *arguments)
    try:
        yield workers
    finally:
        workers.close()


def lines(journal: Path) -> list[dict[str, str | int]]:
    if not journal.exists():  # on a busy machine the first life ends before it has said anything
        return []
    return [json.loads(line) for line in journal.read_bytes().splitlines()]


def whole_or_not(machine: Machine, journal: Path) -> None:
    """After a kill: the file is sound, and every operation that was queued is somewhere, exactly once."""
    with contextlib.closing(sqlite3.connect(f"file:{machine.path}?mode=rw", uri=True)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        outbox = dict(file.execute("SELECT n, kind FROM outbox").fetchall())
        last = int(file.execute("SELECT value FROM meta WHERE name = 'last_n'").fetchone()[0])
        pulled = {id for (id,) in file.execute("SELECT id FROM case_note")}
    told = lines(journal)
    assert all(n <= last for n in outbox), "an operation without its number"
    for line in told:
        if "queued" in line:
            assert line["queued"] in pulled, f"{line}: neither pending (its preview) nor done"
            assert int(line["n"]) <= last


async def kill_replicas(
    hall: SmallHall, server: ServerProcess, seed: int, *, moments: int, statements: int
) -> dict[str, int]:
    """One workstation with so many lives; what came of it."""
    kills = moments + statements
    chance, journal = random.Random(seed), hall.folder / "journal"
    machine = await device(hall, server, "0307")
    machine.store.close()
    journal.touch()  # a life on a busy machine may end before it has said anything
    with nursery(machine, journal) as workers:
        for end in chance.sample([*["moment"] * moments, *["statement"] * statements], kills):
            if end == "moment":
                await workers.killed(await workers.born(), chance.uniform(0.02, 0.25))
            else:
                await workers.born(dies_at=chance.randint(1, STATEMENTS))
                await workers.gone()
            whole_or_not(machine, journal)
    machine.open()
    while await machine.push():
        pass
    await machine.pull()
    assert machine.outbox() == []
    assert machine.refusals() == []
    told = lines(journal)
    asked, queued = (
        {line["ask"] for line in told if "ask" in line},
        {line["queued"] for line in told if "queued" in line},
    )
    centre = [id for (id,) in hall.all("SELECT id FROM case_note")]
    assert len(queued) > kills // 4, "there was work, also on a busy machine"
    assert len(centre) == len(set(centre))
    assert queued <= set(centre) <= asked, "what was queued is there; what was asked may be"
    notes = hall.all("SELECT id, count(*) FROM log WHERE \"table\" = 'case_note' GROUP BY id HAVING count(*) > 1")
    assert notes == [], "twice"
    numbers = hall.all("SELECT day, number FROM ticket")
    assert len(numbers) == len(set(numbers))
    await machine.close()
    assert server.stop() == 0
    assert hall.faults() == []
    return {"kills": kills, "operations": 2 * len(centre), "lost": len(queued - set(centre)), "doubled": len(notes)}


async def test_a_workstation_killed_again_and_again(closed_hall: SmallHall, server: ServerProcess) -> None:
    await kill_replicas(closed_hall, server, seed=1, moments=10, statements=15)


@pytest.mark.prove
async def test_a_workstation_killed_six_hundred_times(
    closed_hall: SmallHall, server: ServerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    done = await kill_replicas(closed_hall, server, seed=2, moments=100, statements=500)
    with capsys.disabled():
        print(json.dumps({"kill_replica": done}))


async def kill_servers(hall: SmallHall, seed: int, *, moments: int, statements: int) -> dict[str, int]:
    """Two devices push on and on; the server is killed and started again."""
    chance, kills = random.Random(seed), moments + statements
    server = Lives(hall)
    pid = await server.start()
    machines = [await device(hall, server, staff) for staff in ("0307", "0308")]
    said: list[str] = []
    ended: dict[tuple[str, int], str] = {}
    lost = [0]
    working = True

    async def work(machine: Machine, mine: int) -> None:
        i = 0
        while working or machine.store.pending():
            if working and machine.store.pending() < 100:
                note = f"{mine}-{i}"
                machine.do(cases.Note(note=note, text="有话说"), id="c0", scope=CASES)
                machine.do(tickets.Issue(matter="m1", site="hall"), id=f"t{note}", scope=QUEUE)
                said.append(note)
                i += 1
            try:
                for result in await machine.push():
                    assert (machine.device, result.n) not in ended
                    ended[machine.device, result.n] = result.status
                await machine.pull()
            except TransportError:
                lost[0] += 1
                await asyncio.sleep(0.01)

    workers = [asyncio.create_task(work(machine, i)) for i, machine in enumerate(machines)]
    died_young = 0
    os.kill(pid, signal.SIGKILL)
    await server.nursery.gone()
    for end in chance.sample([*["moment"] * moments, *["statement"] * statements], kills):
        if end == "moment":
            await server.nursery.killed(await server.start(), chance.uniform(0.05, 0.3))
        else:
            await server.start(dies_at=chance.randint(1, STATEMENTS))
            died_young += not server.nursery.alive
            if server.nursery.alive:
                await server.nursery.gone()
    pid = await server.start()
    working = False
    await asyncio.wait_for(asyncio.gather(*workers), 2 * WAIT)
    for machine in machines:
        await machine.pull()
    assert set(ended.values()) == {"accepted"}
    notes = sorted(id for (id,) in hall.all("SELECT id FROM case_note"))
    assert notes == sorted(said)
    assert len(hall.all("SELECT * FROM ticket")) == len(said)
    [(doubled,)] = hall.all(
        "SELECT count(*) FROM (SELECT 1 FROM log WHERE \"table\" = 'case_note' GROUP BY id HAVING count(*) > 1)"
    )
    assert doubled == 0
    for machine in machines:
        assert machine.outbox() == []
        assert {id for (id,) in machine.all("SELECT id FROM case_note")} == set(said)
        await machine.close()
    os.kill(pid, signal.SIGTERM)
    await server.nursery.gone()
    server.nursery.close()
    audit = [sys.executable, "-m", "server_stub", "audit", "verify", "--store", hall.url]
    told = await asyncio.to_thread(subprocess.run, audit, capture_output=True, text=True, cwd=ROOT)
    assert (told.returncode, told.stdout) == (0, "chain whole\n")
    assert lost[0] >= moments
    return {"kills": kills, "at_start": died_young, "operations": 2 * len(said), "lost": 0, "doubled": doubled}


@pytest.mark.parametrize(
    ("closed_hall", "moments", "statements"), [("sqlite", 3, 6), ("postgresql", 1, 3)], indirect=["closed_hall"]
)
async def test_a_server_killed_while_pushes_come_in(closed_hall: SmallHall, moments: int, statements: int) -> None:
    await kill_servers(closed_hall, seed=3, moments=moments, statements=statements)


@pytest.mark.prove
@pytest.mark.parametrize("closed_hall", ["sqlite", "postgresql"], indirect=True)
async def test_a_server_killed_six_hundred_times(closed_hall: SmallHall, capsys: pytest.CaptureFixture[str]) -> None:
    done = await kill_servers(closed_hall, seed=4, moments=100, statements=500)
    with capsys.disabled():
        print(json.dumps({"kill_server": done, "store": closed_hall.url.partition(":")[0]}))


async def test_a_server_asked_to_stop_ends_its_streams_and_stops(closed_hall: SmallHall, server: ServerProcess) -> None:
    machine = await device(closed_hall, server, "0307")
    headers = {"authorization": f"Bearer {machine.transport.token}"}
    async with (
        httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
        client.stream("GET", "/v1/live", headers=headers) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        chunks = response.aiter_text()
        assert (await anext(chunks)).startswith(": here")
        stopping = asyncio.create_task(asyncio.to_thread(server.stop, 15.0))
        rest = [chunk async for chunk in chunks]
        assert await stopping == 0
        assert all(chunk.startswith(":") for chunk in rest)
    assert (closed_hall.folder / "server.log").read_text() == ""
    await machine.close()
