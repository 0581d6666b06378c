"""The demo in a terminal when things go wrong: interrupted at every stage, a broken or newer file, a folder that cannot
be written, a window too small, a terminal that can do nothing. The terminal comes back as it was, the child is gone."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from sync.calendar import day_of
from sync.clock import SystemClock
from tests.child_processes import end
from tests.faults.privileges import small_files, unprivileged
from tests.faults.terminals import CTRL_C, CTRL_Q, F2, Terminal, environment
from tests.once import made_once, sample_hall
from workstation.hall_process import ask_server
from workstation.sample_hall import Running, SampleHall

SIGN_ON = "请登录"
STAGES: dict[str, Callable[[Path], bool]] = {
    "making": lambda folder: (folder / ".making").exists(),
    "made": lambda folder: (folder / "central.db").exists(),
    "serving": lambda folder: (folder / "hall.json").exists(),
    "enrolled": lambda folder: (folder / "terminal-1" / "replica.db").exists(),
}
BEFORE_IT_IS_MADE = ("making", "made")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hall that one terminal has made, opened and left; its copy holds the records, as the hall was fresh."""

    def make(folder: Path) -> None:
        with Terminal("demo", "--data", folder, env=environment(HALL_DATA=str(folder.with_name("own")))) as terminal:
            terminal.wait_for(SIGN_ON)
            terminal.send(CTRL_Q)
            assert terminal.end() == 0
            assert terminal.restored

    return made_once(tmp_path_factory, "opened", make)


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "hall"))


Open = Callable[..., Terminal]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Open]:
    """`workstation demo` on a folder."""
    opened: list[Terminal] = []

    def start(
        folder: Path,
        *more: str,
        before: Callable[[], None] | None = None,
        **env: str,
    ) -> Terminal:
        wanted = environment(HALL_DATA=str(tmp_path / "own"), **env)
        opened.append(Terminal("demo", "--data", folder, *more, env=wanted, before=before))
        return opened[-1]

    yield start
    for terminal in opened:
        end(terminal.child)


def ended_with(terminal: Terminal, code: int, *words: str) -> None:
    """It says so in a sentence, the exit code is right and the terminal as before."""
    assert terminal.end() == code, terminal.said
    assert terminal.restored
    assert "Traceback" not in terminal.raw.decode(errors="replace")
    for each in words:
        assert each in "".join(terminal.said.split()), terminal.said


def serving(folder: Path) -> list[str]:
    """The command lines of processes that work on this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


# -------------------------------------------------------------------------------------------------------- told to end


@pytest.mark.parametrize("stage", list(STAGES))
def test_ctrl_c_at_every_stage_of_the_first_opening(
    stage: str, demo: Open, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path / "hall"
    if stage not in BEFORE_IT_IS_MADE:
        shutil.copytree(sample_hall(tmp_path_factory), folder)
    terminal = demo(folder)
    terminal.wait_until(lambda: STAGES[stage](folder))
    terminal.send(CTRL_C)
    ended_with(terminal, 130, "已中断")
    end(terminal.child)
    for line in serving(folder):
        raise AssertionError(line)
    assert not (folder / "hall.json").exists()
    again = demo(folder)
    again.wait_for(SIGN_ON)
    again.send(CTRL_Q)
    ended_with(again, 0)


def test_ctrl_c_on_a_screen_says_which_key_leaves(demo: Open, folder: Path) -> None:
    terminal = demo(folder, "--role", "clerk")
    terminal.wait_for("A01")
    terminal.send(CTRL_C)
    terminal.wait_for("退出请按Ctrl+Q")
    terminal.send(CTRL_Q)
    ended_with(terminal, 0)
    assert not serving(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_in_order(number: signal.Signals, demo: Open, folder: Path) -> None:
    terminal = demo(folder)
    terminal.wait_for(SIGN_ON)
    terminal.kill(number)
    ended_with(terminal, 128 + number)
    assert not serving(folder)


def test_killed_and_opened_again_nothing_is_lost(demo: Open, folder: Path) -> None:
    """Server and app die in the middle; what the clerk did since is at the centre after the next start."""
    terminal = demo(folder, "--role", "clerk")
    terminal.wait_for("A01")
    server = msgspec.json.decode((folder / "hall.json").read_bytes(), type=Running)
    os.kill(server.pid, signal.SIGKILL)
    terminal.wait_for("离线")
    terminal.send("\x1b[21~1")  # F10, the first reason: the window pauses, which needs no server
    replica = folder / "terminal-1" / "replica.db"
    terminal.wait_until(lambda: _count(replica, "SELECT count(*) FROM outbox WHERE state = 'new'") > 0)
    n, kind = _row(replica, "SELECT n, kind FROM outbox WHERE state = 'new' ORDER BY n DESC")
    terminal.kill(signal.SIGKILL)
    assert terminal.end() == 128 + signal.SIGKILL
    again = demo(folder, "--role", "clerk")
    again.wait_until(
        lambda: _count(folder / "central.db", f"SELECT count(*) FROM result WHERE n = {n} AND kind = '{kind}'") == 1
    )
    again.send(CTRL_Q)
    ended_with(again, 0)


def _count(path: Path, sql: str) -> int:
    return int(_row(path, sql)[0])


def _row(path: Path, sql: str) -> tuple[int, str]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        found: tuple[int, str] = connection.execute(sql).fetchone()
        return found


# ----------------------------------------------------------------------------------------------------- broken files


def test_a_local_copy_that_is_none_is_told_and_left(demo: Open, folder: Path) -> None:
    replica = folder / "terminal-1" / "replica.db"
    _remove_log(replica)
    replica.write_bytes(b"no database, whatever its name says " * 200)
    before = replica.read_bytes()
    ended_with(demo(folder), 1, "本机数据读不出来")
    assert replica.read_bytes() == before


def test_a_local_copy_of_a_newer_program_is_told_and_left(demo: Open, folder: Path) -> None:
    replica = folder / "terminal-1" / "replica.db"
    with closing(sqlite3.connect(replica)) as connection:
        connection.execute("PRAGMA user_version=99")
    ended_with(demo(folder), 1, "另一个版本的程序", "99")


def test_a_local_copy_with_broken_pages_is_told_in_the_middle_of_the_work(demo: Open, folder: Path) -> None:
    replica = folder / "terminal-1" / "replica.db"
    _remove_log(replica)
    with closing(sqlite3.connect(replica)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ticket'").fetchone()[0]
    content = bytearray(replica.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    replica.write_bytes(content)
    ended_with(demo(folder, "--role", "clerk"), 1, "本机数据读不出来")
    assert not list(folder.rglob("crashes/*.json"))  # it is no defect of the program
    assert not serving(folder)


def _remove_log(replica: Path) -> None:
    """Everything in the one file."""
    with closing(sqlite3.connect(replica)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")


@pytest.mark.parametrize(
    ("name", "words"),
    [("broken", "打不开"), ("newer", "更新版本"), ("foreign", "别的程序")],
)
def test_a_central_store_that_cannot_be_opened_is_told_and_left(
    name: str, words: str, demo: Open, folder: Path
) -> None:
    store = folder / "central.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    if name == "broken":
        store.write_bytes(b"no database, whatever its name says " * 200)
    if name == "foreign":
        store.unlink()
        with closing(sqlite3.connect(store)) as connection:
            connection.executescript(
                "CREATE TABLE hall (id TEXT); CREATE TABLE ticket (day TEXT, scope TEXT); INSERT INTO ticket VALUES"
                f" ('{day_of(SystemClock().now())}', 'x:queue'); INSERT INTO hall VALUES ('x')"
            )
    before = store.read_bytes()
    ended_with(demo(folder), 1, words)
    assert store.read_bytes() == before


def test_a_hall_of_another_version_is_set_aside_and_made_anew(demo: Open, folder: Path) -> None:
    store = folder / "central.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("DELETE FROM alembic_version")
    opened = demo(folder)
    opened.wait_for("请登录")
    opened.send(CTRL_Q)
    ended_with(opened, 0, "older-1")
    assert {path.name for path in (folder / "older-1").iterdir()} >= {"central.db", "central.blobs"}
    assert store.exists()


def test_a_clock_behind_the_hall_is_told(demo: Open, tmp_path: Path) -> None:
    """The machine's clock stands a year before what the hall has seen."""
    hall = SampleHall(tmp_path / "later")
    hall.folder.mkdir()
    later = date.fromisoformat(day_of(SystemClock().now())) + timedelta(days=365)
    told = ask_server("sample", "--store", hall.store_url, "--day", later.isoformat(), "--at", "10:30")
    (hall.folder / "people.json").write_text(told)
    before = hall.store.read_bytes()
    ended_with(demo(hall.folder), 1, "先校正本机时间")
    assert hall.store.read_bytes() == before


