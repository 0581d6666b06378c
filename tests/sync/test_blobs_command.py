"""`sync-server blobs`, and the keys that files are sealed with: what is missing or damaged is named, nothing is lost in
silence when a key is not given."""

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server_stub.cli import main
from server_stub.files.keys import files_keys
from server_stub.files.reseal import left
from server_stub.files.vault import Vault
from server_stub.services import Services
from sync import sealed_file
from sync.errors import StoreError
from sync.protocol.verbs import case as cases
from sync.replica.blobs import keep_blob
from tests.sync.small_hall import CASES, SmallHall
from tests.sync.test_uploads import announced, scan, sha

FIRST, SECOND = scan(1_000, seed=1), scan(70_000, seed=2)


def a_key(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text(name * 10)
    path.chmod(0o600)
    return path


async def sent(hall: SmallHall, content: bytes, id: str) -> None:
    laptop = await announced(hall, content, id)
    await laptop.transport.put_blob(sha(content), content, "application/pdf")


async def test_the_doctor_names_what_is_missing_or_damaged(
    closed_hall: SmallHall, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor = ["blobs", "doctor", "--store", closed_hall.url]
    async with closed_hall.open():
        await sent(closed_hall, FIRST, "m1")
        await sent(closed_hall, SECOND, "m2")
        whole = scan(500, seed=3)
        await sent(closed_hall, whole, "m3")
        folder = closed_hall.services.vault.folder
        assert main(doctor) == 0, "while the server runs"
    assert capsys.readouterr().out == "3 files whole, 71500 bytes, 0 on their way\n"
    (folder / sha(FIRST)).unlink()
    stored = (folder / sha(SECOND)).read_bytes()
    (folder / sha(SECOND)).write_bytes(stored[:100] + bytes([stored[100] ^ 1]) + stored[101:])
    assert main(doctor) == 1
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines[:-1]) == [f"damaged: {sha(SECOND)}  身份证", f"missing: {sha(FIRST)}  身份证"]
    (folder / sha(SECOND)).write_bytes(SECOND)
    assert main(doctor) == 1
    assert f"not_sealed: {sha(SECOND)}" in capsys.readouterr().out
    shutil.copyfile(folder / sha(whole), folder / sha(SECOND))
    assert main(doctor) == 1
    assert f"damaged: {sha(SECOND)}" in capsys.readouterr().out, "whole, but another file"


async def test_what_the_doctor_names_steers_no_terminal(
    closed_hall: SmallHall, capsys: pytest.CaptureFixture[str]
) -> None:
    async with closed_hall.open():
        laptop = await closed_hall.machine("0307")
        said = cases.Attach(
            case="c0",
            name="\x1b]0;身份证\x07\nwhole",
            ordinal=1,
            sha256=keep_blob(laptop.store, FIRST),
            size=len(FIRST),
            media_type="application/pdf",
        )
        assert (await laptop.ended(said, id="m1", scope=CASES)).status == "accepted"
        await laptop.transport.put_blob(sha(FIRST), FIRST, "application/pdf")
        (closed_hall.services.vault.folder / sha(FIRST)).unlink()
    assert main(["blobs", "doctor", "--store", closed_hall.url]) == 1
    fault, _ = capsys.readouterr().out.splitlines()
    assert fault == f"missing: {sha(FIRST)}  ?]0;身份证??whole"


async def test_a_key_apart_is_wanted_from_then_on_and_can_be_changed(
    closed_hall: SmallHall, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with closed_hall.open():
        await sent(closed_hall, FIRST, "m1")
    old, new = a_key(tmp_path, "old."), a_key(tmp_path, "new.")

    def opened(*keys: Path) -> Services:
        return Services.open(closed_hall.url, closed_hall.clock, files_keys=files_keys(keys))

    def closed(services: Services) -> None:
        services.store.close()

    services = opened(old)
    assert services.vault.read(sha(FIRST)) == FIRST, "sealed before"
    services.vault.put(SECOND)
    closed(services)
    for keys, code in (((), "files_key_missing"), ((new,), "files_key_other")):
        with pytest.raises(StoreError, match=code):
            opened(*keys)
    assert await asyncio.to_thread(main, ["screens", "--store", closed_hall.url]) == 0, "it touches no file"
    services = opened(new, old)
    assert services.vault.read(sha(SECOND)) == SECOND
    third = services.vault.put(scan(10, seed=3))
    closed(services)
    services = opened(new)
    with pytest.raises(StoreError, match="other_key"):
        services.vault.read(sha(SECOND))
    assert services.vault.read(third)
    closed(services)
    capsys.readouterr()
    command = ["blobs", "locate", "--store", closed_hall.url, "--files-key", str(new)]
    assert main([*command, "--files-key", str(old)]) == 0
    told = capsys.readouterr().out
    assert told.count("1 files: a given key") == 2
    assert "1 files: the store key" in told
    assert main(command) == 0
    assert "1 files: another key" in capsys.readouterr().out
    assert main(["blobs", "locate", "--store", closed_hall.url]) == 1
    assert "files_key_missing" in capsys.readouterr().err


def test_a_key_file_is_the_servers_alone_and_long_enough(tmp_path: Path) -> None:
    path = a_key(tmp_path, "key.")
    path.chmod(0o644)
    with pytest.raises(Exception, match="key_open"):
        files_keys([path])
    path.chmod(0o600)
    path.write_text("short")
    with pytest.raises(Exception, match="key_short"):
        files_keys([path])


async def test_a_backup_holds_the_files_as_they_lie(closed_hall: SmallHall, tmp_path: Path) -> None:
    async with closed_hall.open():
        await sent(closed_hall, FIRST, "m1")
        laptop = await announced(closed_hall, SECOND, "m2")
        await laptop.transport.put_blob(sha(SECOND), SECOND[:2_000], "application/pdf", start=0, total=len(SECOND))
        await closed_hall.services.snapshots.of("licang:queue")
        assert main(["backup", "--store", closed_hall.url, str(tmp_path / "copy")]) == 0
    assert [path.name for path in (tmp_path / "copy.blobs").iterdir()] == [sha(FIRST)]
    assert b"%PDF" not in (tmp_path / "copy.blobs" / sha(FIRST)).read_bytes()


async def test_what_no_row_knows_of_is_named_and_taken_away_when_told(
    closed_hall: SmallHall, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor = ["blobs", "doctor", "--store", closed_hall.url]
    async with closed_hall.open():
        await sent(closed_hall, FIRST, "m1")
        stray = closed_hall.services.vault.put(SECOND)
        folder = closed_hall.services.vault.folder
        await closed_hall.services.snapshots.of(CASES)
    (folder / "thumbs.db").write_bytes(b"")
    assert main(doctor) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [*sorted([f"unknown: {stray}", "unknown: thumbs.db"]), lines[-1]]
    assert (folder / stray).exists()
    assert main([*doctor, "--remove"]) == 1, "what is named like no file of ours is a person's to remove"
    assert f"removed: {stray}\nunknown: thumbs.db\n" in capsys.readouterr().out
    assert not (folder / stray).exists()
    (folder / "thumbs.db").unlink()
    assert main([*doctor, "--remove"]) == 0
    assert capsys.readouterr().out == "1 files whole, 1000 bytes, 0 on their way\n"


def keyed(command: str, hall: SmallHall, *keys: Path) -> list[str]:
    """`blobs` of this hall, with these keys."""
    return ["blobs", command, "--store", hall.url, *(part for key in keys for part in ("--files-key", str(key)))]


async def test_files_are_sealed_anew_and_the_former_key_is_needed_no_more(
    closed_hall: SmallHall, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = a_key(tmp_path, "former"), a_key(tmp_path, "newer")
    async with closed_hall.open():
        await sent(closed_hall, FIRST, "m1")
        await sent(closed_hall, SECOND, "m2")
        folder = closed_hall.services.vault.folder
    assert main(keyed("reseal", closed_hall, old)) == 0
    assert main(keyed("doctor", closed_hall, old)) == 0
    damaged = (folder / sha(FIRST)).read_bytes()
    (folder / sha(FIRST)).write_bytes(damaged[:-1])
    capsys.readouterr()
    assert main(keyed("reseal", closed_hall, new, old)) == 1
    assert capsys.readouterr().out == f"damaged: {sha(FIRST)}\n1 files sealed anew, 1 left as they are\n"
    (folder / sha(FIRST)).write_bytes(damaged)
    assert main(keyed("reseal", closed_hall, new, old)) == 0
    assert capsys.readouterr().out == "1 files sealed anew, 0 left as they are\n"
    assert main(keyed("doctor", closed_hall, new)) == 0, "the former key is needed no more"
    assert capsys.readouterr().out.startswith("2 files whole")
    assert main(keyed("reseal", closed_hall, new)) == 0
    assert capsys.readouterr().out == "0 files sealed anew, 0 left as they are\n"


def test_sealing_anew_goes_on_where_a_kill_ended_it(closed_hall: SmallHall, tmp_path: Path) -> None:
    old, new = a_key(tmp_path, "former"), a_key(tmp_path, "newer")
    services = Services.open(closed_hall.url, closed_hall.clock, files_keys=files_keys([old]))
    names = [services.vault.put(scan(200_000, seed=n)) for n in range(60)]
    folder, first = services.vault.folder, services.vault
    services.store.close()
    command = [sys.executable, "-m", "server_stub", *keyed("reseal", closed_hall, new, old)]
    ends = 0
    for goal in (1, 12, 25):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            limit = time.monotonic() + 60
            while len(left(first)) > len(names) - goal and process.poll() is None and time.monotonic() < limit:
                pass
            process.kill()
        ends += process.returncode == -signal.SIGKILL
    assert ends, "it was ended at least once before its end"
    both = Vault(folder, sealed_file.named(*(sealed_file.key_of(key.read_bytes()) for key in (new, old))))
    for n, name in enumerate(names):
        assert both.read(name) == scan(200_000, seed=n), "whole, under one key or the other"
    assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0
    alone = Vault(folder, sealed_file.named(sealed_file.key_of(new.read_bytes())))
    assert left(alone) == []
    assert alone.read(names[0]) == scan(200_000, seed=0)
    first.sweep(1 << 62)
    assert first.parts() == [], "what the kills left is swept like any part"
