"""Processes that are loaded once and forked for each of many short lives.

Nursery   any program of `tests.sync` that forks a life for each line on its standard input
Lives     the server so, always on the same port
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.sync.small_hall import SmallHall

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT = 60.0


class Nursery:
    """A program of `tests.sync` that forks a life for each line; what it prints comes line by line."""

    def __init__(self, module: str, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.sync.{module}", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.alive = False

    async def born(self, dies_at: int = 0) -> int:
        """A life begins: its process id."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{dies_at}\n")
        self.process.stdin.flush()
        pid = int(await self.line())
        self.alive = True
        return pid

    async def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(asyncio.to_thread(self.process.stdout.readline), WAIT)
        assert line, "the nursery itself has ended"
        return line

    async def gone(self) -> None:
        """The life is over."""
        while (await self.line()) != "gone\n":
            pass
        self.alive = False

    async def killed(self, pid: int, after: float) -> None:
        """Ended from outside, in the middle of something; one that was done by then has ended by itself."""
        await asyncio.sleep(after)  # not a wait for a condition: the moment is what is tried out
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await self.gone()

    def close(self) -> None:
        """No more lives."""
        self.process.communicate(timeout=WAIT)


def free_port() -> int:
    """One that nobody has."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Lives:
    """A server with many lives, on one port."""

    def __init__(self, hall: SmallHall) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.nursery = Nursery("kill_server", hall.url, port)

    async def start(self, dies_at: int = 0) -> int:
        """It is born; it listens, or has died before it came so far."""
        pid = await self.nursery.born(dies_at)
        self.nursery.alive = (await self.nursery.line()).startswith("ready")
        return pid
