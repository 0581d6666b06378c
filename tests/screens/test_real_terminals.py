"""The real program in real terminals against a real server process: two windows, a burst, bad beginnings."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

from tests.conftest import NeedsTool
from tests.screens.live_hall import PIN
from tests.screens.real_hall import RealHall
from tests.screens.real_papers import APPLICANT, code_for_a_paper, state_of_the_copy

LIMIT_S = 60.0


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealHall]:
    """A hall with its server process."""
    with RealHall(tmp_path) as hall:
        yield hall


class Tmux:
    """A tmux server of its own; one session a terminal."""

    def __init__(self, program: str, folder: Path) -> None:
        self._base = [program, "-S", str(folder / "tmux"), "-f", "/dev/null"]

    def run(self, *arguments: str) -> str:
        """One tmux command."""
        return subprocess.run([*self._base, *arguments], capture_output=True, text=True, check=False).stdout

    def open(self, name: str, hall: RealHall, data: Path, *, size: tuple[int, int] = (100, 30)) -> None:
        """A terminal with the program in it."""
        self.start(name, hall, hall.command(data), size=size)

    def start(self, name: str, hall: RealHall, command: list[str], *, size: tuple[int, int] = (100, 30)) -> None:
        """Any program of ours in such a terminal."""
        environment = [f"-e{key}={hall.environment[key]}" for key in ("PYTHONPATH", "PYTHON_KEYRING_BACKEND", "LANG")]
        environment.append("-eCUPS_SERVER=/nowhere/cups.sock")  # no test prints on anybody's printer
        x, y = map(str, size)
        self.run("new-session", "-d", "-s", name, "-x", x, "-y", y, *environment, *command)

    def keys(self, name: str, *keys: str) -> None:
        """Press keys."""
        self.run("send-keys", "-t", name, *keys)

    def shows(self, name: str) -> str:
        """What the terminal shows."""
        return self.run("capture-pane", "-p", "-t", name)

    def wait_for(self, name: str, *words: str, gone: bool = False) -> float:
        """Wait until the terminal shows all words (or none of them); how long it took, s."""
        return wait(lambda: all((word in self.shows(name)) != gone for word in words), lambda: self.shows(name))


def wait(condition: Callable[[], bool], told: Callable[[], object]) -> float:
    """Wait for a condition; the seconds that it took. Asking starts a process, and leaves the program time to work."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < LIMIT_S, told()
        time.sleep(0.02)
    return time.monotonic() - began


def displayed(screen: pyte.Screen) -> str:
    """What an emulator shows (its own `display` fails on a wide character whose half was overwritten)."""
    return "\n".join("".join(screen.buffer[y][x].data for x in range(screen.columns)) for y in range(screen.lines))


@pytest.fixture
def tmux(needs_tool: NeedsTool, tmp_path: Path) -> Iterator[Tmux]:
    """tmux, ended with the test."""
    server = Tmux(needs_tool("tmux", "tmux"), tmp_path)
    yield server
    server.run("kill-server")


def test_what_window_03_calls_leaves_the_list_of_window_04_within_a_second(real: RealHall, tmux: Tmux) -> None:
    real.give_out("m-change", 3)
    for name, staff, window in (("a", "0307", "03"), ("b", "0308", "04")):
        tmux.open(name, real, real.terminal(f"window {window}"))
        tmux.wait_for(name, "请登录")
        tmux.keys(name, *staff, "Enter", *PIN, "Enter", *window, "Enter")
        tmux.wait_for(name, f"窗口{window} {staff}", "A001", "A002", "A003")
    tmux.keys("a", "F2")
    tmux.wait_for("a", "A001", "已叫号")
    assert tmux.wait_for("b", "A001", gone=True) < 1.0
    tmux.keys("b", "F2")
    tmux.wait_for("b", "A002", "已叫号")
    assert tmux.wait_for("a", "A002", gone=True) < 1.0
    tmux.keys("a", "Enter")
    tmux.wait_for("a", "办理中")
    tmux.keys("a", "F9")
    wait(lambda: real.states()["A001"] == "done", real.states)
    tmux.keys("a", "C-q")
    tmux.keys("b", "C-q")
    wait(lambda: not tmux.run("list-sessions"), lambda: tmux.shows("a"))


