"""A sealed file that is still being written: an upload that goes on where it stopped, or a snapshot in the making.

    more ─▶ the end that is open (at most a chunk) ─ full and more comes ─▶ sealed on the disk
                  └─ save: sealed as it is, and taken up again by whoever goes on
    keep(path)    on the disk for good, the last chunk marked as such, under its name

What a crash leaves is a part with a torn end at most: that end is none, and its sender says it again. A loss of power
may leave less: what cannot be read any more is begun anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from pathlib import Path
from typing import BinaryIO, Self

from sync.sealed_file import CHUNK, HEADER, NONCE, RECORD, TAG, Keys, Seal, Unreadable, records_in


class Taken(Exception):
    """Somebody else goes on with this part: its sender came again by another connection, perhaps to another process."""


def _opened(path: Path) -> BinaryIO:
    """The file at `path` and nobody else's as long as it is open. Raises Taken, OSError."""
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            if sys.platform != "win32":
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:  # it got its name, or was dropped, between two of these lines
            pass
        except BlockingIOError:
            file.close()
            raise Taken from None
        file.close()


class Part:
    """One file on its way; from one task at a time, `keep` and `digest` in a thread."""

    def __init__(self, path: Path, keys: Keys) -> None:
        """Go on with what lies there, else begin; what was sealed with a key that is not here, or whose first chunk is
        lost, is begun anew. Raises Taken, OSError."""
        self.path = path
        self.finishing = False  # a thread is at it: nobody takes it over any more
        self._file = _opened(path)
        self._whole = 0  # chunks sealed on the disk
        self._end = b""
        self.beginning = b""
        """The first chunk's bytes, as far as they are here."""
        try:
            self._seal = Seal(self._file.read(HEADER), keys)
            self._take_up()
            self.beginning = self._chunk(0) if self._whole else self._end
        except Unreadable:
            self._seal = Seal.new(keys)
            self._whole, self._end = 0, b""
            self._file.seek(0)
            self._file.truncate()
            self._file.write(self._seal.header)

    def _take_up(self) -> None:
        count = records_in(self._file.seek(0, os.SEEK_END))
        self._whole = max(0, count - 1)
        if count:
            with contextlib.suppress(Unreadable):  # torn: its sender says it again
                self._end = self._chunk(self._whole)

    def _chunk(self, index: int) -> bytes:
        self._file.seek(HEADER + index * RECORD)
        return self._seal.open(index, self._file.read(RECORD), last=False)

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self._whole * CHUNK + len(self._end)

    @property
    def closed(self) -> bool:
        """Whether it is gone on with no more by this object."""
        return self._file.closed

    def cut(self, size: int) -> None:
        """What lies behind so many bytes is forgotten; all of it where what is left cannot be read. `size` is at most
        its own."""
        whole, rest = divmod(size, CHUNK)
        if whole < self._whole:
            try:
                self._end = self._chunk(whole) if rest else b""
                self._whole = whole
            except Unreadable:
                self._whole, self._end, self.beginning = 0, b"", b""
                return
        self._end = self._end[:rest] if whole == self._whole else self._end
        self.beginning = self.beginning[:size]

    def write(self, more: bytes) -> None:
        """More of it. Raises Taken, OSError."""
        if self._file.closed:
            raise Taken
        self._end += more
        while len(self._end) > CHUNK:
            self._put(self._whole, self._end[:CHUNK])
            self._whole, self._end = self._whole + 1, self._end[CHUNK:]
        if not self._whole:
            self.beginning = self._end
        elif len(self.beginning) < CHUNK:
            self.beginning = self._chunk(0)

    def _put(self, index: int, chunk: bytes, *, last: bool = False) -> None:
        self._file.seek(HEADER + index * RECORD)
        self._file.write(self._seal.close(index, chunk, last=last))

    def save(self) -> None:
        """What is here outlives this process."""
        if self._end:
            self._put(self._whole, self._end)
        self._file.seek(HEADER + self._whole * RECORD + (len(self._end) + NONCE + TAG if self._end else 0))
        self._file.truncate()
        self._file.flush()

    def digest(self) -> str:
        """SHA-256 of what is here, read back from the disk. Raises Unreadable."""
        self.save()
        summed = hashlib.sha256()
        for index in range(self._whole):
            summed.update(self._chunk(index))
        summed.update(self._end)
        return summed.hexdigest()

    def keep(self, path: Path) -> None:
        """It is whole: it outlives a loss of power, and gets its name."""
        self.save()
        self._put(self._whole, self._end, last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.path.replace(path)  # before it is let go of: nobody takes the whole file for a part
        self._file.close()

    def drop(self) -> None:
        """Nothing of it is left."""
        self.path.unlink(missing_ok=True)
        self._file.close()

    def close(self) -> None:
        """Stop; what is here is gone on with another time."""
        if not self._file.closed:
            try:
                self.save()
            finally:
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
