"""Sites on bad lines: ten hours without the hall by the driven clock, then 64 kbit/s with loss and 200 ms, broken now
and then – and everything converges, nothing lost, nothing doubled.

CI has four sites on lines eight times as fast; `./run prove` all 22 at the real speed, and prints what it did as JSON.
"""

import asyncio
import contextlib
import json
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server_stub.central.seed import SeedRow
from sync.clock import DrivenClock
from sync.protocol.operation import Args, kind_of
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from tests.sync.oracle import CentreOracle, Said
from tests.sync.reader import SqliteReader
from tests.sync.replica_oracle import ReplicaOracle
from tests.sync.small_hall import BASE, Machine, SmallHall
from tests.sync.test_toxic import GRID, listening, reached_by, rounds_until_quiet
from tests.sync.toxic import ToxicLink

HOURS = 10
HOUR_MS = 3_600_000
ROUNDS = 40


def scopes_of(site: int) -> tuple[str, str]:
    return f"licang:queue/s{site}", f"licang:case/s{site}"


def sites(count: int) -> list[SeedRow]:
    """Each with a queue, a case scope and a clerk of its own."""
    rows: list[SeedRow] = []
    for site in range(count):
        queue, case = scopes_of(site)
        told: dict[str, Any] = {"name": f"网点{site}", "kind": "park", "queue_scope": queue, "case_scope": case}
        rows.append(SeedRow("site", f"s{site}", BASE, told))
        rows.append(SeedRow("staff", f"15{site:02d}", BASE, {"name": "赵某", "site": f"s{site}"}))
        for over in (queue, case):
            role = {"staff": f"15{site:02d}", "role": "clerk", "over": over}
            rows.append(SeedRow("role_assignment", f"r{site}-{over}", BASE, role))
    return rows


class Site:
    """A laptop at a site: what its clerk says is remembered for the oracles."""

    def __init__(self, number: int, machine: Machine, said: dict[tuple[str, int], Said]) -> None:
        self.number, self.machine, self.said = number, machine, said
        self.queue, self.case = scopes_of(number)
        self.by = f"15{number:02d}"
        self.made = 0

    def say(self, args: Args, id: str, scope: str) -> None:
        n = self.machine.do(args, id=id, scope=scope, by=self.by)
        [(after,)] = self.machine.all("SELECT after FROM outbox WHERE n = ?", n)
        told = msgspec.to_builtins(args)
        self.said[self.machine.device, n] = Said(self.machine.device, n, kind_of(args), id, scope, self.by, told, after)

    def work(self, chance: random.Random) -> None:
        """One visitor: a ticket; a case with a note; now and then a field mended."""
        self.made += 1
        id = f"{self.number}-{self.made}"
        self.say(tickets.Issue(matter="m1", site=f"s{self.number}", holder="吴某"), f"t{id}", self.queue)
        received = cases.Receive(
            matter="m1",
            site=f"s{self.number}",
            applicant="吴某",
            form={"phone": "1", "address": "路" * 30},
            document=f"d{id}",
        )
        self.say(received, f"c{id}", self.case)
        self.say(cases.Note(note=f"n{id}", text="有话说 " * chance.randint(1, 20)), f"c{id}", self.case)
        if chance.random() < 0.5:
            self.say(cases.Edit(field="phone", was="1", value="2"), f"c{id}", self.case)


async def grid(folder: Path, *, count: int, visitors: int, speed: float, seed: int) -> dict[str, Any]:
    """The whole scenario; what it did."""
    began, chance = time.monotonic(), random.Random(seed)
    every = [scope for site in range(count) for scope in scopes_of(site)]
    hall = SmallHall(folder / "hall").make(sites(count), every)
    said: dict[tuple[str, int], Said] = {}
    centre = CentreOracle(SqliteReader(hall.folder / "central.db"), said)
    centre.look()
    async with listening(hall) as port, contextlib.AsyncExitStack() as stack:
        places, links = [], []
        for number in range(count):
            clock = DrivenClock(hall.clock.now(), skew_ms=chance.randint(-86_400_000, 86_400_000))
            machine = await hall.machine(f"15{number:02d}", clock=clock)
            link = ToxicLink(port, replace(GRID), replace(GRID), speed=speed, seed=seed + number)
            links.append(await stack.enter_async_context(link))
            await reached_by(machine, link.url)
            link.partition(out=True, into=True)
            places.append(Site(number, machine, said))
        for _ in range(visitors):
            for clock in (hall.clock, *(place.machine.clock for place in places)):
                clock.advance(HOURS * HOUR_MS // visitors)
            for place in places:
                place.work(chance)
        offline = sum(len(place.machine.outbox()) for place in places)
        assert offline == len(said), "nothing has come through, nothing was lost"

        async def trouble() -> None:
            """The lines come back, and one breaks now and then in a way of its own."""
            for link in links:
                link.heal()
            for _ in range(2 * count):
                await asyncio.sleep(chance.uniform(0.2, 1.0) / speed)
                link = chance.choice(links)
                link.partition(out=chance.random() < 0.5, into=chance.random() < 0.5)
                await asyncio.sleep(chance.uniform(0.2, 1.0) / speed)
                link.cut()
                link.heal()

        troubles = asyncio.create_task(trouble())
        rounds = await asyncio.gather(*(rounds_until_quiet(place.machine, ROUNDS) for place in places))
        await troubles
        for place in places:  # once more after the last trouble, for whoever was quiet before
            await rounds_until_quiet(place.machine, ROUNDS)
        centre.look()
        for place in places:
            oracle = ReplicaOracle(place.machine.path, place.machine.device, centre)
            for key, ended in centre.ended.items():
                if key in said:
                    said[key].end = ended.status
            oracle.quiet()
            oracle.close()
    centre.close()
    ends = [said.end for said in said.values()]
    notes = hall.all("SELECT id, count(*) FROM log WHERE \"table\" = 'case_note' GROUP BY id")
    asked = {told.args["note"] for told in said.values() if told.kind == "case.note@1"}
    told = [link.told for link in links]
    return {
        "sites": count,
        "operations": len(said),
        "accepted": ends.count("accepted"),
        "lost": len(asked - {id for id, _ in notes}) + ends.count(""),
        "doubled": sum(times > 1 for _, times in notes),
        "rounds": max(rounds),
        "bytes": sum(each.bytes for each in told),
        "segments_lost": sum(each.lost for each in told),
        "bytes_swallowed": sum(each.swallowed for each in told),
        "connections": sum(each.connections for each in told),
        "faults": len(hall.faults()),
        "seconds": round(time.monotonic() - began, 1),
    }


async def test_four_sites_ten_hours_apart(tmp_path: Path) -> None:
    done = await grid(tmp_path, count=4, visitors=6, speed=12, seed=1)
    assert (done["lost"], done["doubled"], done["faults"]) == (0, 0, 0), done
    assert done["accepted"] == done["operations"] > 70


@pytest.mark.prove
async def test_twenty_two_sites_ten_hours_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = await grid(tmp_path, count=22, visitors=60, speed=1, seed=2)
    with capsys.disabled():
        print(json.dumps({"grid": done}))
    assert (done["lost"], done["doubled"], done["faults"]) == (0, 0, 0), done
    assert done["accepted"] == done["operations"] > 4_000
