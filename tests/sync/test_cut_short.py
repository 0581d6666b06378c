"""What is large and is cut short – by kill -9 of a real process, by a line that breaks – goes on where it stopped.

The file that goes up and the snapshot that comes down are measured: what had come is not asked for or sent again.
"""

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from server_stub.central.seed import SeedRow, seed
from server_stub.services import Services
from server_stub.snapshots import LARGE
from sync.clock import SystemClock
from sync.errors import TransportError
from sync.protocol.chain import GENESIS
from sync.protocol.verbs import case as cases
from sync.replica.blobs import Blobs
from tests.sync.nursery import WAIT, Nursery
from tests.sync.server_process import ServerProcess
from tests.sync.small_hall import CASES, MONDAY, Machine, SmallHall
from tests.sync.test_blob import attach
from tests.sync.test_kill import device
from tests.sync.test_snapshot import same
from tests.sync.test_toxic import listening, reached_by
from tests.sync.test_uploads import scan, sha
from tests.sync.toxic import Line, ToxicLink

PIECE = 4_096
NOTES = LARGE + 500


def fill(hall: SmallHall) -> None:
    """Make the cases' scope so large that a newcomer is given it as a whole."""
    services = Services.open(hall.url, SystemClock())
    rows = [
        SeedRow("case_note", f"n{i:05d}", CASES, {"case": "c0", "text": sha(b"%d" % i), "staff": "0308", "at": MONDAY})
        for i in range(NOTES)
    ]
    seed(services.store, [], rows, {}, SystemClock().now())
    services.store.close()


@contextlib.asynccontextmanager
async def far_behind(hall: SmallHall) -> AsyncIterator[tuple[ServerProcess, Machine]]:
    """A server's process, and a device with work of its own that knows nothing of a scope which is large."""
    server = ServerProcess(hall.url, log=hall.folder / "server.log")
    try:
        machine = await device(hall, server, "0307")
        assert server.stop() == 0
        fill(hall)
        server.start()
        machine.do(cases.Note(note="mine", text="我的"), id="c0", scope=CASES)
        with machine.store.write() as connection:
            connection.execute("UPDATE cursor SET seq = 0, hash = ? WHERE scope = ?", (GENESIS, CASES))
        machine.store.close()
        yield server, machine
        await machine.close()
    finally:
        server.close()


