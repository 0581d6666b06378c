"""Files on their way in when the power fails or the server stops: begun anew or whole, never torn under their name."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from server_stub.files.part import Part
from sync.replica.blobs import Blobs
from sync.sealed_file import CHUNK, HEADER, RECORD, key_of, named
from tests.sync.small_hall import SmallHall
from tests.sync.test_blob import attach
from tests.sync.test_uploads import PDF, announced, scan, sha


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_what_a_loss_of_power_left_is_begun_anew(tmp_path: Path, lost: int) -> None:
    keys, content, path = named(key_of(b"k" * 32)), scan(4 * CHUNK), tmp_path / "part"
    with Part(path, keys) as part:
        part.write(content)
    stored = path.read_bytes()
    at = HEADER + lost * RECORD
    path.write_bytes(stored[:at] + bytes(RECORD) + stored[at + RECORD :])  # its length was written, its bytes were not
    with Part(path, keys) as part:
        assert part.size == (len(content) if lost else 0)
        part.cut(min(part.size, lost * CHUNK + 10))
        assert part.size == 0
        part.write(content)
        assert part.digest() == sha(content)


async def test_an_upload_heals_a_part_that_lost_its_beginning_and_holds_up_no_other(hall: SmallHall) -> None:
    content, larger = scan(200_000), scan(210_000, seed=1)
    laptop = await announced(hall, content)
    attach(laptop, larger, "m2")
    await laptop.push()
    await laptop.pull()
    await laptop.transport.put_blob(sha(content), content[:150_000], PDF, start=0, total=len(content))
    [path] = hall.services.vault.parts()
    stored = path.read_bytes()
    path.write_bytes(stored[:HEADER] + bytes(RECORD) + stored[HEADER + RECORD :])
    blobs = Blobs(laptop.store, laptop.transport, laptop.clock)
    assert await blobs.send() == 2
    assert await laptop.transport.get_blob(sha(content)) == content


async def test_a_request_that_is_broken_off_while_its_file_gets_its_name_leaves_no_torn_one(
    hall: SmallHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = scan(100_000)
    laptop = await announced(hall, content)
    vault, fsync = hall.services.vault, os.fsync
    at_it, go_on = threading.Event(), threading.Event()

    def slow(fd: int) -> None:
        at_it.set()
        go_on.wait(60)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", slow)
    put = asyncio.create_task(laptop.transport.put_blob(sha(content), content, PDF))
    assert await asyncio.to_thread(at_it.wait, 60)
    put.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await put
    for _ in range(600):  # who let go of the thread would have to wait for it here
        if vault.size(sha(content)) is not None:
            break
        await asyncio.to_thread(threading.Event().wait, 0.1)
    assert vault.read(sha(content)) == content
    assert vault.parts() == []
