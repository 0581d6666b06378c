"""What the machine's runs share: one event loop, two server processes' worth of application, a hall made once.

Stage.get(dsn)     the one of this process: on a PostgreSQL where a DSN is given, else on SQLite
stage.new_run()    the hall as it was – a copy of its file, or its rows again – and its devices' files; two servers
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
from tests.postgres import ask, at_once, named
from tests.sync.mortal import Fragile
from tests.sync.small_hall import Machine, SmallHall

PEOPLE = (("0307", "0901"), ("0308", "0901"), ("0309", "0201", "0307"))
SERVERS = 2
IN_ORDER = ("log", "result")
"""Emptied by TRUNCATE, so that new rows lie in the order in which they came: after a DELETE, places come again."""


class Stage:
    """What is made once and used by every run."""

    _all: ClassVar[dict[str, Stage]] = {}

    def __init__(self, dsn: str = "") -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="sync-machine-"))
        self.dsn = dsn
        if dsn:
            at_once(dsn, f"CREATE DATABASE {self._database} TEMPLATE template0 ENCODING 'UTF8'")
        self.hall = SmallHall(self.folder / "template", url=self._url("template")).make()
        self.devices: list[tuple[str, DeviceKey, SessionOpened, dict[str, Actor]]] = []
        self.runs = itertools.count()
        self.runner.run(self._enrol())
        self.services = [Services.open(self.hall.url, self.hall.clock) for _ in range(SERVERS)]
        self.apps = [build(services) for services in self.services]
        for services in self.services:
            self.runner.run(services.store.release())
            services.store.close()
        self._afresh = self._keep() if dsn else ""

    @classmethod
    def get(cls, dsn: str = "") -> Stage:
        """The one of this process on this kind of store."""
        if dsn not in cls._all:
            cls._all[dsn] = Stage(dsn)
        return cls._all[dsn]

    @property
    def _database(self) -> str:
        return f"machine_{os.getpid()}"

    def _url(self, run: str) -> str:
        """The URL of the database, with a folder for the run's blobs; empty on SQLite, whose file is in its folder."""
        return named(self.dsn, self._database, blobs=str(self.folder / f"{run}.blobs")) if self.dsn else ""

    def _keep(self) -> str:
        """Put the hall as it is aside, in a schema of its own; the statements that bring it back. A database made anew
        for each run would cost a second: hundreds of files."""
        found = ask(self.hall.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [str(name) for (name,) in found]
        kept = "; ".join(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"' for name in tables)
        at_once(self.hall.url, f"CREATE SCHEMA kept; {kept}")
        inserts = [f'INSERT INTO public."{name}" SELECT * FROM kept."{name}"' for name in tables]
        deletes = [f'DELETE FROM public."{name}"' for name in tables if name not in IN_ORDER]
        emptied = f"TRUNCATE {', '.join(IN_ORDER)}"
        return "; ".join(("SET session_replication_role = replica", emptied, *deletes, *inserts))

    async def _enrol(self) -> None:
        async with self.hall.open():
            for persons in PEOPLE:
                machine = await self.hall.machine(*reversed(persons))  # who signs on last asks for numbers: a clerk
                assert machine.opened is not None
                self.devices.append((machine.device, machine.key, machine.opened, dict(machine.actors)))

    def serve(self, hall: SmallHall) -> list[Fragile]:
        """Both servers over a hall's store as it lies there, remembering nothing."""
        fragile = []
        for shared in self.services:  # building an application for each run would cost more than the run
            fresh = Services.open(hall.url, hall.clock)
            fresh.leases.patience = 0  # nobody answers while one step is under way
            for part in fields(Services):
                object.__setattr__(shared, part.name, getattr(fresh, part.name))
            fragile.append(Fragile(fresh.store))
            self.runner.run(fresh.applier.start())
        hall.app, hall.services = self.apps[0], self.services[0]
        return fragile

    def new_run(self) -> tuple[SmallHall, list[Machine], list[Fragile]]:
        """A copy of the hall, served by the two applications; its devices on files of their own."""
        run = f"run{next(self.runs)}"
        folder = self.folder / run
        shutil.copytree(self.folder / "template", folder)
        hall = SmallHall(folder, url=self._url(run))
        if self.dsn:
            at_once(hall.url, self._afresh)
        fragile = self.serve(hall)
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
        shutil.rmtree(hall.folder)
