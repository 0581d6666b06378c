"""A command in a terminal of its own: its screen is read back, and the terminal must be given back as it was.

with Terminal("demo", "--data", folder) as terminal:
    terminal.wait_for("请登录")
    terminal.send("\\x11")
    assert terminal.end() == 0
    assert terminal.restored
"""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pyte

from tests.child_processes import end

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
CTRL_C, CTRL_Q = "\x03", "\x11"
F2, F12 = "\x1bOQ", "\x1b[24~"
TEXTUAL_ON, TEXTUAL_OFF = b"\x1b[?1049h", b"\x1b[?1049l"


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with a plain UTF-8 terminal; None takes a variable away."""
    wanted: dict[str, str | None] = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "NO_COLOR": None, **changes}
    return {name: value for name, value in {**os.environ, **wanted}.items() if value is not None}


class Terminal:
    """A child of `python -m workstation` (or another module) at a pseudo-terminal."""

    def __init__(
        self,
        *arguments: str | Path,
        module: str = "workstation",
        size: tuple[int, int] = (100, 30),
        env: dict[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """`before` runs in the child before the program does: limits, another user."""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._shown: str | None = None
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", module, *map(str, arguments)],
            env=env or environment(),
            cwd=str(ROOT),
            dimensions=(size[1], size[0]),
            timeout=LIMIT_S,
            preexec_fn=before,
        )
        self._modes = self._now()

    def _now(self) -> list[Any]:
        return termios.tcgetattr(self.child.child_fd)

    @property
    def restored(self) -> bool:
        """Whether line editing, echo and screen are as before, and the cursor is seen."""
        shown = self.raw.rfind(TEXTUAL_OFF) >= self.raw.rfind(TEXTUAL_ON)
        cursor = self.raw.rfind(b"\x1b[?25h") >= self.raw.rfind(b"\x1b[?25l")
        mouse = self.raw.rfind(b"\x1b[?1003l") >= self.raw.rfind(b"\x1b[?1003h")
        return shown and cursor and mouse and self._modes == self._after

    def read(self) -> None:
        """Take what the program has written; EOF at its end."""
        self._take(self.child.read_nonblocking(65536, timeout=LIMIT_S))

    def _take(self, chunk: bytes) -> None:
        self.raw += chunk
        self._stream.feed(chunk)
        self._shown = None

    @property
    def shown(self) -> str:
        """What stands on the screen, without blanks. Put together once for what was read: whoever waits asks often,
        and would take from the program the processor that it waits for."""
        if self._shown is None:
            self._shown = "".join("\n".join(self.screen.display).split())
        return self._shown

    @property
    def said(self) -> str:
        """Everything that was written outside the full screen."""
        before, *rest = self.raw.split(TEXTUAL_ON)
        return b"".join([before, *(part.rpartition(TEXTUAL_OFF)[2] for part in rest)]).decode(errors="replace")

    def wait_for(self, words: str) -> None:
        """Read until the screen shows `words` (without blanks)."""
        self.wait_until(lambda: words in self.shown)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Read, if there is anything, until the condition holds."""
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            if condition():
                return
            try:
                self._take(self.child.read_nonblocking(65536, timeout=0.01))
            except pexpect.TIMEOUT:
                continue
        raise AssertionError("it never came; the screen:\n" + "\n".join(self.screen.display))

    def send(self, keys: str) -> None:
        """Keys as the terminal sends them."""
        self.child.send(keys)

    def resize(self, columns: int, lines: int) -> None:
        """The person drags the window."""
        self.screen.resize(lines, columns)
        self._shown = None
        self.child.setwinsize(lines, columns)

    def kill(self, number: signal.Signals) -> None:
        """A signal to the program alone."""
        self.child.kill(number)

    def end(self) -> int:
        """Read to the end; the exit code, 128 + the signal where one ended it. AssertionError with the screen where no
        end comes: a screen with a clock writes for ever."""
        until = time.monotonic() + LIMIT_S
        try:
            while time.monotonic() < until:
                self.read()
            raise AssertionError("it never ended; the screen:\n" + "\n".join(self.screen.display))
        except pexpect.EOF:
            self._after = self._now()
            self.child.wait()
            self.child.close()
        if self.child.exitstatus is not None:
            return int(self.child.exitstatus)
        return 128 + int(self.child.signalstatus or 0)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        end(self.child)
