"""Scopes taken as a whole: by a newcomer, in pieces, under own work, with its end in the middle; moves in between."""

import asyncio
import sqlite3

import httpx
import pytest

from server_stub.central.seed import SeedRow, seed
from server_stub.snapshots import KEPT_MS
from sync.errors import ServerRefused, TransportError
from sync.protocol.chain import GENESIS
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.replica.pull import cursors, take
from sync.replica.snapshot import BATCH, arriving
from tests.sync.mortal import Died, mortal
from tests.sync.small_hall import BASE, CASES, MONDAY, QUEUE, Machine, SmallHall

NOTES = 1_500  # more than one batch, and more than one piece where those are made small


def fill(hall: SmallHall, notes: int = NOTES) -> None:
    """Make the cases' scope large."""
    rows = [
        SeedRow("case_note", f"n{i:05d}", CASES, {"case": "c0", "text": f"第{i}条", "staff": "0308", "at": MONDAY})
        for i in range(notes)
    ]
    seed(hall.services.store, [], rows, {}, hall.clock.now())
    hall.services.snapshots.large = notes


async def newcomer(hall: SmallHall) -> Machine:
    """Signed on, the large scope not pulled."""
    machine = await hall.device()
    await machine.sign_on("0307")
    await machine.exchange.pull_pages()
    return machine


async def far_behind(hall: SmallHall) -> Machine:
    """Knows the case, as of long ago."""
    machine = await hall.machine("0307")
    with machine.store.write() as connection:
        connection.execute("UPDATE cursor SET seq = 0, hash = ? WHERE scope = ?", (GENESIS, CASES))
    fill(hall)
    await machine.exchange.pull_pages()
    return machine


def same(hall: SmallHall, machine: Machine) -> None:
    """The copy is the centre, scope by scope."""
    held = dict(machine.all("SELECT scope, seq FROM cursor"))
    assert held == {scope: seq for scope, seq in hall.all("SELECT scope, seq FROM head") if scope in held}
    for table, columns in machine.store.columns.items():
        for scope in held:
            sql = f'SELECT id, v FROM "{table}" WHERE scope = ? ORDER BY id'
            assert machine.all(sql, scope) == hall.all(sql, scope), table
        assert columns.shape.name == table
    assert machine.all("SELECT * FROM arriving") == machine.all("SELECT * FROM piece") == []


async def test_a_newcomer_takes_a_large_scope_as_a_whole_and_goes_on_by_pages(hall: SmallHall) -> None:
    window = await hall.machine("0308")
    fill(hall)
    await window.pull()
    late = await newcomer(hall)
    assert late.exchange.wanted == {CASES}
    assert late.all("SELECT count(*) FROM case_note") == [(0,)], "no page of it"
    await late.pull()
    same(hall, late)
    assert late.row("case_note", "n00007") == window.row("case_note", "n00007")
    assert late.all("SELECT hash FROM cursor WHERE scope = ?", CASES) == hall.all(
        "SELECT hash FROM head WHERE scope = ?", CASES
    )
    window.do(cases.Note(note="after", text="后来"), id="c0", scope=CASES)
    await window.push()
    await late.pull()  # chained to the snapshot's hash
    assert late.row("case_note", "after")
    same(hall, late)


async def test_own_work_stays_on_top_and_survives(hall: SmallHall) -> None:
    late = await far_behind(hall)
    late.do(cases.Note(note="mine", text="我的"), id="c0", scope=CASES)
    late.do(cases.Edit(field="phone", was=None, value="2"), id="c0", scope=CASES)
    await late.pull()
    assert late.row("case_note", "mine"), "previewed on the snapshot"
    case = late.row("case", "c0")
    assert case is not None
    assert case["applicant"] == "吴某"
    assert late.all("SELECT state FROM outbox") == [("new",), ("new",)]
    [(body,)] = late.all('SELECT body FROM shadow WHERE "table" = ?', "case_note")
    assert body is None, "absent at the centre"
    await late.push()
    await late.pull()
    assert late.outbox() == []
    same(hall, late)


