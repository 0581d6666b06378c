"""A workstation's engine in a test's hand, and what it told: enrolled at a real server, waited for by its own news."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server_stub.central.people import new_code
from server_stub.services import Services
from sync.clock import Clock, SystemClock
from sync.device_key import DeviceKey
from sync.protocol.messages import Enrolled, SessionOpened
from sync.protocol.operation import Args
from sync.replica.engine import IDLE_SECONDS, Engine
from sync.replica.sessions import Opening, enrol, open_session
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor, Submitted, submit
from sync.transport.http import HttpTransport
from tests.sync.small_hall import PIN, QUEUE, SmallHall

SOON = 15.0  # a busy machine's; the second that is promised is measured, not waited for
CLOCK: Clock = SystemClock()


class Station:
    """A workstation's engine, and what it told."""

    def __init__(self, path: Path, url: str, device: str, key: DeviceKey, idle: float = IDLE_SECONDS) -> None:
        self.path, self.url, self.device, self.key = path, url, device, key
        self.changes: list[set[str]] = []
        self.sessions: list[SessionOpened] = []
        self.told = threading.Condition()
        self.fail = False
        self.actor = Actor("", "")
        self.store = ReplicaStore(path)
        self.engine = Engine(
            self.store,
            url,
            CLOCK,
            on_change=self._changed,
            on_status=lambda status: self._wake(),
            on_session=self._opened,
            idle=idle,
        )
        self.engine.start()

    def _changed(self, tables: set[str]) -> None:
        if self.fail:
            self.fail = False
            raise ZeroDivisionError("a screen's defect")
        self.changes.append(tables)
        self._wake()

    def _opened(self, opened: SessionOpened) -> None:
        self.sessions.append(opened)
        self._wake()

    def _wake(self) -> None:
        with self.told:
            self.told.notify_all()

    def until(self, condition: Callable[[], Any], seconds: float = SOON) -> None:
        """Wait for what the engine's news bring about."""
        end = time.monotonic() + seconds
        with self.told:
            while not condition():
                left = end - time.monotonic()
                assert left > 0, f"{self.engine.status} {self.changes[-3:]}"
                self.told.wait(min(left, 0.05))

    def opening(self, staff: str, pin: str = PIN) -> Opening:
        return Opening(self.device, self.key, staff, pin)

    def sign_on(self, staff: str) -> None:
        """As the screen does, with the server there."""
        opening = self.opening(staff)
        opened = self.engine.run(lambda transport: open_session(transport, opening), SOON)
        self.actor = Actor(staff, opened.session)
        self.engine.sign_on(opening, opened)
        self.until(lambda: self.engine.status.online and self.held())

    def held(self) -> list[Any]:
        return self.store.read("SELECT scope FROM cursor")

    def do(self, args: Args, *, id: str, scope: str = QUEUE) -> int:
        outcome = submit(self.store, CLOCK, self.actor, args, id=id, scope=scope)
        assert isinstance(outcome, Submitted), outcome
        self.engine.nudge()
        return outcome.n

    def shows(self, table: str, id: str) -> bool:
        return bool(self.store.read(f'SELECT 1 FROM "{table}" WHERE id = ?', (id,)))

    def close(self) -> None:
        self.engine.stop()
        self.store.close()


def enrolled(hall: SmallHall, url: str) -> Station:
    """A new machine of this hall, by a code, as a person would."""
    services = Services.open(hall.url, CLOCK)
    code = services.store.transact(lambda tx: new_code(tx, CLOCK.now()))
    services.store.close()
    key = DeviceKey.make()

    async def at_the_door() -> Enrolled:
        door = HttpTransport(url)
        try:
            return await enrol(door, code, "x", key)
        finally:
            await door.close()

    given = asyncio.run(at_the_door())
    path = hall.folder / f"{given.device}.db"
    ReplicaStore.create(path, device=given.device, hall=given.hall, shapes=given.shapes)
    return Station(path, url, given.device, key)
