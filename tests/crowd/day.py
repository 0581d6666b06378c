"""A day at many windows: a hall with its past, a server process, one a window and a terminal, and who kills them.

    day = CrowdedDay(folder, windows=30, terminals=2, tickets=850, past=120_000)
    await day.begin()            enrolled, everything pulled, all at work
    await day.kill(server=20, machines=100, away=6)        each after a share of the tickets has ended
    await day.end()              everybody leaves and says what is unsent
    day.faults()                 what the oracle finds, the audit, the copies against the centre

The hall's time is ten in the morning, whatever the machine's clock says: no midnight comes in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from server_stub.central.people import new_code
from server_stub.services import Services
from sync.calendar import MINUTE_MS, day_of, start_of_day_ms
from sync.clock import SystemClock
from sync.replica.store import ReplicaStore
from tests.crowd import oracle
from tests.crowd.history import crowd_rows, past_rows
from tests.crowd.people import Machine
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import PIN, SmallHall
from workstation.headless.device import Device, Enrolment
from workstation.headless.invariants import Evidence, equal_rows

ROOT = Path(__file__).resolve().parents[2]
TEN = 10 * 60 * MINUTE_MS
PATIENCE = 900.0


class Shifted(SystemClock):
    """The machine's clocks, the wall's moved on by whole seconds."""

    def __init__(self, offset_s: int) -> None:
        super().__init__()
        self._offset_ms = offset_s * 1000

    def now(self) -> int:
        """Wall clock, ms."""
        return super().now() + self._offset_ms


class Begun:
    """A life of a machine: its process, watched without being its parent."""

    def __init__(self, pid: int) -> None:
        self._fd = -1
        with contextlib.suppress(ProcessLookupError):
            self._fd = os.pidfd_open(pid)

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._fd >= 0 and not select.select([self._fd], [], [], 0)[0]

    def kill(self) -> bool:
        """-9; whether there was something to kill."""
        if not self.alive:
            return False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, signal.SIGKILL)
        select.select([self._fd], [], [], 60)
        return True

    def close(self) -> None:
        """It is not watched any more."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class CrowdedDay:
    """See the module. Times in seconds."""

    def __init__(self, folder: Path, *, windows: int, terminals: int, tickets: int, past: int, seed: int = 1) -> None:
        self.folder = folder
        self.windows, self.terminals, self.tickets, self.past = windows, terminals, tickets, past
        self.chance = random.Random(seed)
        wall = SystemClock().now()
        self.clock = Shifted(round((start_of_day_ms(day_of(wall)) + TEN - wall) / 1000))
        self.day = day_of(self.clock.now())
        self.killed = {"server": 0, "window": 0, "terminal": 0}
        self.told: dict[str, float] = {}
        self._stop = folder / "stop"
        self._names: list[str] = []
        self._lives: dict[str, Begun] = {}
        self._devices: dict[str, tuple[str, Path]] = {}

    # -- the morning --------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Make the hall, enrol everybody, start everybody."""
        began = time.monotonic()
        rows = [*crowd_rows(self.windows, self.terminals), *past_rows(self.past, self.clock.now())]
        self.hall = SmallHall(self.folder / "hall", now=self.clock.now()).make(rows)
        self._mark("store", began)
        offset = str(self.clock._offset_ms // 1000)
        path = os.pathsep.join([str(ROOT / "tests" / "other_day"), str(ROOT)])
        self._environment = {**os.environ, "PYTHONPATH": path, "HALL_TEST_OFFSET_S": offset}
        self.server = ServerProcess(self.hall.url, log=self.folder / "server.log", environment=self._environment)
        began = time.monotonic()
        for i in range(self.windows):
            await self._enrol(f"c{i}", f"s{i}", f"{50 + i}")
        for i in range(self.terminals):
            await self._enrol(f"k{i}", f"k{i}", "")
        self._mark("copies", began)
        self._nursery = self._lives_of()
        self._began = time.monotonic()
        for name in self._names:  # the terminals; then the windows, once some people wait
            if name.startswith("k"):
                await self._start(name)
        await self._until(lambda: self.ended()[1] >= min(self.tickets // 2, 100))
        for name in self._names:
            if name.startswith("c"):
                await self._start(name)

    def _lives_of(self) -> subprocess.Popen[str]:
        with (self.folder / "lives.log").open("ab") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.crowd.lives", self.server.url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env=self._environment,
            )

    def _mark(self, name: str, began: float) -> None:
        self.told[name] = round(time.monotonic() - began, 1)

    async def _enrol(self, name: str, staff: str, label: str) -> None:
        services = Services.open(self.hall.url, self.clock)
        try:
            code = await services.store.write(lambda tx: new_code(tx, self.clock.now()))
        finally:
            services.store.close()
        replica = self.folder / name / "replica.db"
        device = await Device.enrol(self.server.url, code, name, replica, self.clock)
        await device.sign_on(staff, PIN)
        await device.close()
        self._devices[name] = (device.enrolment.key, replica)
        machine = Machine(
            replica=str(replica),
            key=device.enrolment.key,
            staff=staff,
            pin=PIN,
            label=label,
            journal=str(self.folder / name / "journal"),
            stop=str(self._stop),
            target=self.tickets,
        )
        (self.folder / name / "machine.json").write_bytes(msgspec.json.encode(machine))
        self._names.append(name)

    async def _start(self, name: str) -> None:
        stdin, stdout = self._nursery.stdin, self._nursery.stdout
        assert stdin is not None
        assert stdout is not None
        if name in self._lives:
            self._lives[name].close()
        stdin.write(f"{self.folder / name / 'machine.json'}\n")
        stdin.flush()
        self._lives[name] = Begun(int(await asyncio.to_thread(stdout.readline)))

    # -- the day ------------------------------------------------------------------------------------------------------

    def ended(self) -> tuple[int, int]:
        """(tickets that have ended, tickets) of the day, at the centre."""
        marks = ", ".join(f"'{state}'" for state in oracle.ENDED)
        sql = f"SELECT coalesce(sum(state IN ({marks})), 0), count(*) FROM ticket WHERE day = ?"
        [(ended, given)] = self.hall.all(sql, self.day)
        return ended, given

    async def kill(self, *, server: int, machines: int, away: float) -> None:
        """So many kills, drawn; each once a further share of the tickets has ended. What was killed is back a moment
        later: the server after up to `away` seconds, in which windows call what is leased to them."""
        victims = ["server"] * server + ["machine"] * machines
        self.chance.shuffle(victims)
        for k, victim in enumerate(victims, 1):
            share = self.tickets * k // (len(victims) + 1)
            await self._until(lambda share=share: self.ended()[0] >= share)  # type: ignore[misc]
            await asyncio.sleep(self.chance.uniform(0, 0.1))  # not a wait: the moment is what is tried out
            if victim == "server":
                self.server.kill()
                self.killed["server"] += 1
                await asyncio.sleep(self.chance.uniform(0, away))
                await asyncio.to_thread(self.server.start)
                continue
            name = self.chance.choice(self._names)
            if self._lives[name].kill():
                self.killed["window" if name.startswith("c") else "terminal"] += 1
            await self._start(name)

    async def end(self) -> None:
        """Once nobody waits any more, everybody leaves; then each copy is brought up to the centre."""
        await self._until(self._over)
        self._mark("day", self._began)
        self._stop.touch()
        await self._until(lambda: not any(life.alive for life in self._lives.values()))
        for name, (key, replica) in self._devices.items():
            machine = json.loads((self.folder / name / "machine.json").read_text())
            store = ReplicaStore(replica)
            device = Device(store, Enrolment(store.device, key), self.server.url, self.clock)
            await device.sign_on(machine["staff"], PIN)
            await device.exchange()
            await device.close()
        assert self.server.stop() == 0

    def _over(self) -> bool:
        ended, given = self.ended()
        enough = all(any("enough" in line for line in self.journals()[f"k{i}"]) for i in range(self.terminals))
        return given >= self.tickets and ended == given and enough

    async def _until(self, condition: Any) -> None:
        """Until it holds; a life that ends by itself before the day is over is a fault."""
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, (self.ended(), self.troubles())
            if not self._stop.exists():
                dead = [name for name, life in self._lives.items() if not life.alive]
                assert not dead, (dead, self.troubles())
            await asyncio.sleep(0.02)

    # -- the evening --------------------------------------------------------------------------------------------------

    def journals(self) -> dict[str, list[dict[str, Any]]]:
        """What each machine's people remember."""
        found = {}
        for name in self._names:
            path = self.folder / name / "journal"
            found[name] = [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        return found

    def troubles(self) -> str:
        """What the processes said on their way out."""
        return (self.folder / "lives.log").read_text()[-4000:] + (self.folder / "server.log").read_text()[-2000:]

    def faults(self) -> dict[str, list[str]]:
        """Everything that is wrong, by name."""
        with contextlib.closing(sqlite3.connect(self.folder / "hall" / "central.db")) as central:
            central.row_factory = sqlite3.Row
            found = oracle.faults(central, self.journals(), self.day)
            copies = [(name, path) for name, (_, path) in self._devices.items()]
            found["copies"] = list(equal_rows(central, Evidence(Path(), copies, Path(), Path())))
        return {**found, "chain": self.hall.faults(), "ended_badly": self.troubles().splitlines()}

    def figures(self) -> dict[str, Any]:
        """What was seen."""
        journals = self.journals()
        told: dict[str, int] = {}
        for lines in journals.values():
            for line in lines:
                for code, count in line.get("over", {}).items():
                    told[code] = told.get(code, 0) + count
        outcomes = dict(
            self.hall.all(
                'SELECT outcome, count(*) FROM "call" WHERE called_at >= ? GROUP BY outcome', start_of_day_ms(self.day)
            )
        )
        [(leased,)] = self.hall.all(
            "SELECT count(*) FROM result WHERE kind LIKE 'ticket.call_leased@%' AND status = 'accepted'"
        )
        [(blocks,)] = self.hall.all("SELECT count(*) FROM number_block") if self._has("number_block") else [(0,)]
        return {
            "windows": self.windows,
            "terminals": self.terminals,
            "past_tickets": self.past,
            "tickets": self.ended()[1],
            "kills": self.killed,
            "calls": outcomes,
            "called_without_the_server": leased,
            "blocks": blocks,
            "slips": sum("number" in line for lines in journals.values() for line in lines),
            "refused": told,
            "seconds": self.told,
        }

    def _has(self, table: str) -> bool:
        return bool(self.hall.all("SELECT 1 FROM sqlite_master WHERE name = ?", table))

    def close(self) -> None:
        """However it went."""
        for life in self._lives.values():
            life.kill()
            life.close()
        if hasattr(self, "_nursery"):
            self._nursery.communicate(timeout=60)
        if hasattr(self, "server"):
            self.server.close()