async def test_what_came_back_with_the_snapshot_is_done(hall: SmallHall) -> None:
    """Accepted before the snapshot was made, and never seen in a page."""
    fill(hall, 50)
    late = await hall.machine("0307")
    assert late.exchange.wanted == set()
    late.do(cases.Note(note="mine", text="我的"), id="c0", scope=CASES)
    await late.push()
    with late.store.write() as connection:
        connection.execute("UPDATE cursor SET seq = 0, hash = ? WHERE scope = ?", ("0" * 64, CASES))
    assert late.outbox()[0][1] == "accepted"
    await late.pull()
    assert late.outbox() == []
    assert late.all("SELECT count(*) FROM shadow") == [(0,)]
    same(hall, late)


async def test_an_interrupted_download_goes_on_where_it_stopped(hall: SmallHall) -> None:
    fill(hall)
    late = await newcomer(hall)
    late.exchange.piece = 1024
    asked: list[str] = []
    way = late.network.handle_async_request

    async def watched(request: httpx.Request) -> httpx.Response:
        if "range" in request.headers:
            asked.append(request.headers["range"])
            if len(asked) == 3:
                late.network.lose = "response"
        return await way(request)

    late.network.handle_async_request = watched  # type: ignore[method-assign]
    with pytest.raises(TransportError):
        await late.exchange.snapshots()
    late.store.close()
    late.open()
    late.exchange.piece = 1024
    [(at,)] = late.all("SELECT sum(length(content)) FROM piece")
    assert at == 2 * 1024
    await late.pull()
    assert asked[3].startswith(f"bytes={at}-")
    assert len(asked) == len(set(asked)) + 1, "one piece twice, no other"
    same(hall, late)


@pytest.mark.parametrize("statement", [2, 5, 9, 14, 22])
async def test_an_end_in_the_middle_is_gone_on_from(hall: SmallHall, statement: int) -> None:
    late = await far_behind(hall)
    late.do(cases.Note(note="mine", text="我的"), id="c0", scope=CASES)
    mortal(late, statement)
    try:
        await late.exchange.snapshots()
    except Died:
        late.store.close()
        late.open()
        assert late.row("case_note", "mine"), "own work is there all the time"
        done, rows = arriving(late.store)
        assert done <= rows
    await late.pull()
    await late.push()
    await late.pull()
    same(hall, late)


async def test_what_is_gone_at_the_centre_goes_here_too(hall: SmallHall) -> None:
    """Rows of an older snapshot that was not taken to its end."""
    fill(hall, 50)
    late = await newcomer(hall)
    columns = late.store.columns["case_note"]
    with late.store.write() as connection:
        connection.execute(
            columns.upsert, columns.params("ghost", CASES, 1, {"case": "c0", "text": "", "staff": "0308", "at": 0})
        )
    await late.pull()
    assert late.row("case_note", "ghost") is None
    same(hall, late)


async def test_a_record_that_moved_meanwhile_is_not_brought_back(hall: SmallHall) -> None:
    """The snapshot was made before the move, and the other scope was pulled first."""
    fill(hall, 50)
    made = await hall.services.snapshots.of(CASES)
    late = await newcomer(hall)
    columns = late.store.columns["case"]
    [values] = hall.all(columns.select + " WHERE id = 'c0'")
    with late.store.write() as connection:  # as a page of the queue's scope would bring it
        connection.execute(columns.upsert, [values[0], QUEUE, values[2] + 1, *values[3:]])
    await late.exchange.snapshots()
    case = late.row("case", "c0")
    assert case is not None
    assert (case["scope"], case["v"]) == (QUEUE, values[2] + 1)
    assert late.all("SELECT seq FROM cursor WHERE scope = ?", CASES) == [(made.seq,)]


