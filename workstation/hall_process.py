"""The server as a child process: started on a free loopback port, never outliving this program.

    pipes     parent ──parent-fd──▶ child    closes with this process, however it ends: then the child stops
              parent ──clock-fd───▶ child    a driven clock, for sample stores only
              child  ──stdout─────▶ parent   `ready http://…`

The child is a session of its own, so that a Ctrl-C in the terminal reaches this program first and nothing is cut off.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sync.clock import ClockDriver, DrivenClock
from sync.errors import StoreError

READY_SECONDS = 30.0
STOP_SECONDS = 8.0
_READY = "ready "
_SAID = re.compile(r"\[([a-z_]+)(?:: (.*))?\]$")


def sync_server(*arguments: str) -> list[str]:
    """The command line of the server's own program."""
    return [sys.executable, "-m", "server_stub", *arguments]


def ask_server(*arguments: str, seconds: float = 120.0) -> str:
    """Run one command of `sync-server` to its end; what it printed. Raises StoreError `server.<code>` as it ended."""
    try:
        done = subprocess.run(
            sync_server(*arguments),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is this program's: a child that heard it too would only seem to fail
        )
    except subprocess.TimeoutExpired:
        raise StoreError("server.timeout", detail=arguments[0]) from None
    if done.returncode:
        raise _as_it_said(_last_line(done.stderr))
    return done.stdout


class HallProcess:
    """One server child; `url` once it is ready. Closing this object ends it."""

    def __init__(self, store_url: str, *, log: Path, port: int = 0, clock: DrivenClock | None = None) -> None:
        """Start it and wait until it listens. Raises StoreError `server.<code>` with its last words."""
        self.log = log
        self._alive_fd = -1
        self._clock_fd = -1
        self.driver: ClockDriver | None = None
        theirs: list[int] = []
        arguments: list[str] = []
        try:
            read, self._alive_fd = os.pipe()
            theirs.append(read)
            arguments += ["--parent-fd", str(read)]
            if clock is not None:
                read, self._clock_fd = os.pipe()
                theirs.append(read)
                arguments += ["--clock-fd", str(read)]
                self.driver = ClockDriver(clock, self._clock_fd)
                self.driver.set(clock.now())
            self._child = self._spawn(store_url, port, arguments, theirs)
        except BaseException:
            self._close_pipes()
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        try:
            self.url = self._ready()
        except BaseException:
            self.kill()
            raise

    def _spawn(
        self, store_url: str, port: int, arguments: Sequence[str], fds: Sequence[int]
    ) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as errors:
            return subprocess.Popen(
                sync_server("serve", "--store", store_url, "--port", str(port), *arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=fds,
                start_new_session=True,
            )

    def _ready(self) -> str:
        assert self._child.stdout is not None
        said = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while b"\n" not in said:
                if not selector.select(READY_SECONDS):
                    raise StoreError("server.timeout", detail=str(self.log))
                chunk = os.read(self._child.stdout.fileno(), 4096)
                if not chunk:
                    raise _as_it_said(self._last_words())
                said += chunk
        line = said.partition(b"\n")[0].decode(errors="replace")
        if not line.startswith(_READY):
            raise StoreError("server.failed", detail=line[:80])
        return line.removeprefix(_READY).strip()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2])

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def stop(self) -> None:
        """End it as the closing of this program would: its work is finished, its files closed."""
        self._close_pipes()
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close_stdout()

    def kill(self) -> None:
        """A crash: nothing is finished."""
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(signal.SIGKILL)
        self._child.wait()
        self._close_pipes()
        self._close_stdout()

    def _close_pipes(self) -> None:
        for name in ("_alive_fd", "_clock_fd"):
            fd = getattr(self, name)
            if fd >= 0:
                os.close(fd)
                setattr(self, name, -1)
        self.driver = None

    def _close_stdout(self) -> None:
        if self._child.stdout is not None:
            self._child.stdout.close()

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return _last_line(self.log.read_text(errors="replace"))
        return ""

    def __enter__(self) -> HallProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _as_it_said(words: str) -> StoreError:
    """The error that the server's program ended with: `sentence [code: name=value, …]`, or whatever its last words
    were."""
    match = _SAID.search(words)
    return (
        StoreError(f"server.{match[1]}", detail=match[2] or "") if match else StoreError("server.failed", detail=words)
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("sync-server: ")[:1000] if lines else ""
