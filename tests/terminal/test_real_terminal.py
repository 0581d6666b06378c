"""The program in a pseudo-terminal, read by a terminal emulator: bursts, a crash, no colours, nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pyte
import pytest

PROGRAM = Path(__file__).with_name("real_program.py")
ROOT = Path(__file__).resolve().parents[2]
ID_NUMBER = "370213199001011234"
LIMIT_S = 60


class Terminal:
    """A child in a terminal of 100x30 whose screen is read back."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.screen = pyte.Screen(100, 30)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **environment}
        if "NO_COLOR" not in environment:
            env.pop("NO_COLOR", None)
        self.child = pexpect.spawn(
            sys.executable, [str(PROGRAM), str(folder)], env=env, dimensions=(30, 100), timeout=LIMIT_S
        )

    def read(self) -> None:
        """Take what the program has written."""
        chunk = self.child.read_nonblocking(65536, timeout=LIMIT_S)
        self.raw += chunk
        self.stream.feed(chunk)

    def wait_for(self, words: str) -> None:
        """Read until the screen shows `words`; TIMEOUT or EOF where it never does."""
        while words not in "".join("\n".join(self.screen.display).split()):
            self.read()

    def end(self) -> int:
        """Read to the end; the exit code."""
        try:
            while True:
                self.read()
        except pexpect.EOF:
            self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -1)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_bursts_of_bytes_arrive_whole_and_the_terminal_is_given_back(terminal: Terminal, tmp_path: Path) -> None:
    terminal.wait_for("A000")
    assert (
        b"\xe6\xad\xa3\xe5\x9c\xa8\xe6\x89\x93\xe5\xbc\x80" in terminal.raw.split(b"\x1b[?1049h")[0]
    )  # the splash line
    expected = [f"{n:06d}" for n in range(5)]
    terminal.child.send("".join(f"\x1bOQ{number}\r" for number in expected))
    called = tmp_path / "called"
    while not (called.is_file() and called.read_text().count("\n") == 4):
        terminal.read()
    assert called.read_text().split() == expected
    terminal.child.send("\x11")
    assert terminal.end() == 0
    assert terminal.raw.rstrip().rfind(b"\x1b[?1049l") > terminal.raw.rfind(b"\x1b[?1049h")
    assert b"\x1b[?25h" in terminal.raw[terminal.raw.rfind(b"\x1b[?1049h") :]


def test_a_crash_prints_one_sentence_without_a_persons_data(terminal: Terminal, tmp_path: Path) -> None:
    terminal.wait_for("A000")
    terminal.child.send("2")
    terminal.wait_for("2案件审查")
    terminal.child.send("\x1b[20~")
    assert terminal.end() == 70
    after = terminal.raw[terminal.raw.rfind(b"\x1b[?1049l") :].decode()
    assert "程序出错已停止" in after
    assert "Traceback" not in after
    everything = terminal.raw.decode(errors="replace") + "".join(
        path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()
    )
    assert ID_NUMBER not in everything
    assert "no such person" not in everything
    assert len(list(tmp_path.rglob("crashes/*.json"))) == 1
    again = Terminal(tmp_path)
    again.wait_for("上次运行异常退出")
    again.child.send("\x11")
    assert again.end() == 0


def test_no_colour_means_no_colour(tmp_path: Path) -> None:
    import re

    terminal = Terminal(tmp_path, NO_COLOR="1")
    terminal.wait_for("A000")
    terminal.child.send("\x11")
    assert terminal.end() == 0
    colours = [each.split(";") for each in re.findall(r"\x1b\[([\d;]*)m", terminal.raw.decode())]
    # Grey is allowed: Textual's monochrome filter keeps brightness; every colour has equal red, green and blue.
    for codes in colours:
        for place, code in enumerate(codes[:-4]):
            if code in ("38", "48") and codes[place + 1] == "2":
                assert len(set(codes[place + 2 : place + 5])) == 1


def test_before_the_first_paint_only_textual_msgspec_and_the_standard_library_are_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['x', sys.argv[1]]\n"
        f"sys.path.insert(0, {str(PROGRAM.parent)!r}); sys.path.insert(0, {str(ROOT)!r})\n"
        "import real_program; real_program.build(); print(*sorted(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=LIMIT_S
    ).stdout.split()
    roots = {name.partition(".")[0] for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names}
    known = (
        "textual rich msgspec typing_extensions markdown_it pygments platformdirs mdurl linkify_it uc_micro "
        "mdit_py_plugins workstation sync hall real_program _virtualenv __main__"
    )
    allowed = set(known.split())
    assert {
        name for name in roots if name not in allowed and not name.startswith(("__editable__", "_distutils"))
    } == set()
    for heavy in ("sqlmodel", "sqlalchemy", "httpx", "pyhanko", "keyring", "watchfiles"):
        assert heavy not in roots
