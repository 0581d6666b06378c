"""The real server as a real process, for tests that end it in every way.

server = ServerProcess(hall.url); server.url
server.kill()       kill -9
server.start()      again, on the same port
server.stop()       SIGTERM; its exit code
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

READY_SECONDS = 180.0


class ServerProcess:
    """`sync-server serve` on a loopback port; with the machine's own clock, or in a sample hall where time stands at
    `at` (ms): whatever the hour, no midnight comes."""

    def __init__(
        self,
        store_url: str,
        *,
        log: Path,
        halls: Path | None = None,
        environment: Mapping[str, str] | None = None,
        at: int | None = None,
    ) -> None:
        self._at = at
        self._serves = ("--store", store_url) if halls is None else ("--halls", str(halls))
        self._log = log
        self._environment = environment
        self._port = 0
        self.url = ""
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        clock: tuple[int, ...] = ()
        if self._at is not None:
            read, write = os.pipe()
            os.write(write, b"%d\n" % self._at)
            os.close(write)
            clock = (read,)
        with self._log.open("ab") as errors:
            self._child = subprocess.Popen(
                [
                    *(sys.executable, "-m", "server_stub", "serve"),
                    *(*self._serves, "--port", str(self._port)),
                    *(argument for fd in clock for argument in ("--clock-fd", str(fd))),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self._environment,
                pass_fds=clock,
            )
        for fd in clock:
            os.close(fd)
        assert self._child.stdout is not None
        said = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while b"\n" not in said:
                assert selector.select(READY_SECONDS), "the server did not come up"
                chunk = os.read(self._child.stdout.fileno(), 4096)
                assert chunk, self._log.read_text()
                said += chunk
        self.url = said.decode().removeprefix("ready ").strip()
        self._port = int(self.url.rpartition(":")[2])

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._child.poll() is None

    @property
    def pid(self) -> int:
        """The process."""
        return self._child.pid

    def kill(self) -> None:
        """No chance to finish anything."""
        self._child.send_signal(signal.SIGKILL)
        self._ended()

    def stop(self, seconds: float = 20.0) -> int:
        """Ask it to end; its exit code."""
        self._child.send_signal(signal.SIGTERM)
        return self._ended(seconds)

    def _ended(self, seconds: float = 20.0) -> int:
        try:
            return self._child.wait(seconds)
        finally:
            if self._child.poll() is None:
                self._child.kill()
                self._child.wait()
            assert self._child.stdout is not None
            self._child.stdout.close()

    def close(self) -> None:
        """At the end of a test, however it went."""
        if self.running:
            self.kill()
