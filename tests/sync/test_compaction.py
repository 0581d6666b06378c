"""The log cut short: bodies go, the chain stays; who lies below the floor takes a snapshot, who is above goes on."""

import asyncio

import pytest

from server_stub.central.compact import DAY_MS, compact
from server_stub.cli import main
from server_stub.snapshots import KEPT_MS
from sync.protocol.verbs import case as cases
from tests.sync.small_hall import CASES, Machine, SmallHall

EVERYTHING = -1  # days: also what was written a moment ago


async def edits(machine: Machine, count: int) -> None:
    """The same row again and again."""
    for _ in range(count):
        was = machine.all("SELECT form FROM \"case\" WHERE id = 'c0'")[0][0]
        old = was.partition('"phone":"')[2].partition('"')[0]
        edit = cases.Edit(field="phone", was=old, value=str(int(old) + 1))
        assert (await machine.ended(edit, id="c0", scope=CASES)).status == "accepted"


def floor(hall: SmallHall, scope: str = CASES) -> int:
    [(found,)] = hall.all("SELECT floor FROM head WHERE scope = ?", scope)
    return int(found)


async def test_superseded_bodies_go_and_the_chain_still_verifies(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    await edits(window, 5)
    [(whole,)] = hall.all("SELECT count(*) FROM log WHERE scope = ? AND body IS NOT NULL", CASES)
    cuts = await compact(hall.services.store, hall.clock.now(), EVERYTHING)
    [cut] = [cut for cut in cuts if cut.scope == CASES]
    [(left,)] = hall.all("SELECT count(*) FROM log WHERE scope = ? AND body IS NOT NULL", CASES)
    [(rows,)] = hall.all('SELECT count(DISTINCT "table" || id) FROM log WHERE scope = ?', CASES)
    assert (whole - left, left) == (cut.dropped, rows)
    assert floor(hall) == cut.floor == hall.all("SELECT seq FROM head WHERE scope = ?", CASES)[0][0]
    assert hall.faults() == []
    assert [c for c in await compact(hall.services.store, hall.clock.now(), EVERYTHING) if c.scope == CASES] == []


async def test_who_is_below_the_floor_takes_a_snapshot_and_who_is_above_goes_on_by_pages(hall: SmallHall) -> None:
    window, away, newcomer = await hall.machine("0307"), await hall.machine("0308"), await hall.device()
    await edits(window, 3)
    away.do(cases.Note(note="mine", text="我的"), id="c0", scope=CASES)
    await compact(hall.services.store, hall.clock.now(), EVERYTHING)
    await edits(window, 1)
    await newcomer.sign_on("0309")
    await away.exchange.pull()
    assert CASES in away.exchange.wanted
    for machine in (away, newcomer):
        await machine.pull()
        assert machine.row("case", "c0") == window.row("case", "c0")
    assert away.row("case_note", "mine"), "own work is on top"
    await away.push()
    await away.pull()
    assert away.outbox() == []
    await window.exchange.pull()
    assert window.exchange.wanted == set()
    assert window.row("case_note", "mine")


async def test_what_is_young_stays_and_so_does_what_stands_above_a_snapshot(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    await edits(window, 2)
    assert await compact(hall.services.store, hall.clock.now(), 1) == []
    hall.clock.advance(2 * DAY_MS)
    await window.sign_on("0307")
    [(old,)] = hall.all("SELECT seq FROM head WHERE scope = ?", CASES)
    made = await hall.services.snapshots.of(CASES)
    await edits(window, 2)
    await compact(hall.services.store, hall.clock.now(), 1)
    assert floor(hall) == old
    await compact(hall.services.store, hall.clock.now(), EVERYTHING)
    assert floor(hall) == made.seq, "somebody may be taking it"
    hall.clock.advance(KEPT_MS)
    await compact(hall.services.store, hall.clock.now(), EVERYTHING)
    assert floor(hall) > made.seq, "its hour is over"
    assert (await hall.services.snapshots.of(CASES)).seq >= floor(hall)


async def test_a_snapshot_below_the_floor_is_told_to_nobody(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    made = await hall.services.snapshots.of(CASES)
    await edits(window, 2)
    await compact(hall.services.store, hall.clock.now() + KEPT_MS, EVERYTHING)  # a server whose clock goes before
    assert made.seq < floor(hall) <= (await hall.services.snapshots.of(CASES)).seq


async def test_an_operation_is_not_cut_in_two(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    await edits(window, 3)
    for scope, to in hall.all("SELECT scope, floor FROM head WHERE floor > 0"):
        sides = hall.all("SELECT device, n FROM log WHERE scope = ? AND seq IN (?, ?)", scope, to, to + 1)
        assert len(set(sides)) == len(sides)


@pytest.mark.parametrize("above", [True, False])
async def test_the_audit_takes_an_empty_body_below_the_floor_alone(hall: SmallHall, above: bool) -> None:
    window = await hall.machine("0307")
    await edits(window, 2)
    await compact(hall.services.store, hall.clock.now(), EVERYTHING)
    await edits(window, 2)
    to = floor(hall)

    async def emptied(tx):  # type: ignore[no-untyped-def]
        sign = ">" if above else "<="
        await tx.execute(f"UPDATE log SET body = NULL WHERE scope = ? AND seq {sign} ?", (CASES, to))

    await hall.services.store.write(emptied)
    assert {fault.split(":")[0] for fault in hall.faults()} == ({"altered"} if above else set())


def test_the_command_cuts_and_tells(closed_hall: SmallHall, capsys: pytest.CaptureFixture[str]) -> None:
    async def work() -> None:
        async with closed_hall.open():
            await edits(await closed_hall.machine("0307"), 3)

    asyncio.run(work())
    assert main(["compact", "--store", closed_hall.url, "--keep-days", "0"]) == 0
    told = capsys.readouterr().out
    assert CASES in told
    assert floor(closed_hall) > 0
    assert closed_hall.faults() == []
    assert main(["compact", "--store", closed_hall.url, "--keep-days", "0"]) == 0
    assert capsys.readouterr().out == "nothing to drop\n"