# ---------------------------------------------------------------------------------------------- folders and terminals


def test_a_folder_that_cannot_be_written_is_told(demo: Open, folder: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    ended_with(demo(locked / "hall", before=unprivileged), 1, "写不了文件夹", "--data")
    for path in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        path.chmod(0o500)
    ended_with(demo(folder, before=unprivileged), 1)
    for path in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        path.chmod(0o700)


def test_a_full_disk_while_the_hall_is_made_leaves_nothing_half_made(demo: Open, tmp_path: Path) -> None:
    folder = tmp_path / "hall"
    ended_with(demo(folder, before=small_files(300_000)), 1, "磁盘")
    assert sorted(path.name for path in folder.iterdir()) == ["hall.lock"]
    again = demo(folder)  # there is room again
    again.wait_for(SIGN_ON)


def test_a_window_too_small_says_so_and_takes_no_keys_blindly(demo: Open, folder: Path) -> None:
    terminal = demo(folder, "--role", "clerk")
    terminal.wait_for("窗口现在没有人")
    terminal.resize(60, 15)
    terminal.wait_for("至少需要80x24")
    terminal.send(F2)
    terminal.resize(20, 5)
    terminal.wait_for("20x5")
    terminal.resize(100, 30)
    terminal.wait_for("窗口现在没有人")
    terminal.send(F2)
    terminal.wait_for("已叫号")
    calls = "SELECT count(*) FROM ticket WHERE state = 'called'"
    terminal.wait_until(lambda: _count(folder / "terminal-1" / "replica.db", calls) >= 1)
    terminal.resize(79, 24)
    terminal.wait_for("79x24")
    terminal.send(CTRL_Q)  # quitting needs no sight
    ended_with(terminal, 0)


@pytest.mark.parametrize("env", [{"LANG": "C", "LC_ALL": "C"}, {"TERM": "nonsense"}, {"NO_COLOR": "1"}], ids=str)
def test_poor_terminals_still_open_and_come_back(env: dict[str, str], demo: Open, folder: Path) -> None:
    terminal = demo(folder, **env)
    terminal.wait_for(SIGN_ON)
    terminal.send(CTRL_Q)
    ended_with(terminal, 0)


def test_a_terminal_that_can_place_nothing_is_told_before_anything_is_made(demo: Open, tmp_path: Path) -> None:
    ended_with(demo(tmp_path / "hall", TERM="dumb"), 2, "TERM=dumb", "xterm-256color")
    assert not (tmp_path / "hall").exists()
