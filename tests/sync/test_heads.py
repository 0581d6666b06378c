"""Signed heads in a second place: what the chain alone does not show is shown by them, on both stores."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from server_stub.central.heads import KEY, HeadFault, HeadKeeper, check, key_of, read, signed_heads, write
from server_stub.central.opening import look, open_store
from server_stub.central.store import Tx
from sync.errors import InputError
from sync.protocol.chain import GENESIS, digest, link
from sync.protocol.verbs import ticket as tickets
from tests.sync.nursery import ROOT
from tests.sync.small_hall import QUEUE, SmallHall

_ROWS = """SELECT seq, "table", id, v, device, n, "by", at, body, digest, hash FROM log
WHERE scope = ? AND seq >= ? ORDER BY seq"""


@pytest.fixture
async def exported(closed_hall: SmallHall, tmp_path: Path) -> Path:
    """Two exports: after two tickets and after four; another two followed."""
    folder = tmp_path / "elsewhere"
    async with closed_hall.open():
        window = await closed_hall.machine("0307")
        for i in range(1, 7):
            window.do(tickets.Issue(matter="m1", site="hall"), id=f"t{i}")
            await window.push()
            if i in (2, 4):
                store = closed_hall.services.store
                key = await asyncio.to_thread(key_of, store)
                assert write(await signed_heads(store, key, closed_hall.clock.now()), folder) is not None
            closed_hall.clock.advance(1_000)
    return folder


def found(hall: SmallHall, folder: Path, key: str = "") -> list[HeadFault]:
    exports = read(folder)
    return look(hall.url, lambda tx: check(tx, exports, key))


def change(hall: SmallHall, work: Any) -> None:
    store = open_store(hall.url)
    store.transact(work)
    store.close()


async def rehash(since: int, tx: Tx) -> None:
    """Whoever may write to the store computes everything anew, so that the chain is whole."""
    before = await tx.fetch_one("SELECT hash FROM log WHERE scope = ? AND seq = ?", (QUEUE, since - 1))
    previous, last = before[0] if before else GENESIS, since - 1
    for seq, table, id, v, device, n, by, at, body, _, _ in await tx.fetch(_ROWS, (QUEUE, since)):
        last += 1
        summed = digest(body)
        previous = link(previous, seq=last, table=table, id=id, v=v, device=device, n=n, by=by, at=at, digest=summed)
        await tx.execute(
            "UPDATE log SET seq = ?, digest = ?, hash = ? WHERE scope = ? AND seq = ?",
            (last, summed, previous, QUEUE, seq),
        )
    await tx.execute("UPDATE head SET seq = ?, hash = ? WHERE scope = ?", (last, previous, QUEUE))


async def altered(seq: int, tx: Tx) -> None:
    await tx.execute("UPDATE log SET \"by\" = '0308' WHERE scope = ? AND seq = ?", (QUEUE, seq))
    await rehash(seq, tx)


async def removed(tx: Tx) -> None:
    """A ticket that never was: both its rows, and everything after them moved up."""
    await tx.execute("DELETE FROM log WHERE scope = ? AND id = 't3'", (QUEUE,))
    await tx.execute("DELETE FROM ticket WHERE id = 't3'")
    await rehash(5, tx)


async def inserted(tx: Tx) -> None:
    """A row between others."""
    await tx.execute("UPDATE log SET seq = -seq - 1 WHERE scope = ? AND seq >= 6", (QUEUE,))
    await tx.execute("UPDATE log SET seq = -seq WHERE scope = ? AND seq < 0", (QUEUE,))
    await tx.execute(
        'INSERT INTO log SELECT scope, 6, "table", id, v, device, n + 900, "by", at, body, digest, hash'
        " FROM log WHERE scope = ? AND seq = 5",
        (QUEUE,),
    )
    await rehash(6, tx)


async def truncated(tx: Tx) -> None:
    """The end is cut off, as if nothing had happened since."""
    await tx.execute("DELETE FROM log WHERE scope = ? AND seq > 6", (QUEUE,))
    for i in (4, 5, 6):
        await tx.execute("DELETE FROM ticket WHERE id = ?", (f"t{i}",))
    [seq, hashed] = await tx.fetch_one("SELECT seq, hash FROM log WHERE scope = ? AND seq = 6", (QUEUE,))
    await tx.execute("UPDATE head SET seq = ?, hash = ? WHERE scope = ?", (seq, hashed, QUEUE))


async def another_key(tx: Tx) -> None:
    await tx.execute("UPDATE secret SET value = ? WHERE name = 'heads'", (b"x" * 32,))


LIES = {
    "altered and rehashed": (partial(altered, 6), "rewritten"),
    "removed and rehashed": (removed, "rewritten"),
    "inserted and rehashed": (inserted, "rewritten"),
    "the end cut off": (truncated, "truncated"),
    "another key": (another_key, "unsigned"),
}


async def test_heads_fit_what_they_were_taken_of(closed_hall: SmallHall, exported: Path) -> None:
    assert found(closed_hall, exported) == []
    assert len(read(exported)) == 2


@pytest.mark.parametrize("lie", LIES)
async def test_a_history_told_anew_is_named(closed_hall: SmallHall, exported: Path, lie: str) -> None:
    work, what = LIES[lie]
    change(closed_hall, work)
    faults = found(closed_hall, exported)
    assert what in {fault.what for fault in faults}, faults
    if what == "rewritten":
        [fault] = [fault for fault in faults if fault.scope == QUEUE]
        assert (fault.since, fault.seq) == (4, 8), "between the export that fits and the one that does not"


async def test_the_last_two_tickets_are_not_exported_yet(closed_hall: SmallHall, exported: Path) -> None:
    """What was not exported can be told anew unnoticed: so exports are frequent."""
    change(closed_hall, partial(altered, 10))
    assert found(closed_hall, exported) == []


def test_a_forged_file_is_named(closed_hall: SmallHall, exported: Path) -> None:
    path = max(exported.iterdir())
    told = json.loads(path.read_text())
    told["heads"][QUEUE][0] += 1
    path.write_text(json.dumps(told))
    assert [fault.what for fault in found(closed_hall, exported)] == ["unsigned"]
    path.write_text("{")
    assert [fault.what for fault in found(closed_hall, exported)] == ["unsigned"]
    assert "not signed" in str(found(closed_hall, exported)[0])


async def test_nothing_new_is_no_file_and_an_empty_folder_is_said(closed_hall: SmallHall, tmp_path: Path) -> None:
    with pytest.raises(InputError) as missing:
        read(tmp_path)
    assert missing.value.code == "heads_missing"
    async with closed_hall.open():
        store = closed_hall.services.store
        heads = await signed_heads(store, await asyncio.to_thread(key_of, store), closed_hall.clock.now())
        assert write(heads, tmp_path) is not None
        assert write(heads, tmp_path) is None


async def test_a_running_server_exports_by_itself(closed_hall: SmallHall, tmp_path: Path) -> None:
    async with closed_hall.open():
        store = closed_hall.services.store
        keeper = await asyncio.to_thread(HeadKeeper, store, closed_hall.clock, tmp_path / "far", 3_600.0)
        keeper.start()
        async with asyncio.timeout(60):
            while not list((tmp_path / "far").glob("heads-*.json")):
                await asyncio.sleep(0)
        await keeper.stop()
    assert found(closed_hall, tmp_path / "far") == []


async def test_the_commands_say_so(closed_hall: SmallHall, exported: Path) -> None:
    def command(*words: str) -> tuple[int, str]:
        given = [sys.executable, "-m", "server_stub", *words, "--store", closed_hall.url]
        done = subprocess.run(given, capture_output=True, text=True, cwd=ROOT, check=False)
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout

    code, key = await asyncio.to_thread(command, "heads")
    assert code == 0
    assert key.startswith(KEY), "a key may begin with a dash, what is typed after --key may not"
    checked = ("audit", "verify", "--heads", str(exported), "--key", key.strip())
    assert await asyncio.to_thread(command, *checked) == (0, "2 files of heads fit\nchain whole\n")
    assert (await asyncio.to_thread(command, "heads", "--export", str(exported)))[1].startswith("exported ")
    change(closed_hall, partial(altered, 6))
    code, told = await asyncio.to_thread(command, *checked)
    assert code == 1
    assert "rewritten: licang:queue after seq 4 and up to seq 8 is not what heads-" in told
