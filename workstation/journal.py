"""The program's own log: JSON lines with an allow-list of fields, so that nothing about persons can get into it.

    journal.write("screen", number=2)   ──▶   {"at": 1795400000000, "event": "screen", "number": 2}

A field must be named here, and its value must be a number, a truth value or a short code; whatever else is given is
left out and counted in `dropped`. Redacting by patterns would keep some numbers and mask others; an allow-list cannot.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from sync.clock import Clock
from sync.sealed_log import CODE

FIELDS = frozenset(
    {
        "action",
        "attempt",
        "bytes",
        "code",
        "count",
        "cursor",
        "device",
        "duration_ms",
        "error",
        "frames",
        "kind",
        "lag_ms",
        "level",
        "number",
        "operation",
        "pending",
        "port",
        "reason",
        "retries",
        "role",
        "screen",
        "state",
        "status",
        "version",
    }
)
_KEEP = 4


class Journal:
    """Appends lines to one file and rotates it at `limit` bytes; a disk that cannot be written never stops the
    program."""

    def __init__(self, path: Path, clock: Clock, *, limit: int = 1_000_000) -> None:
        self.path = path
        self._clock = clock
        self._limit = limit

    def write(self, event: str, **fields: object) -> None:
        """Append one line; `event` is a code such as `screen` or `sync.failed`."""
        line: dict[str, object] = {"at": self._clock.now(), "event": event if CODE.fullmatch(event) else "?"}
        for name, value in fields.items():
            if name in FIELDS and (
                isinstance(value, (bool, int, float)) or (isinstance(value, str) and CODE.fullmatch(value))
            ):
                line[name] = value
            else:
                line["dropped"] = int(str(line.get("dropped", 0))) + 1
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.path.is_file() and self.path.stat().st_size >= self._limit:
                self._rotate()
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _rotate(self) -> None:
        for number in range(_KEEP - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.is_file():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