def test_a_citizen_fetches_a_paper_by_its_code(real: RealHall, tmux: Tmux, needs_tool: NeedsTool) -> None:
    number, code = code_for_a_paper(real)
    data = real.terminal("kiosk 1")
    terminal = [sys.executable, "-m", "workstation", "kiosk", "--for", "documents", "--data", str(data)]
    tmux.start("k", real, terminal)
    tmux.wait_for("k", "终端工号")
    tmux.keys("k", *"0601", "Enter")
    tmux.wait_for("k", "终端口令")
    tmux.keys("k", *PIN, "Enter")
    tmux.wait_for("k", "取件码")
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    tmux.keys("k", *wrong, "Enter")
    tmux.wait_for("k", "取件码不对")
    tmux.keys("k", "Enter")
    tmux.wait_for("k", "8 位取件码")
    tmux.keys("k", *code, "Enter")
    tmux.wait_for("k", "打印清楚吗", number)
    assert APPLICANT not in tmux.shows("k"), "whoever stands behind reads no name"
    [printed] = (data / "data" / "kiosk" / "print").glob("*.pdf")
    tmux.keys("k", "1")
    tmux.wait_for("k", "谢谢")
    wait(lambda: state_of_the_copy(real) == "confirmed", lambda: state_of_the_copy(real))
    told = [needs_tool("pdftotext", "poppler-utils"), "-layout", str(printed), "-"]
    text = subprocess.run(told, capture_output=True, text=True, check=True).stdout
    assert number in text
    assert APPLICANT in text
    tmux.keys("k", "C-c", "C-q", "q")
    assert tmux.run("list-sessions"), "no key of a citizen ends it"


def test_a_burst_of_calls_in_one_write_to_a_pty_is_done_whole_and_in_its_order(real: RealHall) -> None:
    real.give_out("m-change", 30)
    data = real.terminal("window 03")
    argv = real.command(data)
    child = pexpect.spawn(argv[0], argv[1:], env=real.environment, dimensions=(30, 100), timeout=LIMIT_S)
    screen = pyte.Screen(100, 30)
    stream = pyte.ByteStream(screen)

    def read_until(condition: Callable[[str], bool]) -> None:
        began = time.monotonic()
        while not condition("".join(displayed(screen).split())):
            assert time.monotonic() - began < LIMIT_S, displayed(screen)
            try:
                stream.feed(child.read_nonblocking(65536, timeout=0.2))
            except pexpect.TIMEOUT:
                continue

    read_until(lambda shown: "请登录" in shown)
    numbers = [f"A{n:03d}" for n in range(30, 0, -1)]
    signing_on = f"0307\r{PIN}\r03\r"  # the burst follows right behind, over the change of the screen
    child.write(signing_on + "".join(f"\x1bOS{number}\r\r\x1b[20~" for number in numbers))
    read_until(lambda _: set(real.states().values()) == {"done"})
    assert real.calls() == numbers
    child.write("\x11")
    while child.isalive():
        try:
            child.read_nonblocking(65536, timeout=0.2)
        except (pexpect.TIMEOUT, pexpect.EOF):
            continue
    child.close()
    assert child.exitstatus == 0


def opened(real: RealHall, data: Path) -> tuple[str, int]:
    """What `workstation open` says in a terminal, and its exit code."""
    argv = real.command(data)
    child = pexpect.spawn(argv[0], argv[1:], env=real.environment, dimensions=(30, 100), timeout=LIMIT_S)
    said: bytes = child.read()
    child.close()
    return said.decode(), child.exitstatus or 0


def test_a_machine_that_is_not_enrolled_is_told_how(real: RealHall, tmp_path: Path) -> None:
    said, code = opened(real, tmp_path / "nothing")
    assert "workstation enrol --server" in said
    assert code == 2


def test_a_second_process_on_the_same_copy_is_a_sentence(real: RealHall) -> None:
    data = real.terminal("window 03")
    argv = real.command(data)
    first = pexpect.spawn(argv[0], argv[1:], env=real.environment, dimensions=(30, 100), timeout=LIMIT_S)
    wait(lambda: (data / "data" / "replica" / "replica.db.lock").exists(), lambda: "no lock")
    first.expect_exact("本机还没有窗口名单".encode())
    said, code = opened(real, data)
    assert code == 1
    assert "Traceback" not in said
    assert "replica.db" in said
    first.write("\x11")
    first.expect(pexpect.EOF)
    first.close()


def test_an_enrolment_tells_what_is_wrong(real: RealHall, tmp_path: Path) -> None:
    def enrol(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workstation", "enrol", "--data", str(tmp_path / "one"), *arguments],
            env=real.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert "注册码不对" in enrol("--server", real.process.url, "--code", "wrong").stderr
    assert "没有加密" in enrol("--server", "http://hall.example", "--code", "x").stderr
    assert "不是可用的地址" in enrol("--server", "hall", "--code", "x").stderr
    assert "连不上" in enrol("--server", "http://127.0.0.1:9", "--code", "x").stderr
    done = enrol("--server", real.process.url, "--code", real.code(), "--label", "窗口03")
    assert done.returncode == 0
    assert "窗口03" in done.stdout
    again = enrol("--server", real.process.url, "--code", real.code())
    assert again.returncode == 2
    assert "本机已注册为 窗口03" in again.stderr
    key = tmp_path / "one" / "data" / "device.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "key" not in json.loads((tmp_path / "one" / "data" / "enrolment.json").read_text())
