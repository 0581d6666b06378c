"""What the machine's runs share: one event loop, two server processes' worth of application, a hall made once.

Stage.get(dsn)     the one of this process: on a PostgreSQL where a DSN is given, else on SQLite
stage.new_run()    a copy of the hall – a file or a database – and of its devices' files; both servers over it
stage.end_run()    they are gone
"""

from __future__ import annotations

import asyncio
import itertools
import os
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
from tests.postgres import at_once, named
from tests.sync.mortal import Fragile
from tests.sync.small_hall import Machine, SmallHall

PEOPLE = (("0307", "0901"), ("0308", "0901"), ("0309", "0307"))
SERVERS = 2


class Stage:
    """What is made once and used by every run."""

    _all: ClassVar[dict[str, Stage]] = {}

    def __init__(self, dsn: str = "") -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="sync-machine-"))
        self.dsn = dsn
        self.hall = SmallHall(self.folder / "template", url=self._database("template")).make()
        self.devices: list[tuple[str, DeviceKey, SessionOpened, dict[str, Actor]]] = []
        self.runs = itertools.count()
        self.runner.run(self._enrol())
        self.services = [Services.open(self.hall.url, self.hall.clock) for _ in range(SERVERS)]
        self.apps = [build(services) for services in self.services]
        for services in self.services:
            self.runner.run(services.store.release())
            services.store.close()

    @classmethod
    def get(cls, dsn: str = "") -> Stage:
        """The one of this process on this kind of store."""
        if dsn not in cls._all:
            cls._all[dsn] = Stage(dsn)
        return cls._all[dsn]

    def _database(self, name: str, template: str = "template0") -> str:
        """The URL of a new database of the cluster; empty on SQLite, whose file is in the run's folder."""
        if not self.dsn:
            return ""
        own = self._own(name)
        at_once(self.dsn, f"CREATE DATABASE {own} TEMPLATE {template} ENCODING 'UTF8'")
        return named(self.dsn, own, blobs=str(self.folder / f"{name}.blobs"))

    def _own(self, name: str) -> str:
        return f"machine_{os.getpid()}_{name}"

    async def _enrol(self) -> None:
        async with self.hall.open():
            for persons in PEOPLE:
                machine = await self.hall.machine(*persons)
                assert machine.opened is not None
                self.devices.append((machine.device, machine.key, machine.opened, dict(machine.actors)))

    def new_run(self) -> tuple[SmallHall, list[Machine], list[Fragile]]:
        """A copy of the hall, served by the two applications; its devices on files of their own."""
        run = f"run{next(self.runs)}"
        folder = self.folder / run
        shutil.copytree(self.folder / "template", folder)
        hall = SmallHall(folder, url=self._database(run, self._own("template")))
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

    def end_run(self, hall: SmallHall) -> None:
        """Stores and files are let go of; the servers know nothing any more."""
        for services in self.services:
            self.runner.run(services.applier.stop())
            self.runner.run(services.store.release())
            services.store.close()
        if self.dsn:
            at_once(self.dsn, f"DROP DATABASE {self._own(hall.folder.name)} WITH (FORCE)")
        shutil.rmtree(hall.folder)
