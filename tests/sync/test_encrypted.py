"""An encrypted copy: the same replica on another driver, and of no use to anybody without its key."""

import hashlib
from pathlib import Path

import pytest

from sync.errors import StoreError
from sync.protocol.verbs import case as cases
from sync.replica.blobs import Blobs, blob_folder, keep_blob, read_blob
from sync.replica.store import ReplicaStore
from tests.sync.small_hall import CASES, SmallHall


async def test_an_encrypted_copy_works_like_any_other(hall: SmallHall) -> None:
    laptop, plain = await hall.device(encrypted=True), await hall.machine("0307")
    await laptop.sign_on("0307")
    await laptop.pull()
    laptop.do(cases.Note(note="n1", text="只在这里"), id="c0", scope=CASES)
    assert laptop.store.encrypted
    assert not plain.store.encrypted
    assert laptop.all("SELECT text FROM case_note") == [("只在这里",)]
    laptop.store.close()
    laptop.open()
    await laptop.push()
    await laptop.pull()
    await plain.pull()
    assert plain.all("SELECT id FROM case_note") == laptop.all("SELECT id FROM case_note") == [("n1",)]


async def test_nothing_of_it_can_be_read_without_the_key(hall: SmallHall) -> None:
    laptop = await hall.device(encrypted=True)
    await laptop.sign_on("0307")
    await laptop.pull()
    laptop.do(cases.Note(note="n1", text="PLANTED-13900000021"), id="c0", scope=CASES)
    files = [path for path in laptop.path.parent.glob(f"{laptop.path.name}*") if path.stat().st_size]
    for path in files:
        content = path.read_bytes()
        for planted in (b"PLANTED", b"SQLite format", "吴某".encode(), b"registration"):
            assert planted not in content, path.name
    assert len(files) >= 2, "the log beside it too"
    laptop.store.close()
    for key in (None, bytes(32)):
        with pytest.raises(StoreError) as told:
            ReplicaStore(laptop.path, key)
        assert told.value.code == "replica_unreadable"
    laptop.open()
    assert laptop.all("SELECT id FROM case_note") == [("n1",)], "and the tries have harmed nothing"


def test_a_plain_copy_loads_no_cipher(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys; from pathlib import Path; from sync.replica.store import ReplicaStore;"
        "path = Path(sys.argv[1]); ReplicaStore.create(path, device='d', hall='h', shapes={});"
        "ReplicaStore(path).close(); assert 'sqlcipher3' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "r.db")], check=True, timeout=60)


async def test_files_beside_it_are_sealed_too_and_arrive_as_they_were(hall: SmallHall) -> None:
    laptop, plain = await hall.device(encrypted=True), await hall.machine("0307")
    await laptop.sign_on("0307")
    await laptop.pull()
    content = b"%PDF-1.7 PLANTED-13900000021"
    sha256 = keep_blob(laptop.store, content)
    attach = cases.Attach(
        case="c0", name="身份证", ordinal=1, sha256=sha256, size=len(content), media_type="application/pdf"
    )
    laptop.do(attach, id="m1", scope=CASES)
    [path] = blob_folder(laptop.store).iterdir()
    stored = path.read_bytes()
    assert path.name == sha256
    assert b"PLANTED" not in stored
    assert b"PDF" not in stored
    assert read_blob(laptop.store, sha256) == content
    laptop.store.close()
    laptop.open()
    await laptop.push()
    await laptop.pull()
    assert await Blobs(laptop.store, laptop.transport).send() == 1
    assert await plain.transport.get_blob(sha256) == content
    other = hashlib.sha256(b"another").hexdigest()
    (path.parent / other).write_bytes(stored)  # under another name
    assert read_blob(laptop.store, other) is None
    for harmed in (stored[:-1] + bytes([stored[-1] ^ 1]), stored[:10], b"", content):
        path.write_bytes(harmed)
        assert read_blob(laptop.store, sha256) is None
