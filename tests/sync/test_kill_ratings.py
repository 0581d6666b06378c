"""kill -9 of the server and of a handler's machine while bad ratings come in: each bad one has its one entry of the
ledger, each good one none, and what the handler did to them is done once.

Phones post the citizens' own page until they are answered, now and then twice at once, as people do.
"""

import asyncio
import json
import os
import random
import signal
from typing import Any

import httpx
import pytest

from server_stub.central.seed import SeedRow, seed
from server_stub.public import token
from server_stub.public.central import SEALS
from server_stub.services import Services
from sync.clock import SystemClock
from tests.sync.nursery import WAIT, Lives, Nursery
from tests.sync.small_hall import BASE, CALLBACK, RATING, VERIFIER, SmallHall
from tests.sync.test_kill import STATEMENTS, device

LEVELS = ("very_satisfied", "fair", "dissatisfied", "very_dissatisfied")
BAD = frozenset(LEVELS[2:])
PHONES = 4
WEEK = 7 * 86_400_000


def invited(hall: SmallHall, count: int) -> list[str]:
    """Invitations that are open and a handler in the hall's store; the paths of their pages."""
    now = SystemClock().now()
    rows = [SeedRow("staff", "0401", BASE, {"name": "郑某", "site": "hall"})]
    for over in (RATING, CALLBACK):
        rows.append(SeedRow("role_assignment", over, BASE, {"staff": "0401", "role": "callback", "over": over}))
    about: dict[str, Any] = {"subject": "service", "state": "open", "matter": "m1", "window": "w1", "staff": "0307"}
    for n in range(count):
        told = {**about, "site": "hall", "opened_at": now, "lapses_at": now + WEEK}
        rows.append(SeedRow("invite", f"i{n}", RATING, told))
        rows.append(SeedRow("invite_link", f"i{n}", CALLBACK, {"ticket": f"t{n}", "number": f"A{n:03d}"}))
    services = Services.open(hall.url, SystemClock())
    seed(services.store, [], rows, {"0401": VERIFIER}, now)
    secret = services.store.secret(SEALS)
    services.store.close()
    return [f"/r/{token.make(secret, token.RATING, f'i{n}')}" for n in range(count)]


async def posts(url: str, paths: list[str], levels: dict[str, str], chance: random.Random, lost: list[int]) -> None:
    """One phone: the next page, until it is answered."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=WAIT) as phone:

        async def once(path: str) -> bool:
            try:
                answer = await phone.post(path, data={"level": levels[path]})
            except httpx.HTTPError:
                lost[0] += 1
                await asyncio.sleep(0.01)
                return False
            assert answer.status_code in (303, 503), answer.status_code
            return answer.status_code == 303

        while paths:
            path = paths.pop()
            while not all(await asyncio.gather(*(once(path) for _ in range(chance.choice((1, 1, 2)))))):
                pass
            await asyncio.sleep(chance.uniform(0, 0.15))


async def killed(
    hall: SmallHall, seed_of: int, *, ratings: int, moments: int, statements: int, handlers: int
) -> dict[str, Any]:
    chance = random.Random(seed_of)
    paths = invited(hall, ratings)
    levels = {path: chance.choice(LEVELS) for path in paths}
    server = Lives(hall)
    pid = await server.start()
    machine = await device(hall, server, "0401")
    actor = machine.actors["0401"]
    machine.store.close()
    lives = Nursery("kill_handler", machine.path, server.url, machine.transport.token, actor.staff, actor.session)
    lost, left = [0], list(paths)
    phones = [asyncio.create_task(posts(server.url, left, levels, random.Random(n), lost)) for n in range(PHONES)]

    async def handler() -> None:
        for n in range(handlers):
            if n % 2:
                await lives.killed(await lives.born(), chance.uniform(0.05, 0.3))
            else:
                await lives.born(dies_at=chance.randint(1, STATEMENTS))
                await lives.gone()

    handling = asyncio.create_task(handler())
    os.kill(pid, signal.SIGKILL)
    await server.nursery.gone()
    for end in chance.sample([*["moment"] * moments, *["statement"] * statements], moments + statements):
        if end == "moment":
            await server.nursery.killed(await server.start(), chance.uniform(0.05, 0.3))
        else:
            await server.start(dies_at=chance.randint(1, STATEMENTS))
            if server.nursery.alive:
                await server.nursery.gone()
    pid = await server.start()
    await asyncio.wait_for(asyncio.gather(*phones, handling), 4 * WAIT)
    lives.close()
    machine.open()
    while await machine.push():
        pass
    await machine.pull()
    os.kill(pid, signal.SIGTERM)
    await server.nursery.gone()
    server.nursery.close()
    found = judge(hall, {f"i{n}": levels[path] for n, path in enumerate(paths)})
    assert {id for (id,) in machine.all("SELECT id FROM rectification")} == found
    assert (machine.outbox(), machine.refusals()) == ([], [])
    await machine.close()
    assert hall.faults() == []
    assert lost[0] > 0
    return {"ratings": ratings, "bad": len(found), "entries": len(found), "posts_lost": lost[0]}


def judge(hall: SmallHall, levels: dict[str, str]) -> set[str]:
    """The centre against what was said; the ids of the bad ones."""
    bad = {id for id, level in levels.items() if level in BAD}
    assert dict(hall.all("SELECT id, level FROM rating")) == levels
    made = hall.all('SELECT "table", id, count(*) FROM log WHERE v = 1 AND "table" = \'rectification\' GROUP BY 1, 2')
    assert sorted(id for _, id, _ in made) == sorted(bad)
    assert {times for *_, times in made} == {1}
    assert {id for (id,) in hall.all("SELECT id FROM rectification WHERE source = 'rating'")} == bad
    answered = hall.all("SELECT id, count(*) FROM log WHERE v = 1 AND \"table\" = 'rating' GROUP BY id")
    assert sorted(answered) == sorted((id, 1) for id in levels)
    tries = hall.all("SELECT entry, count(*) FROM callback_attempt GROUP BY entry")
    assert all(times == 1 for _, times in tries)
    return bad


async def test_each_bad_rating_has_its_one_entry_whoever_is_killed(closed_hall: SmallHall) -> None:
    told = await killed(closed_hall, 5, ratings=60, moments=2, statements=5, handlers=6)
    assert told["bad"] > 20


@pytest.mark.prove
async def test_each_of_a_thousand_ratings_whoever_is_killed(
    closed_hall: SmallHall, capsys: pytest.CaptureFixture[str]
) -> None:
    told = await killed(closed_hall, 6, ratings=1000, moments=40, statements=160, handlers=120)
    with capsys.disabled():
        print(json.dumps({"kill_ratings": told}))
