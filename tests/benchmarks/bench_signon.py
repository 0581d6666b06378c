"""Sign-on → first 20 queue rows, over a local copy with 100,000 cases, plain and encrypted: ms, in the real app over
the real server.

from_enter     the last Enter of screen 0 → 20 rows laid out (the centre checks the PIN in this time)
from_session   the centre has answered → 20 rows laid out: what the terminal itself takes
first          the first sign-on since the program began, which loads what the others find loaded
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sync.pin import hash_pin
from tests.benchmarks.rounds import figures, fill
from tests.screens.live_hall import PIN, LiveHall, make_template, press, send, text
from workstation.terminal import TerminalApp
from workstation.widgets.window_table import WindowTable

PATIENCE_SECONDS = 60.0
SITS = {"plain": ("0307", "03"), "encrypted": ("0308", "04")}


def painted(app: TerminalApp) -> bool:
    """Whether screen 1 has drawn the lines of 20 rows."""
    frame = app.top_frame
    if frame is None or frame.NUMBER != 1 or not frame.is_mounted:
        return False
    table = frame.query_one("#waiting", WindowTable)
    return table.count >= 20 and table.lines_painted > 20


async def sign_on(app: TerminalApp, staff: str) -> tuple[float, float]:
    """Signed on and off again; ms from the Enter and from the session."""
    await press(app, *staff, "enter", *PIN, "enter")
    began = time.perf_counter()
    send(app, "enter")
    answered = 0.0
    while not painted(app):
        assert time.perf_counter() - began < PATIENCE_SECONDS, "\n".join(text(app))
        await asyncio.sleep(0.001)
        if not answered and app.desk is not None and app.desk.person is not None:
            answered = time.perf_counter()
    ended = time.perf_counter()
    await press(app)
    await press(app, "f12")
    return (ended - began) * 1000, (ended - answered) * 1000


async def measure(cases: int, rounds: int, times: int) -> dict[str, object]:
    """The report."""
    found: dict[str, list[tuple[float, float]]] = {"plain": [], "encrypted": []}
    first: dict[str, list[tuple[float, float]]] = {"plain": [], "encrypted": []}
    with tempfile.TemporaryDirectory() as folder:
        seeded = Path(folder) / "seeded"
        seeded.mkdir()
        hall = LiveHall(Path(folder) / "hall", make_template(seeded, verifier=hash_pin(PIN)))
        device = await hall.device("0308")
        await hall.tickets(device, "0308", *["m-change"] * 25)
        machines = {name: await hall.enrol(name, encrypted=name == "encrypted") for name in found}
        for name, machine in machines.items():
            async with hall.sitting(*SITS[name], machine=machine):
                pass
            fill(machine.path, cases, owners=200, key=machine.key.replica)
        for i in range(rounds):
            for name in sorted(machines, reverse=bool(i % 2)):
                async with hall.sitting(machine=machines[name]) as app:
                    first[name].append(await sign_on(app, SITS[name][0]))
                    found[name] += [await sign_on(app, SITS[name][0]) for _ in range(times)]
        await hall.stop()

    def told(values: list[tuple[float, float]]) -> dict[str, object]:
        return {
            "from_enter_ms": figures([enter for enter, _ in values]),
            "from_session_ms": figures([session for _, session in values]),
        }

    return {
        "bench": "signon",
        "cases": cases,
        "rounds": rounds,
        "sign_ons": rounds * times,
        **{name: {**told(found[name]), "first": told(first[name])} for name in found},
        "must_ms": 150,
    }


if __name__ == "__main__":
    tiny = "--tiny" in sys.argv
    print(json.dumps(asyncio.run(measure(100, 1, 1) if tiny else measure(100_000, 3, 3))))
