"""Files on their way in: pieces that go on where they stopped, kinds, limits, and what lies on the server's disk."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from server_stub.files.part import Part, Taken
from server_stub.files.sweep import PART_KEPT
from server_stub.files.vault import Vault
from sync.errors import ServerRefused, StoreError, TransportError
from sync.protocol.messages import BLOB_BYTES
from sync.protocol.verbs import staff as people
from sync.records.settings import DAY
from sync.replica.blobs import Blobs, blob_folder, keep_blob
from sync.replica.upload import upload
from sync.sealed_file import CHUNK, HEADER, RECORD, Unreadable, key_of, named, read, records_in, size_in
from tests.sync.small_hall import BASE, CASES, Machine, SmallHall
from tests.sync.test_blob import attach

PDF = "application/pdf"
PIECE = 10_000


def scan(size: int, seed: int = 0) -> bytes:
    """A file that passes for a PDF; no two stretches of it are the same."""
    block = b"".join(hashlib.sha256(f"{seed}.{i}".encode()).digest() for i in range(-(-size // 32)))
    return (b"%PDF-1.7\n" + block)[:size]


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def announced(hall: SmallHall, content: bytes, id: str = "m1") -> Machine:
    """A device whose operation has named this file."""
    laptop = await hall.machine("0307")
    attach(laptop, content, id)
    await laptop.push()
    await laptop.pull()
    return laptop


async def refused(
    machine: Machine, content: bytes, code: str, *, start: int = 0, total: int | None = None
) -> ServerRefused:
    with pytest.raises(ServerRefused) as told:
        await machine.transport.put_blob(sha(content), content[start:], PDF, start=start, total=total)
    assert told.value.code == code
    return told.value


# -- goes on where it stopped


async def test_an_upload_that_was_cut_goes_on_where_it_stopped(hall: SmallHall) -> None:
    content = scan(55_000)
    laptop = await announced(hall, content)
    blobs = Blobs(laptop.store, laptop.transport, laptop.clock)
    blobs.piece = PIECE
    puts: list[str] = []
    way = laptop.network.handle_async_request

    async def watched(request):  # type: ignore[no-untyped-def]
        if request.method == "PUT":
            puts.append(request.headers["content-range"])
            laptop.network.lose = {3: "response", 5: "request"}.get(len(puts), "")
        return await way(request)

    laptop.network.handle_async_request = watched  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(TransportError):
            await blobs.send()
    assert await laptop.transport.sent_of(sha(content)) == 4 * PIECE
    assert not await laptop.transport.has_blob(sha(content))
    again = Blobs(laptop.store, laptop.transport, laptop.clock)  # another process
    again.piece = PIECE
    assert await again.send() == 1
    firsts = [int(put.removeprefix("bytes ").partition("-")[0]) for put in puts]
    assert firsts == [0, 10_000, 20_000, 30_000, 40_000, 40_000, 50_000], "nothing that had come was sent again"
    assert await laptop.transport.get_blob(sha(content)) == content
    assert await laptop.transport.has_blob(sha(content))
    assert hall.all("SELECT arrived FROM material") == [(1,)]
    assert hall.services.vault.parts() == []


async def test_what_is_asked_out_of_turn_is_told_where_to_go_on(hall: SmallHall) -> None:
    content = scan(30_000)
    laptop = await announced(hall, content)
    told = await refused(laptop, content, "upload_offset", start=20_000, total=30_000)
    assert (told.params["status"], told.params["offset"], told.params["file"]) == (409, 0, "身份证")
    await laptop.transport.put_blob(sha(content), content[:20_000], PDF, start=0, total=30_000)
    await laptop.transport.put_blob(sha(content), content[10_000:25_000], PDF, start=10_000, total=30_000)
    assert await laptop.transport.sent_of(sha(content)) == 25_000
    for wrong in ("bytes 5-4/9", "bytes 0-9/9", "bytes */9", "bytes 0-9", "pages 0-1/2", ""):
        with pytest.raises(ServerRefused) as bad:
            await laptop.transport._send(
                "PUT", f"/v1/blob/{sha(content)}", laptop.transport._headers() | {"content-range": wrong}, b"x", {}
            )
        assert bad.value.params["status"] == 400
    await upload(laptop.transport, sha(content), content, PDF, PIECE)
    assert await laptop.transport.get_blob(sha(content)) == content


async def test_a_part_is_of_one_device(hall: SmallHall) -> None:
    content = scan(30_000)
    laptop, other = await announced(hall, content), await hall.machine("0308")
    await laptop.transport.put_blob(sha(content), content[:20_000], PDF, start=0, total=30_000)
    assert await other.transport.sent_of(sha(content)) == 0
    await refused(other, content, "upload_offset", start=20_000, total=30_000)


async def test_a_part_that_is_not_the_files_is_begun_anew(hall: SmallHall) -> None:
    content = scan(30_000)
    laptop = await announced(hall, content)
    other = scan(20_000, seed=1)
    await laptop.transport.put_blob(sha(content), other, PDF, start=0, total=30_000)
    await refused(laptop, content, "file_content", start=20_000, total=30_000)
    assert hall.services.vault.parts() == [], "nothing of it is left"
    await laptop.transport.put_blob(sha(content), other, PDF, start=0, total=30_000)
    await upload(laptop.transport, sha(content), content, PDF, PIECE)  # notices at its end, and sends all of it
    assert await laptop.transport.get_blob(sha(content)) == content


async def test_who_comes_again_takes_over_from_a_connection_that_hangs(hall: SmallHall) -> None:
    content = scan(30_000)
    laptop = await announced(hall, content)
    vault, device, now = hall.services.vault, laptop.device, hall.clock.now()
    with vault.part(sha(content), device, now) as hanging:
        hanging.write(content[:12_345])
        assert await laptop.transport.sent_of(sha(content)) == 12_345
        await upload(laptop.transport, sha(content), content, PDF, PIECE)
        with pytest.raises(Taken):
            hanging.write(b"late")
    assert await laptop.transport.get_blob(sha(content)) == content
    with vault.part(sha(content), device, now) as first, pytest.raises(Taken):
        Vault(vault.folder, vault.keys).part(sha(content), device, now).__enter__()  # another server process
    assert not first.size


async def test_a_part_is_kept_for_a_week_and_then_swept_away(hall: SmallHall) -> None:
    content = scan(30_000)
    laptop = await announced(hall, content)
    await laptop.transport.put_blob(sha(content), content[:20_000], PDF, start=0, total=30_000)
    assert hall.all("SELECT device, bytes FROM blob_day") == [(laptop.device, 20_000)]
    hall.clock.advance(PART_KEPT - 1)
    assert await hall.services.sweep.look() == 0
    hall.clock.advance(1)
    assert await hall.services.sweep.look() == 1
    assert hall.services.vault.parts() == []
    hall.clock.advance(32 * DAY)
    await hall.services.sweep.look()
    assert hall.all("SELECT count(*) FROM blob_day") == [(0,)]


# -- kinds


@pytest.mark.parametrize("content", [b"MZ\x90 a program" * 300, b"PK\x03\x04 a document", b"<html>", b"x"])
async def test_what_is_no_paper_is_refused_by_its_bytes(hall: SmallHall, content: bytes) -> None:
    laptop = await announced(hall, content)
    told = await refused(laptop, content, "file_type")
    assert told.params["status"] == 415
    assert (told.params["file"], told.params["says"], told.params["is"]) == ("身份证", PDF, "unknown")
    assert "身份证" in str(told.params["detail"])
    assert hall.services.vault.parts() == []


async def test_a_picture_that_says_it_is_a_paper_is_refused_at_its_first_piece(hall: SmallHall) -> None:
    content = b"\x89PNG\r\n\x1a\n" + scan(60_000)
    laptop = await announced(hall, content)
    with pytest.raises(ServerRefused) as told:
        await laptop.transport.put_blob(sha(content), content[:PIECE], PDF, start=0, total=len(content))
    assert (told.value.code, told.value.params["is"]) == ("file_type", "image/png")


# -- limits


async def set_to(hall: SmallHall, name: str, value: int) -> None:
    admin = await hall.machine("0901")
    ended = await admin.ended(people.PutSetting(value=value), id=name, scope=BASE)
    assert ended.status == "accepted"


async def test_a_case_holds_so_much_and_says_what_helps(hall: SmallHall) -> None:
    await set_to(hall, "case_files", 50_000)
    first, second = scan(30_000, seed=1), scan(30_000, seed=2)
    laptop = await announced(hall, first)
    await upload(laptop.transport, sha(first), first, PDF)
    attach(laptop, second, "m2")
    await laptop.push()
    told = await refused(laptop, second, "case_files_full")
    assert told.params["status"] == 413
    assert (told.params["limit"], told.params["used"]) == (50_000, 30_000)
    attach(laptop, scan(20_000, seed=3), "m1")  # another one in the first one's place
    await laptop.push()
    await laptop.transport.put_blob(sha(second), second, PDF)
    assert hall.all("SELECT id FROM material WHERE arrived") == [("m2",)]


async def test_a_device_sends_so_much_a_day_and_goes_on_tomorrow(hall: SmallHall) -> None:
    await set_to(hall, "device_files", 50_000)
    first, second = scan(30_000, seed=1), scan(30_000, seed=2)
    laptop = await announced(hall, first)
    await upload(laptop.transport, sha(first), first, PDF)
    attach(laptop, second, "m2")
    await laptop.push()
    told = await refused(laptop, second, "device_files_full")
    assert told.params["status"] == 507
    assert (told.params["limit"], told.params["used"]) == (50_000, 30_000)
    until = told.params["until"]
    assert isinstance(until, int)
    assert hall.clock.now() < until <= hall.clock.now() + DAY
    hall.clock.set(until)
    await laptop.sign_on("0307")
    await laptop.transport.put_blob(sha(second), second, PDF)


async def test_no_file_is_larger_than_all(hall: SmallHall) -> None:
    content = scan(1_000)
    laptop = await announced(hall, content)
    with pytest.raises(ServerRefused) as told:
        await laptop.transport.put_blob(sha(content), content, PDF, start=0, total=BLOB_BYTES + 1)
    assert (told.value.code, told.value.params["limit"]) == ("too_large", BLOB_BYTES)
    with pytest.raises(ServerRefused, match="too_large"):  # more than was told
        await laptop.transport._send(
            "PUT",
            f"/v1/blob/{sha(content)}",
            laptop.transport._headers() | {"content-range": "bytes 0-9/10"},
            content,
            {},
        )


# -- the workstation names what is not taken


async def test_a_refused_file_is_named_with_its_reason_and_holds_up_no_other(hall: SmallHall) -> None:
    await set_to(hall, "case_files", 50_000)
    laptop = await announced(hall, b"no paper at all", "wrong")
    for id, size in (("small", 1_000), ("large", 90_000), ("lost", 2_000)):
        attach(laptop, scan(size), id)
    (blob_folder(laptop.store) / sha(scan(2_000))).write_bytes(b"something else")
    await laptop.push()
    await laptop.pull()
    blobs = Blobs(laptop.store, laptop.transport, laptop.clock)
    assert await blobs.send() == 1
    assert blobs.told_anew
    named = "SELECT id, code FROM refused_file ORDER BY id"
    assert laptop.all(named) == [("large", "case_files_full"), ("lost", "file_damaged"), ("wrong", "file_type")]
    came = hall.all("SELECT bytes FROM blob_day")
    assert await blobs.send() == 0
    assert not blobs.told_anew
    assert hall.all("SELECT bytes FROM blob_day") == came, "nor is it sent again and again"
    await set_to(hall, "case_files", 500_000)
    hall.clock.advance(3_600_000)
    await laptop.sign_on("0307")
    assert await blobs.send() == 1
    assert laptop.all(named) == [("lost", "file_damaged"), ("wrong", "file_type")]
    attach(laptop, scan(3_000), "wrong")
    await laptop.push()
    await laptop.pull()
    assert await blobs.send() == 1
    assert laptop.all(named) == [("lost", "file_damaged")], "another file in its place"


async def test_a_file_over_which_the_centre_breaks_holds_up_no_larger_one(hall: SmallHall) -> None:
    laptop = await announced(hall, scan(10_000), "a")
    attach(laptop, scan(20_000), "b")
    await laptop.push()
    await laptop.pull()
    await laptop.transport.put_blob(sha(scan(10_000)), scan(10_000)[:5_000], PDF, start=0, total=10_000)
    [part] = hall.services.vault.parts()
    part.unlink()
    part.mkdir()  # a disk that answers in another way than by being full
    blobs = Blobs(laptop.store, laptop.transport, laptop.clock)
    assert await blobs.send() == 1
    assert hall.all("SELECT id FROM material WHERE arrived") == [("b",)]
    assert laptop.all("SELECT id, code FROM refused_file") == [("a", "internal")]
    part.rmdir()
    assert await blobs.send() == 0, "not again and again"
    hall.clock.advance(60_000)
    assert await blobs.send() == 1
    assert laptop.all("SELECT id FROM refused_file") == []
    assert hall.all("SELECT count(*) FROM material WHERE arrived") == [(2,)]


async def test_when_the_day_is_full_what_is_larger_is_not_even_tried(hall: SmallHall) -> None:
    await set_to(hall, "device_files", 25_000)
    laptop = await announced(hall, scan(10_000), "a")
    for id, size in (("b", 20_000), ("c", 30_000)):
        attach(laptop, scan(size), id)
    await laptop.push()
    await laptop.pull()
    blobs = Blobs(laptop.store, laptop.transport, laptop.clock)
    assert await blobs.send() == 1
    assert laptop.all("SELECT id, code FROM refused_file ORDER BY id") == [
        ("b", "device_files_full"),
        ("c", "device_files_full"),
    ]
    assert hall.all("SELECT bytes FROM blob_day") == [(10_000,)]


# -- on the server's disk


async def test_nothing_on_the_disk_can_be_read_without_the_key(hall: SmallHall) -> None:
    content = scan(100_000) + b"PLANTED-13900000021"
    laptop = await announced(hall, content)
    await laptop.transport.put_blob(sha(content), content[:70_000], PDF, start=0, total=len(content))
    await hall.services.snapshots.of(CASES)

    def lying() -> list[Path]:
        return sorted(hall.services.vault.folder.iterdir())

    assert len(lying()) == 2
    for path in lying():
        assert not any(planted in path.read_bytes() for planted in (b"%PDF", content[500:520], b"\x28\xb5\x2f\xfd"))
    await upload(laptop.transport, sha(content), content, PDF)
    [path] = [path for path in lying() if path.name == sha(content)]
    stored = path.read_bytes()
    assert b"PLANTED" not in stored
    assert path.stat().st_mode & 0o077 == 0
    assert await laptop.transport.get_piece(sha(content), 65_530, 20) == content[65_530:65_550]
    assert await laptop.transport.get_blob(sha(content)) == content
    for harmed in (
        stored[:-1] + bytes([stored[-1] ^ 1]),  # altered
        stored[: HEADER + RECORD],  # cut off, at a chunk's end
        stored[:HEADER] + stored[HEADER + RECORD :],  # without its first chunk
        b"",
        content,
    ):
        path.write_bytes(harmed)
        with pytest.raises(StoreError, match="file_unreadable"):
            hall.services.vault.read(sha(content))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_sealed_file_is_what_was_written_however_it_came(tmp_path: Path, size: int) -> None:
    keys, content, path = named(key_of(b"k" * 32)), scan(size), tmp_path / "whole"
    place = tmp_path / "part"
    for at in range(0, size, 50_000):
        with Part(place, keys) as part:
            assert part.size == at
            part.write(content[at : at + 50_000])
    with Part(place, keys) as part:
        assert part.beginning == content[:CHUNK]
        assert part.digest() == sha(content)
        part.keep(path)
    stored = path.stat().st_size
    assert size_in(stored) == size
    assert records_in(stored) == max(1, -(-size // CHUNK))
    assert read(path, keys) == content
    for start, end in ((0, 1), (CHUNK - 1, CHUNK + 1), (size // 2, size), (size, size + 5)):
        assert read(path, keys, start, end) == content[start:end]
    with pytest.raises(Unreadable) as told:
        read(path, named(key_of(b"other" * 8)))
    assert told.value.why == "other_key"


@pytest.mark.parametrize("cut", [10_000, CHUNK, CHUNK + 1, 2 * CHUNK, 140_000])
def test_a_part_goes_back_and_on_again(tmp_path: Path, cut: int) -> None:
    keys, content = named(key_of(b"k" * 32)), scan(140_000)
    with Part(tmp_path / "part", keys) as part:
        part.write(content)
        part.cut(cut)
        assert part.size == cut
    with Part(tmp_path / "part", keys) as part:
        assert part.size == cut
        part.write(content[cut:])
        assert part.digest() == sha(content)


def test_a_torn_end_is_none(tmp_path: Path) -> None:
    keys, content, path = named(key_of(b"k" * 32)), scan(100_000), tmp_path / "part"
    with Part(path, keys) as part:
        part.write(content)
    whole = path.read_bytes()
    for left in (len(whole) - 1, HEADER + RECORD + 5, HEADER + RECORD, HEADER + 7, HEADER, 3):
        path.write_bytes(whole[:left])
        with Part(path, keys) as part:
            assert part.size == (CHUNK if left >= HEADER + RECORD else 0)
            part.write(content[part.size :])
            assert part.digest() == sha(content)


async def test_two_uploads_at_once_both_arrive(hall: SmallHall) -> None:
    content = scan(200_000)
    laptop, other = await announced(hall, content), await hall.machine("0308")
    keep_blob(other.store, content)
    await asyncio.gather(*(upload(each.transport, sha(content), content, PDF, PIECE) for each in (laptop, other)))
    assert await other.transport.get_blob(sha(content)) == content
    assert hall.services.vault.parts() == []
