"""Opening a list of 100,000 cases against the same list of 100: screen 2 (我的待办) in the real app, ms and ratio; and
a key → paint while moving in it, against the smallest app with one line that a key changes (p95 and ratio).
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.benchmarks.rounds import figures, fill
from tests.screens.live_hall import LiveHall, make_template, press, send
from workstation.terminal import TerminalApp
from workstation.widgets.window_table import WindowTable


async def open_list(app: TerminalApp) -> float:
    """Screen 7 → screen 2 with 20 of its lines drawn, ms."""
    app.goto(7)
    await press(app)
    before = painted(app)
    began = time.perf_counter()
    app.goto(2)
    while painted(app) < before + 20:
        await asyncio.sleep(0.001)
    ended = time.perf_counter()
    await press(app)
    return (ended - began) * 1000


def painted(app: TerminalApp) -> int:
    """How many lines screen 2's list has drawn so far."""
    frame = app._frames.get(2)
    tables = list(frame.query(WindowTable)) if frame is not None and frame.is_mounted else []
    return tables[0].lines_painted if tables else 0


class Smallest(App[None]):
    """One line; every key changes it."""

    painted = 0

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("ready")

    def on_key(self, event: events.Key) -> None:
        """Another text."""
        self.query_one(Static).update(f"key {self.painted} {event.key}")

    async def key(self) -> float:
        """A key → its paint, ms."""
        before = self.painted
        began = time.perf_counter()
        self.post_message(events.Key("down", None))
        while self.painted == before:
            await asyncio.sleep(0)
        return (time.perf_counter() - began) * 1000

    def _display(self, *what: Any) -> None:
        self.painted += 1
        super()._display(*what)


async def key_in_list(app: TerminalApp, table: WindowTable) -> float:
    """A key → its paint in the list, ms."""
    before = table.lines_painted
    began = time.perf_counter()
    send(app, "down")
    while table.lines_painted == before:
        await asyncio.sleep(0)
    took = (time.perf_counter() - began) * 1000
    await press(app)
    return took


def p95(values: list[float]) -> float:
    """The 95th of a hundred."""
    return round(sorted(values)[int(len(values) * 0.95)], 2)


async def measure(large: int, rounds: int) -> dict[str, object]:
    """The report."""
    times: dict[str, list[float]] = {"small": [], "large": []}
    keys: list[float] = []
    floor: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        seeded = Path(folder) / "seeded"
        seeded.mkdir()
        hall = LiveHall(Path(folder) / "hall", make_template(seeded))
        machines = {}
        for name, count in (("small", 100), ("large", large)):
            machines[name] = machine = await hall.enrol(name)
            async with hall.sitting("0307", machine=machine):
                pass
            fill(machine.path, count)
        for _ in range(rounds):
            for name, machine in machines.items():
                async with hall.sitting("0307", machine=machine) as app:
                    await open_list(app)  # the screen's first time loads its module
                    times[name].append(min([await open_list(app) for _ in range(3)]))
                    table = app.screen.query(WindowTable).first()
                    assert table.cache.count_now() == (100 if name == "small" else large), table.cache.count
                    if name == "large":
                        keys += [await key_in_list(app, table) for _ in range(60)]
            async with Smallest().run_test() as pilot:
                await pilot.pause()
                assert isinstance(pilot.app, Smallest)
                floor += [await pilot.app.key() for _ in range(60)]
        await hall.stop()
    small, large_figures = figures(times["small"]), figures(times["large"])
    return {
        "bench": "list",
        "rows": large,
        "rounds": rounds,
        "small_ms": small,
        "large_ms": large_figures,
        "ratio": round(large_figures["median"] / small["median"], 2),
        "must_ratio": 1.5,
        "key_p95_ms": p95(keys),
        "smallest_key_p95_ms": p95(floor),
        "key_ratio": round(p95(keys) / p95(floor), 2),
        "must_key_ratio": 2,
    }


if __name__ == "__main__":
    tiny = "--tiny" in sys.argv
    print(json.dumps(asyncio.run(measure(300 if tiny else 100_000, 1 if tiny else 5))))
