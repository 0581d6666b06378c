"""Files: named by their content, sent after the operation that names them, their arrival an operation of the clock."""

import hashlib

import pytest

from sync.errors import ServerRefused, StoreError
from sync.protocol.messages import BLOB_BYTES
from sync.protocol.verbs import case as cases
from sync.replica.blobs import Blobs, blob_folder, keep_blob, read_blob
from tests.sync.small_hall import CASES, Machine, SmallHall

CONTENT = b"%PDF-1.7 a scan"
SHA = hashlib.sha256(CONTENT).hexdigest()


def attach(machine: Machine, content: bytes = CONTENT, id: str = "m1") -> str:
    sha256 = keep_blob(machine.store, content)
    named = cases.Attach(
        case="c0", name="身份证", ordinal=1, sha256=sha256, size=len(content), media_type="application/pdf"
    )
    machine.do(named, id=id, scope=CASES)
    return sha256


async def test_a_file_follows_its_operation_and_its_arrival_is_one(hall: SmallHall) -> None:
    laptop, other = await hall.machine("0307"), await hall.machine("0308")
    attach(laptop)
    blobs = Blobs(laptop.store, laptop.transport)
    assert await blobs.send() == 0, "not before the operation that names it"
    await laptop.push()
    assert await blobs.send() == 0, "nor before the server's word has come back"
    await laptop.pull()
    assert await blobs.send() == 1
    assert hall.all("SELECT arrived FROM material") == [(1,)]
    assert hall.all("SELECT kind, status FROM result WHERE device = 'clock'") == [("material.arrived@1", "accepted")]
    await other.pull()
    assert other.all("SELECT arrived FROM material") == [(1,)]
    assert await other.transport.get_blob(SHA) == CONTENT
    assert await blobs.send() == 0
    await laptop.pull()
    assert await Blobs(laptop.store, laptop.transport).send() == 0, "nor again by the next process"
    assert hall.faults() == []


async def test_naming_a_hash_is_not_enough_to_read_the_file(hall: SmallHall) -> None:
    hall.services.vault.put(CONTENT)  # another office's file
    laptop = await hall.machine("0307")
    attach(laptop)
    await laptop.push()
    with pytest.raises(ServerRefused, match="not_found"):
        await laptop.transport.get_blob(SHA)
    await laptop.transport.put_blob(SHA, CONTENT, "application/pdf")
    assert await laptop.transport.get_blob(SHA) == CONTENT


async def test_the_server_computes_the_hash(hall: SmallHall) -> None:
    laptop = await hall.machine("0307")
    attach(laptop)
    await laptop.push()
    with pytest.raises(ServerRefused) as caught:
        await laptop.transport.put_blob(SHA, CONTENT + b"!", "application/pdf")
    assert caught.value.params["status"] == 400
    assert not list(hall.services.store.blob_folder.iterdir()), "nothing of it is left, not even a part"
    assert hall.all("SELECT arrived FROM material") == [(0,)]
    await laptop.transport.put_blob(SHA, CONTENT, "application/pdf")
    await laptop.transport.put_blob(SHA, CONTENT, "application/pdf")  # twice is once
    assert hall.all("SELECT count(*) FROM log WHERE device = 'clock'") == [(1,)]


@pytest.mark.parametrize("name", ["x", "A" * 64, "a" * 63, "a" * 65, "..%2f..%2fcentral.db", "%00" * 64])
async def test_a_name_that_is_no_hash_reaches_no_file(hall: SmallHall, name: str) -> None:
    laptop = await hall.machine("0307")
    for ask in (laptop.transport.get_blob(name), laptop.transport.put_blob(name, b"x", "text/plain")):
        with pytest.raises(ServerRefused) as caught:
            await ask
        assert caught.value.params["status"] in (400, 404, 405)


