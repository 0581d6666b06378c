"""What the machine's runs share: one event loop, two server processes' worth of application, a hall made once.

Stage.get(dsn)     the one of this process: on a PostgreSQL where a DSN is given, else on SQLite
stage.new_run()    the hall as it was – a copy of its file, or its rows again – and its devices' files; two servers
stage.reader(hall) what an oracle reads that hall's store by
stage.end_run()    they are gone

On PostgreSQL the servers' pools and the oracle's connection outlive a run: a process of the database for each would
cost more than the run, and they remember nothing of it but how a statement is planned.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from server_stub.app import Application
from server_stub.central.audit import faults_of
from server_stub.central.opening import open_store
from server_stub.central.postgres import PostgresTx
from server_stub.services import Services
from sync.clock import DrivenClock
from sync.device_key import DeviceKey
from sync.protocol.messages import SessionOpened
from sync.replica.submit import Actor
from tests.postgres import ask, at_once, named
from tests.sync.mortal import Fragile
from tests.sync.reader import PostgresReader, SqliteReader
from tests.sync.small_hall import Machine, SmallHall

T = TypeVar("T")
PEOPLE = (("0307", "0901"), ("0308", "0901"), ("0309", "0201", "0307"))
SERVERS = 2
IN_ORDER = ("log", "result")
"""Emptied by TRUNCATE, so that new rows lie in the order in which they came: after a DELETE, places come again."""


class Stage:
    """What is made once and used by every run."""

    _all: ClassVar[dict[str, Stage]] = {}

    def __init__(self, dsn: str = "") -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="sync-machine-"))
        self.dsn = dsn
        if dsn:
            at_once(dsn, f"CREATE DATABASE {self._database} TEMPLATE template0 ENCODING 'UTF8'")
        self.hall = SmallHall(self.folder / "template", url=self._url).make()
        self.devices: list[tuple[str, DeviceKey, SessionOpened, dict[str, Actor]]] = []
        self.runs = itertools.count()
        self.run(self._enrol())
        self.services = [Services.open(self.hall.url, self.hall.clock) for _ in range(SERVERS)]
        self.apps = [Application(services) for services in self.services]
        self.stores = [services.store for services in self.services]
        if dsn:
            self._keep()
            self._reader = PostgresReader(self.hall.url, self.loop)
        for store in self.stores:
            self.run(store.release())
            store.close()
        atexit.register(self._end)

    @classmethod
    def get(cls, dsn: str = "") -> Stage:
        """The one of this process on this kind of store."""
        if dsn not in cls._all:
            cls._all[dsn] = Stage(dsn)
        return cls._all[dsn]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Until it is done. A runner would besides set and take back what Ctrl-C does, ten thousand times a minute."""
        return self.loop.run_until_complete(work)

    @property
    def _database(self) -> str:
        return f"machine_{os.getpid()}"

    @property
    def _url(self) -> str:
        """The URL of the database, with a folder for blobs; empty on SQLite, whose file is in the run's folder."""
        return named(self.dsn, self._database, blobs=str(self.folder / "blobs")) if self.dsn else ""

    def _keep(self) -> None:
        """Put the hall as it is aside, in a schema of its own, with a function that brings it back. A database made
        anew for each run would cost a second: hundreds of files."""
        found = ask(self.hall.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [str(name) for (name,) in found]
        kept = "; ".join(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"' for name in tables)
        inserts = [f'INSERT INTO public."{name}" SELECT * FROM kept."{name}"' for name in tables]
        deletes = [f'DELETE FROM public."{name}"' for name in tables if name not in IN_ORDER]
        afresh = "; ".join((f"TRUNCATE {', '.join(IN_ORDER)}", *deletes, *inserts))
        at_once(
            self.hall.url,
            f"CREATE SCHEMA kept; {kept}",
            "CREATE FUNCTION kept.afresh() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica "
            f"AS $$BEGIN {afresh}; END$$",
        )

    async def _enrol(self) -> None:
        async with self.hall.open():
            for persons in PEOPLE:
                machine = await self.hall.machine(*reversed(persons))  # who signs on last asks for numbers: a clerk
                assert machine.opened is not None
                self.devices.append((machine.device, machine.key, machine.opened, dict(machine.actors)))

    def reader(self, hall: SmallHall) -> SqliteReader | PostgresReader:
        """By a connection of the oracle's own."""
        return self._reader if self.dsn else SqliteReader(hall.folder / "central.db")

    def faults(self, hall: SmallHall) -> list[str]:
        """What the audit finds."""
        if not self.dsn:
            return hall.faults()
        return [str(fault) for fault in self.run(faults_of(PostgresTx(self._reader.connection)))]

    def serve(self, hall: SmallHall) -> list[Fragile]:
        """Both servers over a hall's store as it lies there, remembering nothing."""
        fragile = []
        for shared, store in zip(self.services, self.stores, strict=True):
            # the machines' ways lead to these applications
            fresh = Services.open(store if self.dsn else open_store(hall.url), hall.clock)
            fresh.leases.patience = 0  # nobody answers while one step is under way
            for part in fields(Services):
                object.__setattr__(shared, part.name, getattr(fresh, part.name))
            fragile.append(Fragile(fresh.store))
            self.run(fresh.applier.start())
        hall.app, hall.services = self.apps[0], self.services[0]
        return fragile

    def new_run(self) -> tuple[SmallHall, list[Machine], list[Fragile]]:
        """A copy of the hall, served by the two applications; its devices on files of their own."""
        folder = self.folder / f"run{next(self.runs)}"
        shutil.copytree(self.folder / "template", folder)
        hall = SmallHall(folder, url=self._url)
        if self.dsn:
            self._reader.execute("SELECT kept.afresh()")
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
        """Files are let go of; the servers know nothing any more."""
        for services in self.services:
            self.run(services.applier.stop())
            if not self.dsn:
                self.run(services.store.release())
                services.store.close()
        shutil.rmtree(hall.folder)
        for file in (self.folder / "blobs").glob("*") if self.dsn else ():
            file.unlink()

    def _end(self) -> None:
        """With the process."""
        if self.dsn:
            for store in self.stores:
                self.run(store.release())
            self.run(self._reader.connection.close())
        self.loop.close()
        shutil.rmtree(self.folder, ignore_errors=True)
