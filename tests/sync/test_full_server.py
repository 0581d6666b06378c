"""A server whose disk is full: nothing is half written, all are told, the same requests go in once there is room."""

from __future__ import annotations

import pytest

from sync.errors import ServerRefused
from sync.protocol.verbs import case as cases
from tests.sync.small_hall import CASES, Machine, SmallHall

ROOM = 1_073_741_823


async def pages(hall: SmallHall, most: int | None) -> None:
    """The store may have so many pages; None: as many as it has."""

    async def limit(store: int) -> None:
        await hall.services.store.write(lambda tx: tx.fetch(f"PRAGMA max_page_count={store}"))

    [(count,)] = await hall.services.store.read(lambda tx: tx.fetch("PRAGMA page_count"))
    await limit(count if most is None else most)


def notes(machine: Machine, count: int, start: int) -> None:
    for i in range(start, start + count):
        machine.do(cases.Note(note=f"n{i}", text="申请人补交了经营场所使用证明。" * 20), id="c0", scope=CASES)


async def test_a_push_onto_a_full_disk_is_told_and_goes_in_later(hall: SmallHall) -> None:
    one, other = await hall.machine("0307"), await hall.machine("0308")
    await pages(hall, None)
    notes(one, 60, 0)
    notes(other, 60, 100)
    told = 0
    for machine in (one, other, one):
        with pytest.raises(ServerRefused) as refused:
            await machine.push()
        told += refused.value.params["status"] == 507
        assert len(machine.outbox()) == 60, "nothing of it is gone"
        await machine.pull()  # reading goes on
    assert told == 3
    written = hall.all("SELECT count(*) FROM case_note")[0][0]
    assert hall.all("SELECT count(*) FROM log WHERE \"table\" = 'case_note'") == [(written,)]
    assert written == hall.all("SELECT count(*) FROM result WHERE kind = 'case.note@1'")[0][0]
    await pages(hall, ROOM)
    for machine in (one, other):
        assert {result.status for result in await machine.push()} == {"accepted"}
        await machine.pull()
        assert machine.outbox() == []
    assert hall.all("SELECT count(*) FROM case_note") == [(120,)]
    assert hall.faults() == []
