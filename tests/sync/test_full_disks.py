"""A full disk, at the centre and at a machine, for what is large or goes by itself: files, snapshots, retention.

            centre                                            machine
push        told 507, kept, goes in later                     the outbox refuses, nothing is lost
            test_full_server.py                               test_replica.py
file        told 507, none under its name, goes on later      refused before anything names it, no half file stays
snapshot    told 507; no half file, no row                    the scope stays as it is, taken on where it stopped
retention   the night is not done with: tried again           what it cleared is taken in whole, or waits

A small disk has to be mounted: where nobody may, those tests of the centre's folder end early.
"""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server_stub.central.seed import SeedRow, seed
from server_stub.central.trouble import StoreBusy
from sync.errors import ServerRefused, StoreError
from sync.protocol.messages import Snapshot
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.records.settings import DAY, HOUR
from sync.replica.blobs import Blobs, blob_folder, keep_blob, read_blob
from tests.sync.small_hall import BASE, CALLBACK, CASES, MONDAY, Machine, SmallHall
from tests.sync.test_full_server import ROOM, pages
from tests.sync.test_snapshot import fill, newcomer, same
from tests.sync.test_uploads import announced, scan, sha

NIGHT = 8 * DAY + 19 * HOUR  # after three, once a telephone has been kept long enough
PIECE = 5_000
NOTES = 900  # more than two batches


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[bool]:
    """A disk of this size in the folder's place; False where nobody may mount one here."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = not subprocess.run(command, check=False, capture_output=True).returncode
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def make_room(folder: Path) -> None:
    """Somebody has."""
    subprocess.run(["mount", "-o", "remount,size=16m", str(folder)], check=True)


def limit(machine: Machine, most: int) -> None:
    """A machine's copy may have so many pages."""
    machine.store.connection.execute(f"PRAGMA max_page_count={most}")


def used(machine: Machine) -> int:
    """How many it has."""
    [(count,)] = machine.store.connection.execute("PRAGMA page_count").fetchall()
    return int(count)


# -- files


@pytest.mark.parametrize(("size", "disk"), [(50_000, "16k"), (600_000, "300k")], ids=["at once", "in pieces"])
async def test_a_file_for_which_the_centre_has_no_room_goes_on_once_there_is(
    hall: SmallHall, size: int, disk: str
) -> None:
    content = scan(size)
    laptop = await announced(hall, content)
    folder = hall.services.vault.folder
    blobs = Blobs(laptop.store, laptop.transport, laptop.clock)
    blobs.piece = 100_000
    with small_disk(folder, disk) as small:
        if not small:
            return
        for _ in range(2):
            with pytest.raises(ServerRefused) as refused:
                await blobs.send()
            assert (refused.value.code, refused.value.params["status"]) == ("store_full", 507)
            assert not (folder / sha(content)).exists(), "none that could be taken for it"
            assert hall.all("SELECT count(*) FROM blob") == [(0,)]
            assert hall.all("SELECT arrived FROM material") == [(0,)]
            assert [each.sha256 for each in blobs.waiting()] == [sha(content)]
        make_room(folder)
        came = await laptop.transport.sent_of(sha(content)) or 0
        assert size <= 100_000 or came >= 100_000, "the pieces that had room are here"
        assert await blobs.send() == 1
        assert hall.services.vault.read(sha(content)) == content
        assert hall.services.vault.parts() == []
    assert hall.all("SELECT arrived FROM material") == [(1,)]
    assert hall.faults() == []


async def test_a_file_for_which_a_machine_has_no_room_is_named_by_nothing(hall: SmallHall) -> None:
    laptop = await hall.machine("0307")
    content, folder = scan(20_000), blob_folder(laptop.store)
    folder.mkdir(exist_ok=True)
    (folder / f".{sha(content)}").symlink_to("/dev/full")  # where it is written until it is whole
    with pytest.raises(StoreError, match="disk_full"):
        keep_blob(laptop.store, content)
    assert list(folder.iterdir()) == [], "half a file would take what room is left"
    assert read_blob(laptop.store, keep_blob(laptop.store, content)) == content
    assert laptop.outbox() == []


# -- snapshots


async def test_a_snapshot_that_finds_no_room_leaves_nothing(hall: SmallHall) -> None:
    fill(hall)
    window = await newcomer(hall)
    folder = hall.services.vault.folder
    with small_disk(folder, "4k") as small:
        if not small:
            return
        for _ in range(2):
            with pytest.raises(ServerRefused) as refused:
                await window.transport.ask("GET", "/v1/snapshot", Snapshot, scope=CASES)
            assert (refused.value.code, refused.value.params["status"]) == ("store_full", 507)
            assert hall.all("SELECT count(*) FROM snapshot") == [(0,)]
            assert list(folder.iterdir()) == []
        make_room(folder)
        await window.pull()
        same(hall, window)


