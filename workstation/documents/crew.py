"""Many papers at once: rendered, sealed and judged by processes of their own, signed by the one key that is held here.

    tasks ─▶ member, one a core: render ─▶ seal ─▶ what is to be signed ──▶ pre-flight, key (here)
                                                        signature ◀──┘
    results ◀── signed file and its verdict ◀── verify ◀┘

The key never leaves this process: signed attributes (RFC 5652) go over the pipe, and a signature comes back. What is
wrong with one paper stops no other; a member that dies costs its paper and is replaced.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from sync.errors import DocumentError
from sync.verdict import TrustRoots
from workstation.documents.approval import Approved
from workstation.documents.crew_member import Begin, Done, Failed, Job, Signature, ToSign, read, write
from workstation.documents.keys import SigningKey
from workstation.documents.papers import PaperData
from workstation.documents.seal import SealFace
from workstation.documents.sign import SignedDocument

ROOT = Path(__file__).parent.parent.parent
START = "import sys; sys.path.insert(0, sys.argv[1]); from workstation.documents.crew_member import serve; serve()"


class Task(msgspec.Struct, frozen=True):
    """A paper to be put out."""

    document: str
    kind: str
    paper: PaperData
    approved: Approved | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One paper's end: its signed file and verdict, or why there is none."""

    document: str
    signed: SignedDocument | None = None
    verdict: str = ""
    why: tuple[str, dict[str, Any]] | None = None


class Crew:
    """The members. Use as a context manager, from a worker thread. `check` is the pre-flight, asked before each
    signature with its time; it raises DocumentError."""

    def __init__(
        self,
        key: SigningKey,
        face: SealFace,
        trust: TrustRoots,
        *,
        now: Callable[[], int],
        check: Callable[[int], None] = lambda _: None,
        font_folder: str = "",
        size: int = 0,
    ) -> None:
        chain = tuple(each.public_bytes(Encoding.DER) for each in key.chain)
        mine = key.certificate.public_bytes(Encoding.DER)
        self._begin = Begin(mine, chain, key.mechanism, face, font_folder, trust)
        self._key = key
        self._now = now
        self._check = check
        self._size = size or os.cpu_count() or 1
        self._one_signature = threading.Lock()  # a token has one session
        self._closed = False
        self._members: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def members(self) -> list[int]:
        """Their process ids, also of those that have ended."""
        return [member.pid for member in self._members]

    def close(self) -> None:
        """End the members; papers at work are left unsigned."""
        self._closed = True
        for member in self._members:
            member.kill()
        for member in self._members:
            member.wait()

    def results(self, tasks: Sequence[Task]) -> Iterator[Result]:
        """One result for each task, as they come."""
        waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        for task in tasks:
            waiting.put(task)
        size = min(self._size, len(tasks))
        threads = [threading.Thread(target=self._drive, args=(waiting, results), daemon=True) for _ in range(size)]
        for thread in threads:
            thread.start()
        for _ in tasks:
            yield results.get()
        for thread in threads:
            thread.join()

    def _drive(self, waiting: queue.SimpleQueue[Task], results: queue.SimpleQueue[Result]) -> None:
        member: subprocess.Popen[bytes] | None = None
        while not self._closed:
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                member = member or self._start()
                result = self._one(member, task)
            except DocumentError as failure:
                result = Result(document=task.document, why=(failure.code, failure.params))
            except (OSError, ValueError, msgspec.DecodeError) as failure:  # the member is gone, or talks nonsense
                reason = type(failure).__name__
                result = Result(document=task.document, why=("document.sign_failed", {"reason": reason}))
                if member is not None:
                    member.kill()
                    _end(member)
                member = None
            results.put(result)
        if member is not None:
            _end(member)

    def _start(self) -> subprocess.Popen[bytes]:
        member = subprocess.Popen(
            [sys.executable, "-c", START, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._members.append(member)
        assert member.stdin is not None
        write(member.stdin, self._begin)
        return member

    def _one(self, member: subprocess.Popen[bytes], task: Task) -> Result:
        assert member.stdin is not None
        assert member.stdout is not None
        at = self._now()
        self._check(at)
        write(member.stdin, Job(task.kind, task.paper, at, task.approved))
        refused: DocumentError | None = None
        while True:
            match read(member.stdout):
                case ToSign(data):
                    value = b""
                    try:
                        with self._one_signature:
                            value = self._key.sign(data)
                    except DocumentError as failure:
                        refused = failure
                    write(member.stdin, Signature(value))
                case Done(signed, verdict):
                    return Result(document=task.document, signed=signed, verdict=verdict)
                case Failed(code, params):
                    raise refused or DocumentError(code, **{name: _phrase(value) for name, value in params.items()})
                case _:
                    raise ValueError("member gone")


def _phrase(value: Any) -> Any:
    """A phrase came over the pipe as a list."""
    return tuple(value) if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict) else value


def _end(member: subprocess.Popen[bytes]) -> None:
    for pipe in (member.stdin, member.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    member.wait()
