"""Verification in a process of its own, with a deadline and a limit of memory: a hostile file costs that process only.

    verify(data) ──stdin──▶ child: verify_bytes ──stdout──▶ Verdict
                  deadline passed or child gone ──────────▶ unreadable, and the next file gets a new child

A frame is its length in four bytes, then MessagePack. (`multiprocessing` would run the console script anew.)
"""

from __future__ import annotations

import contextlib
import hashlib
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from sync.verdict import ANY, Trust, TrustRoots, Verdict, Word

DEADLINE_S = 20.0  # a paper takes 0.05 s, the slowest file of the public test sets under 1 s
START_S = 60.0
MEMORY = 2 << 30
ROOT = Path(__file__).parent.parent
START = "import sys; sys.path.insert(0, sys.argv[1]); from sync.verify_apart import serve; serve()"


class _Request(msgspec.Struct):
    data: bytes
    trust: TrustRoots | None  # None: every signer is believed


class ApartVerifier:
    """One child at a time, started when first needed. Use as a context manager, from one thread."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline = deadline_s
        self._child: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def __enter__(self) -> ApartVerifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def verify(self, data: bytes, trust: Trust) -> Verdict:
        """`verify_bytes`, or the verdict unreadable with the reason `time_out` or `crash`."""
        child = self._ready()
        roots = trust if isinstance(trust, TrustRoots) else None
        assert child.stdin is not None
        try:
            _write(child.stdin, msgspec.msgpack.encode(_Request(data, roots)))
            answer = self._answers.get(timeout=self._deadline)
        except (OSError, queue.Empty) as failure:
            self.close()
            return _unreadable(data, "time_out" if isinstance(failure, queue.Empty) else "crash")
        if answer is None:
            self.close()
            return _unreadable(data, "crash")
        return msgspec.msgpack.decode(answer, type=Verdict)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [sys.executable, "-c", START, str(ROOT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert self._child.stdout is not None
            self._answers = queue.SimpleQueue()
            threading.Thread(target=_listen, args=(self._child.stdout, self._answers), daemon=True).start()
            # Loading the libraries is no part of a file's time.
            with contextlib.suppress(queue.Empty):
                self._answers.get(timeout=START_S)
        return self._child


def _listen(pipe: IO[bytes], answers: queue.SimpleQueue[bytes | None]) -> None:
    """Pass on every frame; None when the child is gone."""
    with contextlib.suppress(OSError, ValueError):
        while (frame := _read(pipe)) is not None:
            answers.put(frame)
    answers.put(None)


def _unreadable(data: bytes, reason: str) -> Verdict:
    return Verdict(verdict=Word.UNREADABLE, reasons=(reason,), sha256=hashlib.sha256(data).hexdigest())


def _write(pipe: IO[bytes], frame: bytes) -> None:
    pipe.write(len(frame).to_bytes(4, "big") + frame)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes | None:
    head = pipe.read(4)
    frame = pipe.read(int.from_bytes(head, "big")) if len(head) == 4 else b""
    return frame if len(head) == 4 and len(frame) == int.from_bytes(head, "big") else None


def serve() -> None:
    """The child's loop; ends when the parent closes the pipe."""
    from sync.verify import verify_bytes

    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    _write(sys.stdout.buffer, b"ready")
    with contextlib.suppress(KeyboardInterrupt, OSError):
        while (frame := _read(sys.stdin.buffer)) is not None:
            request = msgspec.msgpack.decode(frame, type=_Request)
            verdict = verify_bytes(request.data, ANY if request.trust is None else request.trust)
            _write(sys.stdout.buffer, msgspec.msgpack.encode(verdict))
