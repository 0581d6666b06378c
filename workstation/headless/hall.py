"""A hall to drive: its store on disk, the server child on a driven clock, its crash and its restart.

    hall = HeadlessHall(folder, clock)
    hall.make_sample(day="2026-03-02")       `sync-server sample`: the sample hall and its people
    hall.start()                             the child listens on `hall.url`; restarts keep the port
    hall.set_time(ms) / hall.advance(ms)     this end's clock and the child's, before the next request
    hall.crash(); hall.start()               kill -9, then again on the same store
    hall.stop()

Time is the driver's: operations are judged by it, and what falls due does so when it is moved.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from sync.clock import DrivenClock
from workstation.hall_process import HallProcess, ask_server, sync_server
from workstation.sample_hall import SamplePerson


class HeadlessHall:
    """The store `central.db` in `folder`, and the process that serves it."""

    def __init__(self, folder: Path, clock: DrivenClock) -> None:
        self.folder = folder
        self.clock = clock
        self.store_path = folder / "central.db"
        self.people: list[SamplePerson] = []
        self.crashes = 0
        self._process: HallProcess | None = None
        self._port = 0

    @property
    def store_url(self) -> str:
        """As `sync-server --store` takes it."""
        return f"sqlite:///{self.store_path}"

    def make_sample(self, *, day: str, at: str = "10:30", seed: int = 1) -> None:
        """Make the sample hall as it stands at `at` (hall time) on `day`. Raises StoreError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = ask_server("sample", "--store", self.store_url, "--seed", str(seed), "--day", day, "--at", at)
        self.people = msgspec.json.decode(told, type=list[SamplePerson])

    def start(self) -> None:
        """Start the child, or start it again. Raises StoreError `server.<code>`."""
        self._process = HallProcess(self.store_url, log=self.folder / "server.log", port=self._port, clock=self.clock)
        self._port = self._process.port

    @property
    def url(self) -> str:
        """Where the server listens; the same after a restart."""
        return self._running.url

    @property
    def _running(self) -> HallProcess:
        assert self._process is not None, "start() first"
        return self._process

    def set_time(self, now_ms: int) -> None:
        """Move both clocks to `now_ms`; time never goes back."""
        if self._process is not None and self._process.driver is not None:
            self._process.driver.set(now_ms)
        else:
            self.clock.set(now_ms)

    def advance(self, by_ms: int) -> None:
        """Move both clocks on."""
        self.set_time(self.clock.now() + by_ms)

    def codes(self, count: int = 1) -> list[str]:
        """One-time enrolment codes, good for ten minutes of the driven clock."""
        told = ask_server("code", "--store", self.store_url, "--count", str(count), "--clock-ms", str(self.clock.now()))
        return told.split()

    def crash(self) -> None:
        """kill -9: whatever the server was doing is not finished."""
        self._running.kill()
        self._process = None
        self.crashes += 1

    def stop(self) -> None:
        """A clean end; again is nothing."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def audit(self) -> list[str]:
        """What `sync-server audit verify`, a process of its own, finds wrong; empty where every chain is whole."""
        done = subprocess.run(
            sync_server("audit", "verify", "--store", self.store_url), capture_output=True, text=True, check=False
        )
        lines = (done.stdout + done.stderr).strip().splitlines()
        return [] if done.returncode == 0 else lines or ["audit failed"]
