"""What the machine's runs share: one event loop, two server processes' worth of application, a hall made once.

Stage.get(kind)    the one of this process for a kind of store
stage.new_run()    a copy of the hall and of its devices' files; both servers over it
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import ClassVar

from server_stub.app import build
from server_stub.services import Services
from sync.clock import DrivenClock
from sync.device_key import DeviceKey
from sync.protocol.messages import SessionOpened
from sync.replica.submit import Actor
from tests.sync.mortal import Fragile
from tests.sync.small_hall import Machine, SmallHall

PEOPLE = (("0307", "0901"), ("0308", "0901"), ("0309", "0307"))
SERVERS = 2


class Stage:
    """What is made once and used by every run."""

    _one: ClassVar[Stage | None] = None

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="sync-machine-"))
        self.hall = SmallHall(self.folder / "template").make()
        self.devices: list[tuple[str, DeviceKey, SessionOpened, dict[str, Actor]]] = []
        self.runs = itertools.count()
        self.runner.run(self._enrol())
        self.services = [Services.open(self.hall.url, self.hall.clock) for _ in range(SERVERS)]
        self.apps = [build(services) for services in self.services]
        for services in self.services:
            services.store.close()

    @classmethod
    def get(cls) -> Stage:
        """The one of this process."""
        if cls._one is None:
            cls._one = Stage()
        return cls._one

    async def _enrol(self) -> None:
        async with self.hall.open():
            for persons in PEOPLE:
                machine = await self.hall.machine(*persons)
                assert machine.opened is not None
                self.devices.append((machine.device, machine.key, machine.opened, dict(machine.actors)))

    def new_run(self) -> tuple[SmallHall, list[Machine], list[Fragile]]:
        """A copy of the hall, served by the two applications; its devices on files of their own."""
        folder = self.folder / f"run{next(self.runs)}"
        shutil.copytree(self.folder / "template", folder)
        hall = SmallHall(folder)
        fragile = []
        for shared in self.services:  # building an application for each run would cost more than the run
            fresh = Services.open(hall.url, hall.clock)
            for part in fields(Services):
                object.__setattr__(shared, part.name, getattr(fresh, part.name))
            fragile.append(Fragile(fresh.store))
            self.runner.run(fresh.applier.start())
        hall.app, hall.services = self.apps[0], self.services[0]
        machines = []
        for device, key, opened, actors in self.devices:
            clock = DrivenClock(hall.clock.now())
            machine = Machine(folder / f"{device}.db", self.apps, clock, device, key)
            machine.transport.use(opened)
            machine.actors = dict(actors)
            machine.staff = next(iter(actors))
            machines.append(machine)
        return hall, machines, fragile
