"""Type-ahead over the real program in a pty: sign-on and so many calls by number, written at once, and how many were
done as typed. The burst goes over the change of the screen, and the exchange is busy all the while: each call is asked
of the server, and what it wrote is pulled.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pexpect

from tests.screens.live_hall import PIN
from tests.screens.real_hall import RealHall

PATIENCE_S = 600.0


def measure(calls: int) -> dict[str, object]:
    """The report."""
    with tempfile.TemporaryDirectory() as folder, RealHall(Path(folder)) as hall:
        hall.give_out("m-change", calls)
        argv = hall.command(hall.terminal("window 03"))
        child = pexpect.spawn(argv[0], argv[1:], env=hall.environment, dimensions=(30, 100), timeout=60)
        child.expect_exact("请登录".encode())
        numbers = [f"A{n:03d}" for n in range(calls, 0, -1)]
        began = time.perf_counter()
        burst = f"0307\r{PIN}\r03\r" + "".join(f"\x1bOS{number}\r\r\x1b[20~" for number in numbers)
        sent = 0
        while set(hall.states().values()) != {"done"} and time.perf_counter() - began < PATIENCE_S:
            if sent < len(burst):  # a pty holds 4 kB until somebody reads it
                sent += child.send(burst[sent : sent + 1024])
            try:
                child.read_nonblocking(65536, timeout=0.2)
            except pexpect.TIMEOUT:
                continue
        seconds = time.perf_counter() - began
        done = hall.calls()
        child.write("\x11")
        child.expect(pexpect.EOF)
        child.close()
    right = sum(one == other for one, other in zip(done, numbers, strict=False))
    return {
        "bench": "type_ahead",
        "bursts": calls,
        "right": right,
        "must": calls,
        "seconds": round(seconds, 1),
        "keys": len(burst),
    }


if __name__ == "__main__":
    print(json.dumps(measure(3 if "--tiny" in sys.argv else 100)))
