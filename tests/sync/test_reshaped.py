"""Tables with other columns than before: replicas take everything anew, and what was said on them goes out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import msgspec
import pytest

from server_stub.central.reshaped import look
from server_stub.services import Services
from sync.errors import ChainBroken
from sync.protocol.messages import Pulled
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from sync.records.shape import TableShape, digest
from sync.replica.pull import take
from sync.replica.store import ReplicaStore
from tests.sync.small_hall import BASE, CASES, QUEUE, Machine, SmallHall, new


def without(shapes: dict[str, TableShape], table: str, column: str) -> dict[str, TableShape]:
    """The tables of the release before: a column fewer."""
    old = shapes[table]
    return {**shapes, table: TableShape(table, tuple(each for each in old.columns if each.name != column))}


def as_before(hall: SmallHall, machine: Machine) -> None:
    """The replica as the release before had made it: enrolled with a column fewer, everything pulled."""
    store = machine.store
    old = without(hall.services.store.shapes, "ticket", "desk")
    take(store, Pulled(scopes={}, now=hall.clock.now(), shapes=msgspec.to_builtins(old)))
    assert store.shape == digest(old) != hall.services.store.shape


def migrated(hall: SmallHall) -> None:
    """The store as a migration leaves it: the column is there and filled, and the log knows nothing of it."""
    with closing(sqlite3.connect(hall.folder / "central.db")) as connection, connection:
        connection.execute("UPDATE shape SET digest = 'another' WHERE name = 'ticket'")
        connection.execute("UPDATE ticket SET desk = 'w3'")


def floors(hall: SmallHall) -> dict[str, tuple[int, int]]:
    return {scope: (seq, floor) for scope, seq, floor in hall.all("SELECT scope, seq, floor FROM head")}


async def desks(machine: Machine) -> list[Any]:
    await machine.pull()
    return machine.all("SELECT id, desk FROM ticket ORDER BY id")


async def test_old_rows_are_taken_anew_and_the_outbox_goes_out(closed_hall: SmallHall) -> None:
    hall = closed_hall
    async with hall.open():
        machine = await hall.machine("0307")
        await machine.ended(tickets.Issue(matter="m1", site="hall", desk="w1"), id="t1")
        clock, folder, key, device = machine.clock, machine.path, machine.key, machine.device
        as_before(hall, machine)
    migrated(hall)
    async with hall.open():
        seq, floor = floors(hall)[QUEUE]
        assert seq == floor > 0, "what the log says of tickets is pulled no more"
        assert floors(hall)[CASES][1] == 0, "and of nothing else"
        machine = Machine(folder, hall.app, clock, device, key)
        hall.machines.append(machine)
        await machine.sign_on("0307")
        machine.do(cases.Note(note="n1", text="还没有发出"), id="c0", scope=CASES)
        machine.do(tickets.Cancel(), id="t1")
        with pytest.raises(sqlite3.OperationalError):
            machine.all("SELECT desk FROM ticket")
        pending = machine.outbox()
        assert await desks(machine) == [("t1", "w3")]
        assert machine.outbox() == pending, "nobody's work went with the old tables"
        assert machine.all("SELECT text FROM case_note") == [("还没有发出",)], "and it shows"
        assert machine.all("SELECT state FROM ticket") == [("cancelled",)]
        assert [result.status for result in await machine.push()] == ["accepted"] * len(pending)
        fresh = await hall.machine("0308")
        assert await desks(fresh) == [("t1", "w3")]
        await machine.pull()
        for scope in (BASE, QUEUE, CASES):
            assert machine.all("SELECT seq, hash FROM cursor WHERE scope = ?", scope) == hall.all(
                "SELECT seq, hash FROM head WHERE scope = ?", scope
            )
        assert hall.all("SELECT text FROM case_note") == [("还没有发出",)]


async def test_a_client_that_says_nothing_of_its_tables_is_answered_as_ever(hall: SmallHall) -> None:
    machine = await hall.machine("0307")
    pulled = await machine.transport.ask("GET", "/v1/pull", Pulled, c=f"{BASE}.0")
    assert pulled.shapes is None
    assert pulled.scopes[BASE].rows


async def test_a_floor_rises_once_and_a_snapshot_of_the_old_tables_is_told_to_nobody(closed_hall: SmallHall) -> None:
    hall = closed_hall
    async with hall.open():
        machine = await hall.machine("0307")
        await machine.ended(tickets.Issue(matter="m1", site="hall"), id=new("t"))
        before = await hall.services.snapshots.of(QUEUE)
        assert await look(hall.services.store) == set()
    migrated(hall)
    services = Services.open(hall.url, hall.clock)
    assert await look(services.store) == {QUEUE}
    assert await look(services.store) == set()
    after = await services.snapshots.of(QUEUE)
    assert (after.seq, after.blob != before.blob) == (before.seq, True)
    services.store.close()


async def test_shapes_that_are_none_change_nothing(hall: SmallHall) -> None:
    machine = await hall.machine("0307")
    shape, held = machine.store.shape, machine.all("SELECT * FROM cursor")
    assert shape == hall.services.store.shape, "both ends name the same tables alike"
    few = msgspec.to_builtins({"ticket": hall.services.store.shapes["ticket"]})
    for shapes in (few, ["ticket"], msgspec.to_builtins(hall.services.store.shapes)):
        with pytest.raises(ChainBroken):
            take(machine.store, Pulled(scopes={}, now=1, shapes=shapes))
    assert (machine.store.shape, machine.all("SELECT * FROM cursor")) == (shape, held)
    machine.store.close()
    machine.store = ReplicaStore(machine.path, machine.key.replica)
    assert machine.store.shape == shape
    assert machine.all("SELECT count(*) FROM staff") != [(0,)]
