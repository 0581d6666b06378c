"""Five hundred workstations at which nobody does anything: how soon all of them hear that something moved, what each of
them takes of the server's memory, and what a workstation asks meanwhile.

python tests/benchmarks/bench_idle.py [--tiny]      live connections of as many devices, in processes apart

    wake_ms           an operation is sent → the last of them has heard of it; after its answer: of that the answer
    kB                the server's own memory with all of them, less what it had before the first, for each
    asked_a_minute    by the product's engine at an open window, through a proxy that counts, but for its heartbeat
"""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from sync.clock import SystemClock
from sync.device_key import DeviceKey
from sync.protocol.identifiers import uuid7
from sync.protocol.verbs import ticket as verbs
from sync.replica.engine import Engine
from sync.replica.sessions import Opening, enrol, open_session
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor, submit
from sync.transport.http import HttpTransport
from tests.benchmarks.light import Crowd, processes
from tests.benchmarks.sync_bench import CLOCK, codes_of, report, small_hall, spread
from tests.sync.crowded import crowd_of
from tests.sync.hall_names import PIN, QUEUE
from tests.sync.pressing import Seat
from tests.sync.server_process import ServerProcess
from tests.sync.toxic import Proxy

SETTLED_SECONDS = 1.5  # longer than anything takes that a beginning brings with it
HEARTBEAT = "POST /v1/heartbeat"
MUST = {"wake_ms": 60, "kb": 60, "asked_a_minute": 0}


def own_kb(pid: int) -> int:
    """Memory that is this process's alone."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kb) for kb in re.findall(r"^Private_\w+: +(\d+) kB", told, re.M))


async def wakings(seat: Seat, crowd: Crowd, times: int) -> tuple[list[float], list[float]]:
    """A ticket is given out: ms until all have heard, and until the answer."""
    all_heard, answered = [], []
    for _ in range(times):
        began = time.monotonic()
        result = await seat.say(verbs.Issue(matter="m1", site="hall"), uuid7(CLOCK.now()))
        answered.append((time.monotonic() - began) * 1000)
        assert result.status == "accepted", result
        heard = await asyncio.to_thread(crowd.all, "heard", scope=QUEUE, seq=result.seqs[QUEUE])
        all_heard.append((max(heard) - began) * 1000)
    return all_heard, answered


class Workstation:
    """The product's engine at an open window, where nobody presses a key."""

    def __init__(self, folder: Path, url: str, code: str) -> None:
        self._changed = threading.Condition()
        opening, given, opened = asyncio.run(_sits_down(url, code))
        path = folder / f"{given.device}.db"
        ReplicaStore.create(path, device=given.device, hall=given.hall, shapes=given.shapes)
        self.store = ReplicaStore(path)
        self.engine = Engine(self.store, url, SystemClock(), on_status=lambda _: self._wake())
        self.engine.start()
        self.engine.sign_on(opening, opened)
        self.until(lambda: self.engine.status.online and bool(self.store.read("SELECT 1 FROM cursor")))
        session = uuid7(CLOCK.now())
        actor = Actor(opened.staff, opened.session)
        submit(self.store, CLOCK, actor, verbs.OpenWindow(window="w1"), id=session, scope=QUEUE)
        self.engine.nudge()
        self.until(lambda: not self.store.pending())
        self.engine.sit(session)

    def until(self, condition: Any, seconds: float = 60.0) -> None:
        """Wait for what the engine tells."""
        with self._changed:
            end = time.monotonic() + seconds
            while not condition():
                assert time.monotonic() < end, self.engine.status
                self._changed.wait(0.05)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Go home."""
        self.engine.stop()
        self.store.close()


async def _sits_down(url: str, code: str) -> Any:
    door, key = HttpTransport(url), DeviceKey.make()
    given = await enrol(door, code, "window", key)
    opening = Opening(given.device, key, "0307", PIN)
    opened = await open_session(door, opening)
    await door.close()
    return opening, given, opened


def asked(folder: Path, url: str, code: str, seconds: float) -> dict[str, float]:
    """What a settled workstation asks, a minute."""
    with Proxy(url) as proxy:
        workstation = Workstation(folder, proxy.url, code)
        try:
            settled, before = time.monotonic(), proxy.requests
            while time.monotonic() - settled < SETTLED_SECONDS:  # leases and the last pull, until it is quiet
                time.sleep(0.05)
                if proxy.requests != before:
                    settled, before = time.monotonic(), proxy.requests
            time.sleep(seconds)
            told = proxy.requests - before
        finally:
            workstation.close()
    return {request: round(count * 60 / seconds, 2) for request, count in sorted(told.items())}


def main(tiny: bool) -> None:
    count, times, rounds, seconds = (8, 1, 1, 0.5) if tiny else (500, 5, 4, 60.0)
    with small_hall(rows=crowd_of(count + 1, 0, CLOCK.now())) as small, Crowd(processes(count)) as crowd:
        codes = codes_of(small, count + 2)
        server = ServerProcess(small.url, log=small.folder / "server.log")
        try:
            crowd.all("take", codes=[(code, i, server.url) for i, code in enumerate(codes[:count])])
            with asyncio.Runner() as runner:
                seat = runner.run(Seat.take([server.url], codes[count], count))
                before = own_kb(server.pid)
                crowd.all("listen")
                after = own_kb(server.pid)
                woken = [runner.run(wakings(seat, crowd, times)) for _ in range(rounds)]
                idle = asked(small.folder, server.url, codes[count + 1], seconds)
                seat.close()
        finally:
            server.close()
    report(
        "idle",
        workstations=count,
        rounds=rounds,
        wakings=times * rounds,
        wake_ms=spread([statistics.median(heard) for heard, _ in woken], 1),
        slowest_wake_ms=round(max(max(heard) for heard, _ in woken), 1),
        answer_ms=spread([statistics.median(answers) for _, answers in woken], 1),
        kb=round((after - before) / count, 1),
        watched_s=seconds,
        heartbeats_a_minute=idle.pop(HEARTBEAT, 0),
        asked_a_minute=sum(idle.values()),
        asked=idle,
        must=MUST,
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
