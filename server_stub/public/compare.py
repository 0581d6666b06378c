"""A file held against the registry: is it the paper of this page?

    upload (multipart, at most FILE_BYTES) ─▶ its hash is one of the registered files ───────────▶ same
                                             └ else judged in a process of its own, with a deadline
                                                 ├ the registered signature, time stamps at most ─▶ later
                                                 ├ intact, but another signature ────────────────▶ other
                                                 └ changed │ unsigned │ unreadable

Which signer is believed needs no trust list here: the digest and signature value must be those that the registry has of
this very paper. Nothing of an upload is kept or logged, its name is not even looked at.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from multipart import MultipartError, MultipartParser, parse_options_header

from sync.rules.registry import level_of_file
from sync.verdict import ANY, GENUINE, Verdict

if TYPE_CHECKING:
    from sync.records.document import Document
    from sync.verify_apart import ApartVerifier

FILE_BYTES = 10 << 20
"""A paper of ours has some 100 kB."""
AROUND = 64 << 10  # what the form puts around the file
DEADLINE_S = 10.0
WAITING = 4  # so many uploads may wait for the process that judges them


@dataclass(frozen=True, slots=True)
class Compared:
    """`word` is same, later, other, pending, busy, empty, too_large, or a verdict's; `level`, `at` of one of ours."""

    word: str
    level: str | None = None
    at: int | None = None


class Comparer:
    """The judging process of this server, started at the first upload that needs it and ended with the server."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline = deadline_s
        self._lock = threading.Lock()
        self._verifier: ApartVerifier | None = None
        self._waiting = 0

    async def compare(self, data: bytes, paper: Document | None) -> Compared:
        """What is to be said of a file on the page of `paper`; None or unregistered: nothing can be said yet."""
        if not data:
            return Compared("empty")
        if paper is None or paper.signature is None:
            return Compared("pending")
        sha256 = hashlib.sha256(data).hexdigest()
        if level := level_of_file(paper.files, sha256):
            return Compared("same", level, (paper.files or {})[sha256].get("at"))
        if self._waiting >= WAITING:
            return Compared("busy")
        self._waiting += 1
        try:
            return judged(await asyncio.to_thread(self._judge, data), paper)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._verifier is not None:
                self._verifier.close()

    def _judge(self, data: bytes) -> Verdict:
        from sync.verify_apart import ApartVerifier

        with self._lock:
            if self._verifier is None:
                self._verifier = ApartVerifier(self._deadline)
            return self._verifier.verify(data, ANY)


def judged(verdict: Verdict, paper: Document) -> Compared:
    """A verdict, as it stands to this paper."""
    if verdict.verdict not in GENUINE:
        return Compared(str(verdict.verdict))
    if (verdict.message_digest, verdict.signature_value_hash) != (paper.message_digest, paper.signature):
        return Compared("other")
    return Compared("later", verdict.level)  # a time stamp of somebody else's: its hash would be one of ours


def uploaded(content_type: str, body: bytes) -> bytes | None:
    """The bytes of the field `file` in a posted form; None where it is no such form."""
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not (boundary := options.get("boundary")):
        return None
    limit = FILE_BYTES + AROUND
    try:
        parser = MultipartParser(
            io.BytesIO(body), boundary, part_limit=4, spool_limit=limit, memory_limit=limit, disk_limit=0
        )
        part = parser.get("file")
        return None if part is None else bytes(part.raw)
    except MultipartError:
        return None
