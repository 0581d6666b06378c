"""The drop folder: what is offered, what waits, what is refused and left; two at once; a clean stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.errors import StoreError
from tests.intake.files import jpeg, pdf, png
from workstation.dropfolder import PATIENCE, DropFolder, Dropped, on_network

LIMIT = 4096


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "代办 收件"
    path.mkdir()
    return path


@pytest.fixture
def still(folder: Path) -> DropFolder:
    """Not started: looks only when it is told to."""
    return DropFolder(folder, limit=LIMIT)


@pytest.fixture(params=["auto", "always"])
def watched(folder: Path, request: pytest.FixtureRequest) -> Iterator[DropFolder]:
    drop = DropFolder(folder, limit=LIMIT, polling=request.param)
    drop.start()
    yield drop
    drop.stop()


def names(drop: DropFolder, state: str = "ready") -> list[str]:
    return sorted(file.name for file in drop.files if file.state == state)


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not within the time"
        time.sleep(0.01)


def look(drop: DropFolder, times: int) -> None:
    for _ in range(times):
        drop.look()


# ---------------------------------------------------------------------------------------------------------- looking


def test_a_file_is_offered_at_the_second_look_that_finds_it_the_same(still: DropFolder, folder: Path) -> None:
    (folder / "a.pdf").write_bytes(pdf())
    assert still.look() == ()
    assert names(still, "coming") == ["a.pdf"]
    [offered] = still.look()
    assert (offered.name, offered.media_type, offered.size) == ("a.pdf", "application/pdf", len(pdf()))
    assert still.look() == ()  # once


@pytest.mark.parametrize("content", [pdf(), png(), jpeg()])
def test_half_a_file_waits_however_often_it_grows(still: DropFolder, folder: Path, content: bytes) -> None:
    path = folder / "scan"
    for length in range(1, len(content) - 1, 7):
        path.write_bytes(content[:length])
        os.utime(path, ns=(length, length))
        look(still, 3)
        assert names(still) == []
        assert names(still, "refused") == []
    path.write_bytes(content)
    look(still, 2)
    assert names(still) == ["scan"]


def test_a_file_that_stays_half_is_called_broken_and_mended_when_it_grows(still: DropFolder, folder: Path) -> None:
    path = folder / "a.pdf"
    path.write_bytes(pdf()[:-6])
    look(still, PATIENCE - 1)
    assert names(still, "coming") == ["a.pdf"]
    look(still, 1)
    assert [(f.name, f.problem) for f in still.of_state("refused")] == [("a.pdf", "broken")]
    path.write_bytes(pdf())
    look(still, 2)
    assert names(still) == ["a.pdf"]


def test_what_is_no_scan_or_too_large_is_refused_and_left_where_it_lies(still: DropFolder, folder: Path) -> None:
    (folder / "letter.docx").write_bytes(b"PK\x03\x04" + b"x" * 100)
    (folder / "fake.pdf").write_bytes(b"MZ this is a program")
    (folder / "big.pdf").write_bytes(pdf(size=LIMIT))
    look(still, 3)
    assert {f.name: f.problem for f in still.of_state("refused")} == {
        "letter.docx": "type",
        "fake.pdf": "type",
        "big.pdf": "size",
    }
    assert len(list(folder.iterdir())) == 3


def test_folders_links_hidden_and_unfinished_names_are_no_files(still: DropFolder, folder: Path) -> None:
    secret = folder.parent / "secret.pdf"
    secret.write_bytes(pdf())
    (folder / "link.pdf").symlink_to(secret)
    (folder / "sub").mkdir()
    (folder / "sub" / "in.pdf").write_bytes(pdf())
    for name in (".hidden.pdf", "a.pdf.part", "b.pdf.crdownload", "c.pdf~"):
        (folder / name).write_bytes(pdf())
    look(still, 3)
    assert still.files == ()


def test_a_missing_folder_is_said_and_seen_again(still: DropFolder, folder: Path) -> None:
    folder.rmdir()
    look(still, 1)
    assert still.trouble == "drop.unreadable"
    folder.mkdir()
    (folder / "a.png").write_bytes(png())
    look(still, 2)
    assert (still.trouble, names(still)) == ("", ["a.png"])


# ---------------------------------------------------------------------------------------------------------- taking


def ready(drop: DropFolder, folder: Path, name: str = "a.pdf") -> Dropped:
    (folder / name).write_bytes(pdf())
    look(drop, 2)
    return next(file for file in drop.of_state("ready") if file.name == name)


def test_a_taken_file_is_gone_from_the_folder(still: DropFolder, folder: Path) -> None:
    file = ready(still, folder)
    assert still.read(file) == pdf()
    assert still.remove(file)
    assert list(folder.iterdir()) == []
    assert still.files == ()


def test_a_file_that_has_changed_or_gone_is_not_read(still: DropFolder, folder: Path) -> None:
    file = ready(still, folder)
    file.path.write_bytes(pdf("other words"))
    with pytest.raises(StoreError, match=r"drop\.changed"):
        still.read(file)
    file.path.unlink()
    with pytest.raises(StoreError, match=r"drop\.gone"):
        still.read(file)
    assert still.remove(file)


def test_what_took_the_name_meanwhile_stays_and_is_offered(still: DropFolder, folder: Path) -> None:
    file = ready(still, folder)
    file.path.write_bytes(pdf("the next page from the same scanner"))
    still.remove(file)
    look(still, 2)
    assert names(still) == ["a.pdf"]


@pytest.fixture
def of_nobody() -> Iterator[Path]:
    """A folder that this process may read and not change, also where the tests run as root."""
    base = Path(tempfile.mkdtemp())
    base.chmod(0o755)
    shut = base / "shut"
    shut.mkdir()
    (shut / "a.pdf").write_bytes(pdf())
    shut.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield shut
    if root:
        os.seteuid(0)
    shut.chmod(0o700)
    shutil.rmtree(base)


def test_a_folder_that_lets_nothing_go_offers_it_once(of_nobody: Path) -> None:
    drop = DropFolder(of_nobody)
    look(drop, 2)
    [file] = drop.of_state("ready")
    assert not drop.remove(file)
    look(drop, 3)
    assert drop.files == ()
    assert file.path.exists()
    with pytest.raises(StoreError, match=r"drop\.unwritable"):
        drop.give_back("b.pdf", pdf())


def test_a_file_given_back_never_covers_another(still: DropFolder, folder: Path) -> None:
    ready(still, folder)
    assert still.give_back("a.pdf", b"%PDF- other").name == "a-2.pdf"
    assert still.give_back("a.pdf", b"%PDF- third").name == "a-3.pdf"
    assert (folder / "a.pdf").read_bytes() == pdf()
    assert still.give_back("../../out.pdf", pdf()).parent == folder


# ---------------------------------------------------------------------------------------------------------- the thread


def test_what_lies_there_at_the_start_is_found(folder: Path) -> None:
    (folder / "early.pdf").write_bytes(pdf())
    drop = DropFolder(folder)
    drop.start()
    until(lambda: names(drop) == ["early.pdf"])
    drop.stop()


def test_files_that_come_are_offered_two_at_once(watched: DropFolder, folder: Path) -> None:
    told: list[str] = []
    watched.listeners.append(lambda ready: told.extend(file.name for file in ready))
    for name, content in (("front.png", png(1)), ("back.jpg", jpeg())):
        threading.Thread(target=(folder / name).write_bytes, args=(content,)).start()
    until(lambda: names(watched) == ["back.jpg", "front.png"])
    until(lambda: sorted(told) == ["back.jpg", "front.png"])


def test_a_file_written_slowly_is_offered_when_it_is_whole(watched: DropFolder, folder: Path) -> None:
    content = pdf(size=2000)
    with (folder / "slow.pdf").open("wb", buffering=0) as file:
        for place in range(0, len(content) - 200, 200):
            file.write(content[place : place + 200])
            until(lambda: names(watched, "coming") == ["slow.pdf"])
            assert names(watched) == []
        file.write(content[place + 200 :])
    until(lambda: names(watched) == ["slow.pdf"])


def test_a_moved_away_folder_is_watched_again_when_it_is_back(watched: DropFolder, folder: Path) -> None:
    (folder / "a.pdf").write_bytes(pdf())
    until(lambda: names(watched) == ["a.pdf"])
    away = folder.rename(folder.with_name("away"))
    until(lambda: watched.trouble == "drop.unreadable")
    away.rename(folder)
    (folder / "b.pdf").write_bytes(pdf("b"))
    until(lambda: names(watched) == ["a.pdf", "b.pdf"])


def test_it_stops_within_a_second(folder: Path) -> None:
    drop = DropFolder(folder)
    drop.start()
    (folder / "a.pdf").write_bytes(pdf())
    until(lambda: names(drop) == ["a.pdf"])
    began = time.monotonic()
    drop.stop()
    assert time.monotonic() - began < 1.5
    assert not [thread for thread in threading.enumerate() if thread.name == "drop-folder"]


def test_watchfiles_is_not_loaded_until_the_watch_begins() -> None:
    code = "import sys, workstation.dropfolder; sys.exit('watchfiles' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_network_mounts_are_known_by_the_list_of_mounts(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    share = tmp_path / "我的 扫描"
    share.mkdir()
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nnas:/scan {str(share).replace(' ', chr(92) + '040')} nfs4 rw 0 0\n")
    assert on_network(share / "today", mounts)
    assert not on_network(tmp_path, mounts)
    assert not on_network(tmp_path, tmp_path / "no such list")
