"""Sign-on → first 20 queue rows, over a local copy with 100,000 cases: ms, in the real app over the real server.

from_enter     the last Enter of screen 0 → 20 rows laid out (the centre checks the PIN in this time)
from_session   the centre has answered → 20 rows laid out: what the terminal itself takes
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.rounds import figures, fill
from tests.screens.live_hall import PIN, LiveHall, make_template, press, send
from workstation.terminal import TerminalApp
from workstation.widgets.window_table import WindowTable


def painted(app: TerminalApp) -> bool:
    """Whether screen 1 has drawn the lines of 20 rows."""
    frame = app.top_frame
    if frame is None or frame.NUMBER != 1 or not frame.is_mounted:
        return False
    table = frame.query_one("#waiting", WindowTable)
    return table.count >= 20 and table.lines_painted > 20


async def measure(cases: int, rounds: int) -> dict[str, object]:
    """The report."""
    with tempfile.TemporaryDirectory() as folder:
        seeded = Path(folder) / "seeded"
        seeded.mkdir()
        hall = LiveHall(Path(folder) / "hall", make_template(seeded))
        device = await hall.device("0308")
        await hall.tickets(device, "0308", *["m-change"] * 25)
        machine = await hall.enrol()
        async with hall.sitting("0307", "03", machine=machine):
            pass
        fill(machine.path, cases, owners=200)
        from_enter, from_session = [], []
        async with hall.sitting(machine=machine) as app:
            for _ in range(rounds):
                await press(app, *"0307", "enter", *PIN, "enter")
                began = time.perf_counter()
                send(app, "enter")
                answered = 0.0
                while not painted(app):
                    await asyncio.sleep(0.001)
                    if not answered and app.desk is not None and app.desk.person is not None:
                        answered = time.perf_counter()
                ended = time.perf_counter()
                from_enter.append((ended - began) * 1000)
                from_session.append((ended - answered) * 1000)
                await press(app)
                await press(app, "f12")
        await hall.stop()
    return {
        "bench": "signon",
        "cases": cases,
        "rounds": rounds,
        "from_enter_ms": figures(from_enter),
        "from_session_ms": figures(from_session),
        "must_ms": 150,
    }


if __name__ == "__main__":
    tiny = "--tiny" in sys.argv
    print(json.dumps(asyncio.run(measure(100 if tiny else 100_000, 2 if tiny else 9))))
