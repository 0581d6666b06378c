"""What a driver asked for and what it was told, as JSON lines, on disk before the next thing happens.

    {"ask": s, "device": d, "kind": k, "id": …, "scope": …, "by": …}   before an operation is submitted
    {"queued": s, "device": d, "n": n}                                 it is in the outbox of device d under n
    {"refused": s, "device": d, "code": c}                             the replica itself was sure that it may not be
    {"answer": n, "device": d, "status": …, "code": …}                 how it ended, after a push or a pull

An oracle reads it against the server's log: it knows nothing but what the driver saw.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec


class Journal:
    """Appends lines; `sync` makes them outlive a crash of the machine."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("ab")
        self._file.truncate(_whole(path))
        self._serial = sum(1 for line in read_journal(path) if "ask" in line)

    def ask(self, device: str, kind: str, id: str, scope: str, by: str, **more: Any) -> int:
        """Something is about to be submitted; answers its serial number. On disk when this returns."""
        self._serial += 1
        self.write({"ask": self._serial, "device": device, "kind": kind, "id": id, "scope": scope, "by": by, **more})
        self.sync()
        return self._serial

    def queued(self, serial: int, device: str, n: int) -> None:
        """It got the number `n` in the device's outbox."""
        self.write({"queued": serial, "device": device, "n": n})

    def refused(self, serial: int, device: str, code: str) -> None:
        """The replica refused it: nothing was queued."""
        self.write({"refused": serial, "device": device, "code": code})

    def answer(self, device: str, n: int, status: str, code: str | None = None, **more: Any) -> None:
        """The server's answer; call `sync` after the last of a push."""
        self.write({"answer": n, "device": device, "status": status, "code": code, **more})

    def write(self, line: Mapping[str, Any]) -> None:
        """One line, not yet on disk."""
        self._file.write(msgspec.json.encode(line) + b"\n")

    def sync(self) -> None:
        """Everything written so far is on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Sync and close."""
        self.sync()
        self._file.close()


def _whole(path: Path) -> int:
    """Bytes up to the end of the last whole line: what a crash left after it was never on its way anywhere."""
    return path.read_bytes().rfind(b"\n") + 1


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal; a last one cut short by a crash is passed over."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line)
