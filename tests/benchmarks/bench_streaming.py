"""A key → its paint in a list of 100,000 cases while a snapshot of 100,000 streams into the copy, against the same list
when it has come to rest: the real app, its engine, and a server process.

python tests/benchmarks/bench_streaming.py [--tiny]

    gap_ms       the longest that a key waited for its paint
    streamed_s   how long the snapshot took with somebody pressing keys all the while

A key every 30 ms, as one that is held down; each round is a new machine, first streaming, then at rest.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from server_stub.central.opening import open_store
from server_stub.central.seed import SeedRow, seed
from sync.clock import SystemClock
from sync.device_key import DeviceKey
from sync.replica.sessions import enrol
from sync.replica.snapshot import arriving
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport
from tests.benchmarks.bench_list import key_in_list, open_list, p95
from tests.benchmarks.rounds import case_bodies, figures, fill
from tests.screens.live_hall import CASES, NOW, PIN, Machine, press, until
from tests.screens.real_hall import RealHall
from workstation import journal
from workstation.locations import locate
from workstation.settings import Settings
from workstation.terminal import Terminal, TerminalApp
from workstation.widgets.window_table import WindowTable

CLOCK = SystemClock()
HELD_DOWN_SECONDS = 0.03
AT_REST = 100
"""Keys a round at rest."""


async def machine(hall: RealHall, name: str, count: int) -> Machine:
    """Enrolled, with so many cases in its copy already, as a machine that comes back after a long time."""
    door, key = HttpTransport(hall.process.url), DeviceKey.make()
    given = await enrol(door, hall.code(), name, key)
    await door.close()
    path = hall.folder / name / "replica.db"
    ReplicaStore.create(path, device=given.device, hall=given.hall, shapes=given.shapes)
    fill(path, count)
    return Machine(path, given.device, key)


def terminal(machine: Machine, url: str) -> TerminalApp:
    """A terminal on this machine, not yet running."""
    locations = locate(machine.path.parent)
    return TerminalApp(
        Terminal(machine.path, url, lambda: machine.key, locations, CLOCK, ()),
        clock=CLOCK,
        settings=Settings(),
        locations=locations,
        journal=journal.Journal(locations.journal_file, CLOCK),
    )


async def keys(app: TerminalApp, table: WindowTable, times: int) -> list[float]:
    """So many keys held down, ms to the paint of each."""
    found = []
    for _ in range(times):
        found.append(await key_in_list(app, table))
        await asyncio.sleep(HELD_DOWN_SECONDS)
    return found


async def one_round(hall: RealHall, name: str, count: int) -> tuple[list[float], list[float], float]:
    """Keys while it streams, keys at rest, and the seconds of the streaming."""
    sits_at = await machine(hall, name, count)
    app = terminal(sits_at, hall.process.url)
    async with app.run_test(size=(100, 30)):
        await asyncio.wait_for(app.opened.wait(), 20)
        await press(app)
        await app.sign_on("0307", PIN, "")
        await until(app, lambda: app.person.staff_id == "0307")
        desk = app.desk
        assert desk is not None

        def streams() -> bool:
            done, rows = arriving(desk.engine.store)
            return rows > done

        def held() -> bool:
            return bool(desk.read("SELECT 1 FROM cursor WHERE scope = ? AND seq >= ?", (CASES, count)))

        await until(app, lambda: streams() or held(), 300.0)
        began = time.perf_counter()
        await open_list(app)
        table = app.screen.query(WindowTable).first()
        streaming: list[float] = []
        while not held():
            pressed = await keys(app, table, 5)
            if not held():
                streaming += pressed
        took = time.perf_counter() - began
        await press(app)
        await keys(app, table, 5)
        return streaming, await keys(app, table, AT_REST), took


def told(values: list[list[float]]) -> dict[str, object]:
    """Over the rounds."""
    return {
        "keys": sum(map(len, values)),
        "p95_ms": figures([p95(each) for each in values if each] or [0.0]),
        "gap_ms": round(max((max(each) for each in values if each), default=0.0), 1),
    }


async def measure(count: int, rounds: int) -> dict[str, object]:
    """The report."""
    streaming, rest, seconds = [], [], []
    with tempfile.TemporaryDirectory() as name:
        hall = RealHall(Path(name))
        store = open_store(f"sqlite:///{hall.store}")
        seed(store, (), [SeedRow("case", id, CASES, body) for id, body in case_bodies(count)], {}, NOW)
        store.close()
        with hall:
            for i in range(rounds):
                while_it_streams, at_rest, took = await one_round(hall, f"machine{i}", count)
                streaming.append(while_it_streams)
                rest.append(at_rest)
                seconds.append(took)
    ratio = [p95(a) / p95(b) for a, b in zip(streaming, rest, strict=True) if a]
    return {
        "bench": "streaming",
        "rows": count,
        "rounds": rounds,
        "streaming": told(streaming),
        "rest": told(rest),
        "streamed_s": figures(seconds),
        "ratio": figures(ratio) if ratio else {},
        "must_ratio": 2,
        "must_gap_ms": 100,
    }


if __name__ == "__main__":
    tiny = "--tiny" in sys.argv
    print(json.dumps(asyncio.run(measure(6_000 if tiny else 100_000, 1 if tiny else 3))))
