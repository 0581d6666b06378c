"""`workstation demo`: the hall in its folder, the server child that never outlives its parent, joining, a new day."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pexpect
import pytest

from sync.calendar import day_of, start_of_day_ms
from sync.clock import DrivenClock, SystemClock
from sync.errors import HallError, StoreError
from sync.protocol.verbs.ticket import CallNext, OpenWindow
from sync.replica.claim import Claim
from sync.replica.store import ReplicaStore
from tests.child_processes import DEADLINE_S, answers, end, gone, port_of, wait_for
from tests.once import sample_hall
from workstation.commands.demo import FIRST, ROLES, listed
from workstation.hall_process import HallProcess, ask_server
from workstation.headless.device import Device
from workstation.headless.hand_in import hand_in
from workstation.locale import Catalogue
from workstation.sample_hall import Running, SampleHall

SIGN_ON = "请登录"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hall made today, never opened."""
    return sample_hall(tmp_path_factory)


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of its own for each test, in a path with a space and Chinese characters."""
    return Path(shutil.copytree(made, tmp_path / "样例 大厅"))


@pytest.fixture
def hall(folder: Path) -> SampleHall:
    return SampleHall(folder)


Open = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def open_demo(folder: Path, tmp_path: Path) -> Iterator[Open]:
    """Start `workstation demo` in a terminal of its own."""
    opened: list[pexpect.spawn[str]] = []
    environment = {**os.environ, "TERM": "xterm-256color", "HALL_DATA": str(tmp_path / "own")}

    def start(*arguments: str) -> "pexpect.spawn[str]":
        child = pexpect.spawn(
            sys.executable,
            ["-m", "workstation", "demo", "--data", str(folder), *arguments],
            env=environment,
            dimensions=(30, 100),
            encoding="utf-8",
            codec_errors="replace",
            timeout=DEADLINE_S,
        )
        opened.append(child)
        return child

    yield start
    for child in opened:
        end(child)


def running(folder: Path) -> Running:
    return msgspec.json.decode((folder / "hall.json").read_bytes(), type=Running)


# ------------------------------------------------------------------------------------------------- the whole command


def test_a_terminal_opens_and_leaves_nothing_running(open_demo: Open, folder: Path) -> None:
    terminal = open_demo()
    terminal.expect(SIGN_ON)
    terminal.expect("3003")  # the demo's people with their PINs
    server = running(folder)
    assert answers(port_of(server.url))
    terminal.send("\x11")  # Ctrl+Q
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == 0
    assert gone(server.pid)
    assert not (folder / "hall.json").exists()


def test_a_role_signs_on_at_once(open_demo: Open) -> None:
    terminal = open_demo("--role", "clerk")
    terminal.expect("0303")
    terminal.expect("A010")  # the queue, at window 03


def test_another_terminal_joins_the_same_hall(open_demo: Open, folder: Path) -> None:
    first = open_demo()
    first.expect(SIGN_ON)
    second = open_demo("--join")
    second.expect(SIGN_ON)
    assert (folder / "terminal-2" / "replica.db").exists()
    third = open_demo()
    third.expect("workstation demo --join")  # the sentence that names the way out
    third.expect(pexpect.EOF)
    third.wait()
    assert third.exitstatus == 1
    second.send("\x11")
    second.expect(pexpect.EOF)
    assert answers(port_of(running(folder).url))  # who joined does not end the hall


def test_joining_without_a_hall_says_what_to_do(open_demo: Open) -> None:
    terminal = open_demo("--join")
    terminal.expect("请先运行 workstation demo")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_the_terminal_ends_the_server_ends_too(open_demo: Open, folder: Path, number: signal.Signals) -> None:
    terminal = open_demo()
    terminal.expect(SIGN_ON)
    server = running(folder)
    terminal.kill(number)
    if number != signal.SIGKILL:  # told to: the terminal is put in order, and nothing is thrown at the person
        terminal.expect(pexpect.EOF)
        terminal.wait()
        assert "\x1b[?1049l" in terminal.before
        assert "Traceback" not in terminal.before
        assert terminal.exitstatus == 128 + number
    wait_for(lambda: gone(server.pid))
    wait_for(lambda: not terminal.isalive())
    again = open_demo()  # and the folder is free
    again.expect(SIGN_ON)


def test_a_closed_terminal_ends_the_server(open_demo: Open, folder: Path) -> None:
    terminal = open_demo()
    terminal.expect(SIGN_ON)
    server = running(folder)
    terminal.ptyproc.fileobj.close()  # the window is gone: the kernel sends SIGHUP
    wait_for(lambda: gone(server.pid))


def test_without_a_terminal_the_demo_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workstation", "demo", "--data", str(tmp_path / "x")],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 2
    assert "终端" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()


# ----------------------------------------------------------------------------------------------------- the folder


def test_a_second_day_opens_a_new_morning(hall: SampleHall) -> None:
    """The store stands in yesterday: the same folder opened today."""
    today = day_of(SystemClock().now())
    yesterday = day_of(start_of_day_ms(today) - 3_600_000)
    hall.store.unlink()
    shutil.rmtree(hall.store.with_suffix(".blobs"))
    ask_server("sample", "--store", hall.store_url, "--day", yesterday)
    assert hall.open_morning(1, SystemClock())
    assert not hall.open_morning(1, SystemClock())
    connection = sqlite3.connect(hall.store)
    states = connection.execute(
        "SELECT day, state, count(*) FROM ticket WHERE scope = 'licang:queue' AND state IN ('waiting',"
        " 'closed_end_of_day') GROUP BY 1, 2 ORDER BY 1"
    ).fetchall()
    connection.close()
    assert (yesterday, "waiting") not in [(day, state) for day, state, _ in states]
    assert (today, "waiting", 17) in states


async def test_a_morning_opens_while_the_hall_runs(hall: SampleHall, tmp_path: Path) -> None:
    """A demo left open over midnight: the terminals see yesterday closed and today's tickets, and call them."""
    midnight = start_of_day_ms(day_of(SystemClock().now())) + 86_400_000
    clock = DrivenClock(midnight - 60_000)
    with HallProcess(hall.store_url, log=tmp_path / "server.log", clock=clock) as process:
        code = ask_server("code", "--store", hall.store_url, "--clock-ms", str(clock.now())).strip()
        device = await Device.enrol(process.url, code, "window 03", tmp_path / "replica.db", clock)
        await device.sign_on("0303", "3003")
        before = device.rows("SELECT id FROM ticket WHERE state = 'waiting' AND scope = 'licang:queue'")
        assert process.driver is not None
        process.driver.set(midnight + 120_000)
        assert hall.open_morning(1, clock)
        await device.pull()
        after = device.rows("SELECT id FROM ticket WHERE state = 'waiting' AND scope = 'licang:queue'")
        assert len(before) == len(after) == 17
        assert not {row["id"] for row in before} & {row["id"] for row in after}
        opened = await device.do("0303", OpenWindow(window="w03"), id="session", scope="licang:queue")
        called = await device.do("0303", CallNext(call="call"), id="session", scope="licang:queue")
        assert (opened.status, called.status) == ("accepted", "accepted")
        await device.close()