def dense(hall: SmallHall) -> None:
    """Make the cases' scope large, and its snapshot too: nothing of it can be packed."""
    texts = ((f"n{i:05d}", sha(str(i).encode())) for i in range(NOTES))
    columns = {"case": "c0", "staff": "0308", "at": MONDAY}
    rows = [SeedRow("case_note", id, CASES, {**columns, "text": text}) for id, text in texts]
    seed(hall.services.store, [], rows, {}, hall.clock.now())
    hall.services.snapshots.large = NOTES


async def pulled(machine: Machine) -> str | None:
    """What kept it from taking everything in."""
    try:
        await machine.pull()
    except StoreError as error:
        return error.code
    return None


async def test_a_machine_without_room_takes_a_snapshot_on_where_it_stopped(hall: SmallHall) -> None:
    dense(hall)
    late = await newcomer(hall)
    late.exchange.piece = PIECE
    asked: list[int] = []
    way = late.network.handle_async_request

    async def watched(request):  # type: ignore[no-untyped-def]
        if "range" in request.headers:
            asked.append(int(request.headers["range"].removeprefix("bytes=").partition("-")[0]))
        return await way(request)

    late.network.handle_async_request = watched  # type: ignore[method-assign]
    before = late.all("SELECT * FROM cursor WHERE scope = ?", CASES)
    most = few = used(late)
    fetching = putting = 0
    limit(late, most)
    while (code := await pulled(late)) is not None:
        assert code == "disk_full"
        assert late.all("SELECT * FROM cursor WHERE scope = ?", CASES) == before
        [(size, done)] = late.all("SELECT size, done FROM arriving") or [(0, 0)]
        [(came,)] = late.all("SELECT coalesce(sum(length(content)), 0) FROM piece")
        fetching += 0 < came < size
        putting += 0 < done < NOTES
        assert most < few + 1_000
        most += 2  # room is made little by little
        limit(late, most)
    limit(late, ROOM)
    same(hall, late)
    assert fetching, "stopped in the midst of the file"
    assert putting, "and in the midst of its rows"
    assert asked == sorted(asked), "what is here is not asked for again"
    assert sorted(set(asked)) == list(range(0, asked[-1] + 1, PIECE))


# -- retention


async def handler(hall: SmallHall) -> Machine:
    """Somebody who holds telephones."""
    admin = await hall.machine("0901")
    role = people.AssignRole(staff="0101", role="callback", over=CALLBACK)
    assert (await admin.ended(role, id="0101-callback", scope=BASE)).status == "accepted"
    return await hall.machine("0101")


async def telephones(hall: SmallHall, first: int, count: int) -> None:
    """So many visitors leave theirs."""
    window = await hall.machine("0307")
    for n in range(first, first + count):
        window.do(tickets.Issue(matter="m1", holder="吴", phone=f"139{n:08d}", site="hall"), id=f"t{n}")
    while await window.push():
        pass
    assert window.refusals() == []


async def test_the_night_of_a_full_centre_is_tried_again(hall: SmallHall, caplog: pytest.LogCaptureFixture) -> None:
    retention = hall.services.retention
    await retention.stop()
    await telephones(hall, 0, 300)
    hall.clock.advance(NIGHT)
    await hall.services.timers.catch_up()
    await pages(hall, None)
    with pytest.raises(StoreBusy) as full:
        await retention.look()
    assert full.value.full
    [(kept,)] = hall.all("SELECT count(*) FROM contact")
    assert kept > 0
    gone = "SELECT count(*) FROM log WHERE \"table\" = 'contact' AND body = 'null'"
    assert hall.all(gone) == [(300 - kept,)], "what is cleared is in the log, and nothing else"
    assert hall.faults() == []
    retention.start()
    deadline = time.monotonic() + 60
    while not any(record.message == "retention_failed" for record in caplog.records):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    await pages(hall, ROOM)
    while hall.all("SELECT seq FROM connector WHERE name = 'retention' AND seq > 0") == []:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    assert hall.all("SELECT count(*) FROM contact") == [(0,)]
    assert hall.faults() == []


async def test_what_the_night_cleared_comes_to_a_full_machine_once_there_is_room(hall: SmallHall) -> None:
    """With it comes what needs room: the one does not go without the other."""
    await hall.services.retention.stop()
    desk = await handler(hall)
    await telephones(hall, 0, 40)
    await desk.pull()
    hall.clock.advance(NIGHT)
    assert await hall.services.retention.look() >= 40
    await telephones(hall, 100, 300)
    await desk.sign_on("0101")
    before = desk.all("SELECT id FROM contact ORDER BY id")
    assert len(before) == 40
    limit(desk, used(desk))
    for _ in range(2):
        with pytest.raises(StoreError, match="disk_full"):
            await desk.pull()
        assert desk.all("SELECT id FROM contact ORDER BY id") == before, "all or none"
    limit(desk, ROOM)
    await desk.pull()
    same(hall, desk)
    assert desk.all("SELECT count(*) FROM contact") == [(300,)]
