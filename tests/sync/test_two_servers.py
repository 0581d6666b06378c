"""Two server processes on one PostgreSQL, and one of them is killed while all windows press: nobody is called twice.

What a killed process had not answered is said again to the other one, under the same number: it happens once.
"""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server_stub.central.people import new_code
from server_stub.services import Services
from sync.calendar import DAY_MS, day_of
from sync.clock import DrivenClock
from tests.postgres import database, named
from tests.sync.crowded import crowd_of
from tests.sync.pressing import PATIENCE, Seat
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import MONDAY, SmallHall


@pytest.fixture
def empty_store(postgres: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of the test's own."""
    with database(postgres) as dsn:
        yield named(dsn, "", blobs=str(tmp_path / "blobs"))


async def press(seat: Seat, called: Counter[str]) -> None:
    """Until nobody waits any more."""
    while (ticket := await seat.call()) is not None:
        called[ticket] += 1
        await seat.miss(ticket)


async def killings(servers: list[ServerProcess], called: Counter[str], tickets: int, kills: int) -> int:
    """Each time a share of the queue has been called one server is killed, and is there again before the next."""
    chosen = random.Random(7)
    for kill in range(kills):
        until = time.monotonic() + PATIENCE
        while sum(called.values()) < tickets * (kill + 1) // (kills + 1):
            assert time.monotonic() < until
            await asyncio.sleep(0.002)
        server = chosen.choice(servers)
        server.kill()
        await asyncio.to_thread(server.start)
    return kills


async def hall_is_called_out(url: str, folder: Path, *, windows: int, tickets: int, kills: int) -> dict[str, object]:
    now = MONDAY
    hall = SmallHall(folder / "hall", now=now, url=url).make(crowd_of(windows, tickets, now))
    services = Services.open(url, DrivenClock(now))
    codes = [services.store.transact(lambda tx: new_code(tx, now)) for _ in range(windows)]
    services.store.close()
    servers = [ServerProcess(url, log=folder / f"server{i}.log", at=now) for i in range(2)]
    seats: list[Seat] = []
    called: Counter[str] = Counter()
    try:
        urls = [server.url for server in servers]
        seats = [await Seat.take(urls, code, i, DrivenClock(now)) for i, code in enumerate(codes)]
        for i, seat in enumerate(seats):
            await seat.open(f"c{i}")
        began = time.monotonic()
        await asyncio.gather(killings(servers, called, tickets, kills), *(press(seat, called) for seat in seats))
        took = time.monotonic() - began
    finally:
        for seat in seats:
            seat.close()
        for server in servers:
            server.close()
    assert called == Counter(f"t{i}" for i in range(tickets)), "each once, on the windows' own account"
    assert hall.all('SELECT ticket FROM "call" GROUP BY ticket HAVING count(*) > 1') == []
    assert hall.all('SELECT count(*) FROM "call"') == [(tickets,)]
    assert hall.all("SELECT count(*) FROM result WHERE status NOT IN ('accepted', 'refused')") == [(0,)]
    assert hall.faults() == []
    moved = sum(seat.moved for seat in seats)
    return {"windows": windows, "tickets": tickets, "kills": kills, "asked_again": moved, "seconds": round(took, 1)}


async def test_one_of_two_servers_is_killed_while_windows_press(empty_store: str, tmp_path: Path) -> None:
    told = await hall_is_called_out(empty_store, tmp_path, windows=8, tickets=40, kills=1)
    assert told["asked_again"], "the killed one was in use"


async def wants(url: str, client: httpx.AsyncClient, day: str, n: int) -> str:
    """One citizen's phone: opens the form, sends it, once more where the store was busy; what the page answered."""
    page = await client.get(f"{url}/b", params={"m": "m1", "day": day})
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    form = {**hidden, "minute": "600", "phone": f"1390000{n:04d}", "holder": ""}
    for _ in range(20):
        answer = await client.post(f"{url}/b", data=form)
        if answer.status_code != 503:
            break
    return answer.headers["location"] if answer.status_code == 303 else str(answer.status_code)


async def test_half_an_hour_is_not_overbooked_by_phones_at_two_servers(empty_store: str, tmp_path: Path) -> None:
    """Twenty people at once for the two seats of one half hour: two have them, and seats and codes differ."""
    now = MONDAY
    hall = SmallHall(tmp_path / "hall", now=now, url=empty_store).make(crowd_of(1, 0, now))
    day = day_of(now + DAY_MS)
    servers = [ServerProcess(empty_store, log=tmp_path / f"server{i}.log", at=now) for i in range(2)]
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
            told = await asyncio.gather(*(wants(servers[n % 2].url, client, day, n) for n in range(20)))
    finally:
        for server in servers:
            server.close()
    assert Counter(answer[:3] for answer in told) == {"/a/": 2, "422": 18}
    assert sorted(hall.all("SELECT seat, minute, day FROM appointment")) == [(1, 600, day), (2, 600, day)]
    assert hall.all('SELECT count(*) FROM booking WHERE "open"') == [(2,)]
    assert hall.faults() == []


@pytest.mark.prove
async def test_three_hundred_tickets_at_forty_windows(
    empty_store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = await hall_is_called_out(empty_store, tmp_path, windows=40, tickets=300, kills=6)
    with capsys.disabled():
        print(json.dumps({"proof": "two servers, one killed", "double_calls": 0, **told}))