def test_a_clock_before_the_hall_is_told_and_changes_nothing(hall: SampleHall) -> None:
    tomorrow = day_of(SystemClock().now() + int(timedelta(days=1).total_seconds() * 1000))
    ask_server("morning", "--store", hall.store_url, "--day", tomorrow)
    with pytest.raises(StoreError, match=r"server\.clock_behind"):
        hall.open_morning(1, SystemClock())


def test_one_process_serves_a_hall(hall: SampleHall) -> None:
    with hall.claim(), pytest.raises(StoreError, match=r"demo\.running"), SampleHall(hall.folder).claim():
        pass
    with hall.claim():
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"demo\.folder_unwritable"), SampleHall(tmp_path / "file" / "hall").claim():
        pass


def test_a_stale_note_is_no_running_hall(hall: SampleHall) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        (hall.folder / "hall.json").write_bytes(msgspec.json.encode(Running(url, 1)))
        with pytest.raises(StoreError, match=r"demo\.not_running"):
            hall.running()


async def test_terminals_that_somebody_sits_at_are_passed_over(hall: SampleHall) -> None:
    with hall.claim(), hall.serve() as process:
        assert hall.running() == process.url
        first = await hall.free_terminal(process.url, 1)
        assert (await hall.free_terminal(process.url, 1)).folder == first.folder
        held = Claim(first.replica)
        second = await hall.free_terminal(process.url, 1)
        held.release()
        started_too = Claim(hall.folder / ".terminal-3")  # by another process, that has not opened its copy yet
        held, also = Claim(first.replica), Claim(second.replica)
        fourth = await hall.free_terminal(process.url, 1)
        for each in (held, also, started_too):
            each.release()
    assert [place.folder.name for place in (first, second, fourth)] == ["terminal-1", "terminal-2", "terminal-4"]
    assert first.key().text != second.key().text
    assert (first.folder / "device.key").stat().st_mode & 0o077 == 0


async def test_the_first_terminal_has_something_to_decide_and_something_to_issue(hall: SampleHall) -> None:
    with hall.claim(), hall.serve() as process:
        place = await hall.free_terminal(process.url, 1)
        await hand_in(place, process.url, hall.people(), SystemClock())
        store = ReplicaStore(place.replica)
        states = [row["state"] for row in store.read("SELECT state FROM \"case\" WHERE owner = '0304'")]
        rights = store.read("SELECT device FROM issue_authorisation WHERE state = 'out'")
        assert sorted(states) == ["decided", "reviewed", "reviewed"]
        assert [right["device"] for right in rights] == [store.device]
        store.close()


# ------------------------------------------------------------------------------------------------------- the words


def test_the_people_of_every_role_are_within_reach_of_a_digit(hall: SampleHall) -> None:
    people = listed(hall.people())
    assert [person.staff for person in people[:9]] == list(FIRST)
    assert {person.role for person in people[:9]} == set(ROLES)
    assert len(people) == sum(person.role in ROLES for person in hall.people())  # a terminal for citizens is nobody
    assert people[0].window == "03"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whatever_the_server_says_has_words(language: str) -> None:
    root = Path(__file__).resolve().parent.parent
    words = Catalogue(language)
    said = {"store_exists", "store_not_sample", "clock_behind", "sample_unwritable", "sample_step", "sample_day"}
    said |= {"sample_at", "store_open", "port_in_use", "port_not_bound", "clock_not_sample", "timeout", "failed"}
    for code in said:
        assert words.find(f"server.{code}"), code
        if code not in ("timeout", "failed"):
            found = subprocess.run(["grep", "-rq", f'"{code}"', root / "server_stub"], check=False)
            assert found.returncode == 0, code
    assert Catalogue("zh").area("demo").keys() == Catalogue("en").area("demo").keys()
    assert Catalogue("zh").area("server").keys() == Catalogue("en").area("server").keys()
    assert Catalogue("zh").area("headless").keys() == Catalogue("en").area("headless").keys()


def test_an_unknown_person_list_is_told(hall: SampleHall) -> None:
    (hall.folder / "people.json").write_text("[{]")
    with pytest.raises(HallError, match=r"demo\.people_missing"):
        hall.people()
