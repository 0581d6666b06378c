"""Verification in a process of its own, with a deadline and a limit of memory: a hostile file costs that process,
nothing else.

verify(data) ──pipe──▶ child: verify_bytes ──pipe──▶ Verdict
              deadline passed or child gone ────────▶ unreadable, and the next file gets a new child
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
from multiprocessing.connection import Connection
from types import TracebackType

from sync.verify import Trust, Verdict, Word, verify_bytes

DEADLINE_S = 20.0  # a paper takes 0.05 s, the slowest file of the public test sets under 1 s
MEMORY = 2 << 30


class ApartVerifier:
    """One child at a time, started when first needed. Use as a context manager, from one thread."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline = deadline_s
        self._context = multiprocessing.get_context("spawn")
        self._child: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> ApartVerifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def verify(self, data: bytes, trust: Trust) -> Verdict:
        """`verify_bytes`, or the verdict unreadable with the reason `time-out` or `crash`."""
        pipe = self._ready()
        with contextlib.suppress(OSError, EOFError):
            pipe.send((data, trust))
            if pipe.poll(self._deadline):
                verdict = pipe.recv()
                assert isinstance(verdict, Verdict)
                return verdict
            self.close()
            return _unreadable(data, "time-out")
        self.close()
        return _unreadable(data, "crash")

    def close(self) -> None:
        """End the child."""
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.kill()
            self._child.join()
        self._pipe = self._child = None

    def _ready(self) -> Connection:
        if self._pipe is None or self._child is None or not self._child.is_alive():
            self.close()
            self._pipe, theirs = self._context.Pipe()
            self._child = self._context.Process(target=_serve, args=(theirs,), daemon=True)
            self._child.start()
            theirs.close()
            # Loading the libraries is no part of a file's time.
            with contextlib.suppress(OSError, EOFError):
                self._pipe.recv()
        return self._pipe


def _unreadable(data: bytes, reason: str) -> Verdict:
    return Verdict(verdict=Word.UNREADABLE, reasons=(reason,), sha256=hashlib.sha256(data).hexdigest())


def _serve(pipe: Connection) -> None:
    """The child's loop; ends when the parent closes the pipe."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    pipe.send("ready")
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            data, trust = pipe.recv()
            pipe.send(verify_bytes(data, trust))