async def test_a_file_that_nothing_names_or_that_lies_out_of_reach_is_not_there(hall: SmallHall) -> None:
    laptop, duty = await hall.machine("0307"), await hall.machine("0101")
    with pytest.raises(ServerRefused, match="not_found"):
        await laptop.transport.put_blob(SHA, CONTENT, "application/pdf")
    attach(laptop)
    await laptop.push()
    await laptop.transport.put_blob(SHA, CONTENT, "application/pdf")
    assert await laptop.transport.has_blob(SHA)
    assert not await duty.transport.has_blob(SHA)
    with pytest.raises(ServerRefused, match="not_found"):
        await duty.transport.get_blob(SHA)


async def test_a_file_may_be_larger_than_a_push_but_not_without_end(hall: SmallHall) -> None:
    laptop = await hall.machine("0307")
    large = b"%PDF-" + bytes(3 << 20)
    sha256 = attach(laptop, large)
    await laptop.push()
    await laptop.transport.put_blob(sha256, large, "application/pdf")
    assert await laptop.transport.get_blob(sha256) == large
    with pytest.raises(ServerRefused) as caught:
        await laptop.transport.put_blob(sha256, bytes(BLOB_BYTES + 1), "application/pdf")
    assert caught.value.params["status"] == 413


async def test_small_files_go_first_and_a_refused_one_does_not_stop_the_rest(hall: SmallHall) -> None:
    laptop = await hall.machine("0307")
    small, large = attach(laptop, b"%PDF-s", "small"), attach(laptop, b"%PDF-" + b"l" * 500, "large")
    damaged = attach(laptop, b"%PDF-" + b"m" * 50, "damaged")
    await laptop.push()
    await laptop.pull()
    keep_blob(laptop.store, b"named by nothing")
    (blob_folder(laptop.store) / damaged).write_bytes(b"%PDF-other bytes")
    blobs = Blobs(laptop.store, laptop.transport)
    assert [each.sha256 for each in blobs.waiting()] == [small, damaged, large]
    assert await blobs.send() == 2
    assert [each.sha256 for each in blobs.waiting()] == [damaged]


async def test_the_same_file_for_two_materials_arrives_at_both(hall: SmallHall) -> None:
    laptop = await hall.machine("0307")
    blobs = Blobs(laptop.store, laptop.transport)
    for name in ("first", "second"):
        attach(laptop, CONTENT, name)
        await laptop.push()
        await laptop.pull()
        await blobs.send()
        await laptop.pull()
    arrived = laptop.store.read("SELECT arrived FROM material WHERE sha256 = ?", (SHA,))
    assert [row["arrived"] for row in arrived] == [1, 1]
    assert blobs.waiting() == []


async def test_files_lie_beside_the_replica_whole_or_not_at_all(hall: SmallHall) -> None:
    laptop = await hall.machine("0307")
    assert read_blob(laptop.store, SHA) is None
    assert keep_blob(laptop.store, CONTENT) == SHA
    assert read_blob(laptop.store, SHA) == CONTENT
    assert [path.name for path in blob_folder(laptop.store).iterdir()] == [SHA]
    blob_folder(laptop.store).rename(laptop.path.with_suffix(".gone"))
    laptop.path.with_suffix(".blobs").write_text("a file where the folder should be")
    with pytest.raises(StoreError):
        keep_blob(laptop.store, CONTENT)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_file_that_was_replaced_and_is_named_again_arrives_again(hall: SmallHall, restarted: bool) -> None:
    laptop = await hall.machine("0307")
    blobs = Blobs(laptop.store, laptop.transport)
    for content in (CONTENT, CONTENT + b", another", CONTENT):
        attach(laptop, content)
        await laptop.push()
        await laptop.pull()
        assert await (Blobs(laptop.store, laptop.transport) if restarted else blobs).send() == 1
        assert hall.all("SELECT arrived FROM material") == [(1,)]
        await laptop.pull()
    assert blobs.waiting() == []
    assert hall.faults() == []