def progress(path: Path) -> tuple[int, int, int]:
    """(cursor, bytes of the snapshot that are here, rows that are written); and the file is sound."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("SELECT text FROM case_note WHERE id = 'mine'").fetchone() == ("我的",), "own work is there"
        [(cursor,)] = file.execute("SELECT seq FROM cursor WHERE scope = ?", (CASES,)).fetchall()
        [(here,)] = file.execute("SELECT coalesce(sum(length(content)), 0) FROM piece").fetchall()
        [(done,)] = file.execute("SELECT coalesce(sum(done), 0) FROM arriving").fetchall()
    return cursor, here, done


async def take_killed(hall: SmallHall, ends: Sequence[int | float]) -> set[str]:
    """One snapshot, taken in by lives that end before their nth statement or after so many seconds, and by one that
    does not; what they were at."""
    async with far_behind(hall) as (server, machine):
        before, at = (0, 0, 0), set()
        workers = Nursery("kill_taker", machine.path, server.url, machine.transport.token, PIECE)
        try:
            for end in ends:
                if isinstance(end, float):
                    await workers.killed(await workers.born(), end)
                else:
                    await workers.born(dies_at=end)
                    await workers.gone()
                now = progress(machine.path)
                if now[0]:
                    break
                assert now[1:] >= before[1:], "what had come is there, and so is what was written"
                at.add("written" if now[2] else "fetched" if now[1] else "begun")
                before = now
            await workers.born()
            await workers.gone()
        finally:
            workers.close()
        machine.open()
        assert machine.row("case_note", "mine")
        await machine.push()
        await machine.pull()
        same(hall, machine)
        assert len(machine.all("SELECT 1 FROM case_note")) == NOTES + 1
        return at


async def test_a_snapshot_goes_on_after_kill_9_and_ends_with_the_same_rows(closed_hall: SmallHall) -> None:
    at = await take_killed(closed_hall, [20, 50, 70, 100, 150, 200, 900, 1_300, 0.1, 1_700, 0.2])
    assert {"fetched", "written"} <= at, "killed in both halves of it"


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(20))
async def test_a_snapshot_killed_again_and_again(closed_hall: SmallHall, seed: int) -> None:
    chance = random.Random(seed)
    ends = [chance.choice((chance.uniform(0.02, 0.2), chance.randint(10, 150), chance.randint(150, 2_000)))]
    ends += [chance.choice((chance.uniform(0.02, 0.2), chance.randint(10, 1_500))) for _ in range(40)]
    await take_killed(closed_hall, ends)


def received(hall: SmallHall) -> int:
    """Bytes of files that the server has ever taken from the network."""
    return sum(count for (count,) in hall.all("SELECT bytes FROM blob_day"))


async def test_a_file_goes_on_after_kill_9_of_its_sender(closed_hall: SmallHall) -> None:
    content, chance, lives = scan(600_000), random.Random(6), 12
    server = ServerProcess(closed_hall.url, log=closed_hall.folder / "server.log")
    try:
        machine = await device(closed_hall, server, "0307")
        attach(machine, content)
        await machine.push()
        await machine.pull()
        machine.store.close()
        workers = Nursery("kill_taker", machine.path, server.url, machine.transport.token, PIECE)
        try:
            for _ in range(lives):
                await workers.killed(await workers.born(), chance.uniform(0.02, 0.12))
            server.kill()
            server.start()
            await workers.born()
            await workers.gone()
        finally:
            workers.close()
        assert closed_hall.all("SELECT arrived FROM material") == [(1,)]
        assert received(closed_hall) <= len(content) + (lives + 2) * (PIECE + 1), "nothing that had come was sent again"
        machine.open()
        assert await machine.transport.get_blob(sha(content)) == content
        await machine.close()
    finally:
        server.close()


async def test_a_file_goes_on_after_a_line_that_breaks(closed_hall: SmallHall) -> None:
    """Cut in the middle of a piece, five times: the part of the piece that came is not sent again."""
    content = scan(500_000)
    async with listening(closed_hall) as port:
        machine = await closed_hall.machine("0307")
        attach(machine, content)
        await machine.push()
        await machine.pull()
        async with ToxicLink(port, Line(rate=400_000)) as link:
            await reached_by(machine, link.url)
            blobs = Blobs(machine.store, machine.transport)
            blobs.piece = 200_000
            vault = closed_hall.services.vault
            for cut in range(1, 6):
                sending = asyncio.create_task(blobs.send())
                async with asyncio.timeout(WAIT):
                    while vault.sent(sha(content), machine.device) < cut * 50_000:
                        await asyncio.sleep(0.001)
                link.cut()
                with pytest.raises(TransportError):
                    await sending
            assert await blobs.send() == 1
        assert closed_hall.all("SELECT arrived FROM material") == [(1,)]
        assert received(closed_hall) < len(content) + 50_000, "no stretch twice"


async def test_operations_do_not_wait_for_a_file(closed_hall: SmallHall) -> None:
    """A file on a slow line: a note that is said meanwhile is answered at once, on a connection of its own."""
    content = scan(400_000)
    async with listening(closed_hall) as port:
        machine = await closed_hall.machine("0307")
        attach(machine, content)
        await machine.push()
        await machine.pull()
        async with ToxicLink(port, Line(rate=40_000)) as link:
            await reached_by(machine, link.url)
            blobs = Blobs(machine.store, machine.transport)
            sending = asyncio.create_task(blobs.send())
            async with asyncio.timeout(WAIT):
                while link.told.bytes < 20_000:
                    await asyncio.sleep(0.001)
            machine.do(cases.Note(note="said", text="同时"), id="c0", scope=CASES)
            assert [result.status for result in await machine.push()] == ["accepted"]
            assert not sending.done(), "the file is still on its way"
            link.out.rate = 0
            assert await sending == 1