async def test_a_scope_that_was_begun_anew_meanwhile_loses_nothing_to_the_old_file(hall: SmallHall) -> None:
    """Withdrawn, given again and pulled by pages while rows go that a snapshot lacks: some are there again by now."""
    fill(hall, 50)
    late, admin = await newcomer(hall), await hall.machine("0901")
    rows = [
        SeedRow("case_note", f"g{i:05d}", CASES, {"case": "c0", "text": "x", "staff": "0308", "at": MONDAY})
        for i in range(3 * BATCH)
    ]
    columns = late.store.columns["case_note"]
    with late.store.write() as connection:
        connection.executemany(columns.upsert, [columns.params(row.id, CASES, 1, row.body) for row in rows])
    await hall.services.snapshots.of(CASES)
    seed(hall.services.store, [], rows, {}, hall.clock.now())
    hall.services.snapshots.large = len(rows) * 10
    role = f"0307-clerk-{CASES}"
    admin.do(people.RemoveRole(), id=role, scope=BASE)
    await admin.push()
    others = cursors(late.store).replace(f"{CASES}.0", "").replace(",,", ",")
    said = [await late.exchange._ask(f"{others},{CASES}.0")]
    admin.do(people.AssignRole(staff="0307", role="clerk", over=CASES), id=role, scope=BASE)
    await admin.push()
    said += [await late.exchange._ask(others), await late.exchange._ask(f"{CASES}.0", limit=2_000)]
    assert (said[0].drop, said[1].missing, said[2].scopes[CASES].more) == ([CASES], [CASES], False)
    late.exchange.wanted = {CASES}
    taking = asyncio.create_task(late.exchange.snapshots())
    while late.all("SELECT count(*) FROM case_note WHERE id LIKE 'g%'") == [(len(rows),)]:
        await asyncio.sleep(0)
    for pulled in said:
        take(late.store, pulled)
    assert await taking == set()
    await late.pull()
    same(hall, late)


async def test_a_scope_that_is_withdrawn_before_its_snapshot_is_no_trouble(hall: SmallHall) -> None:
    fill(hall, 50)
    late, admin = await newcomer(hall), await hall.machine("0901")
    assert late.exchange.wanted == {CASES}
    admin.do(people.RemoveRole(), id=f"0307-clerk-{CASES}", scope=BASE)
    await admin.push()
    assert await late.exchange.snapshots() == set()
    await late.pull()
    assert CASES not in dict(late.all("SELECT scope, seq FROM cursor"))


async def test_it_is_made_once_an_hour_and_shown_to_who_may_hold_the_scope(hall: SmallHall) -> None:
    fill(hall, 50)
    first = await hall.services.snapshots.of(CASES)
    assert await hall.services.snapshots.of(CASES) == first
    clerk, duty = await hall.machine("0307"), await hall.machine("0101")
    assert len(await clerk.transport.get_piece(first.blob, 0, first.size)) == first.size
    assert await clerk.transport.get_piece(first.blob, first.size, 1) == b"", "beyond its end"
    assert await duty.transport.get_piece(first.blob, 0, 10) == b"", "none of theirs"
    with pytest.raises(ServerRefused, match="not_found"):
        await duty.transport.ask("GET", "/v1/snapshot", dict, scope=CASES)
    hall.clock.advance(KEPT_MS + 1)
    await clerk.sign_on("0307")
    clerk.do(cases.Note(note="later", text="后来"), id="c0", scope=CASES)
    await clerk.push()
    second = await hall.services.snapshots.of(CASES)
    assert second.seq == first.seq + 1
    assert await clerk.transport.get_piece(first.blob, 0, 10) == b"", "its hour is over"


async def test_a_copy_with_a_key_leaves_no_plain_piece(hall: SmallHall) -> None:
    fill(hall, 50)
    late = await hall.device(encrypted=True)
    await late.sign_on("0307")
    await late.pull()
    same(hall, late)
    beside = sorted(hall.folder.glob(f"{late.device}*"))
    assert [path.name.removeprefix(late.device) for path in beside] == [".db", ".db-shm", ".db-wal", ".db.lock"]
    assert not any(b"case_note" in path.read_bytes() for path in beside)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(late.path).execute("SELECT * FROM piece")
