"""Printing as screens show it: the copies of a paper, the blanks of a place, the jobs of a terminal.

received = used + void + left: the stock's own counts, held against the blanks that have left it (`Stock.adds_up`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sync.records.states import PaperKind

Read = Callable[..., list[sqlite3.Row]]


def spaced(code: str) -> str:
    """A pick-up code in fours, as it is read aloud."""
    return f"{code[:4]} {code[4:]}".strip()


@dataclass(frozen=True, slots=True)
class Copy:
    """The right to print one copy, as its clerk sees it."""

    id: str
    document: str
    channel: str
    copy_no: int
    state: str
    code: str
    device: str
    stock: str
    serial: str


@dataclass(frozen=True, slots=True)
class Stock:
    """The blanks of one place: received = used + void + left. `following` is the next serial, empty without any."""

    id: str
    scope: str
    place: str
    received: int
    used: int
    void: int
    ranged: int
    gone_used: int
    gone_void: int
    following: str

    @property
    def adds_up(self) -> bool:
        """Whether the counts are what the ranges and the blanks say."""
        return (self.received, self.used, self.void) == (self.ranged, self.gone_used, self.gone_void) and self.left >= 0

    @property
    def left(self) -> int:
        """What lies there."""
        return self.received - self.used - self.void


@dataclass(frozen=True, slots=True)
class Job:
    """What a terminal may print."""

    id: str
    home: str
    kind: str
    title: str
    number: str
    holder: str
    pages: int
    sha256: str
    state: str

    @property
    def on_blank(self) -> bool:
        """Whether it is printed on a blank with a serial."""
        return self.kind == PaperKind.LICENCE


_COPIES = """SELECT id, document, channel, copy_no, state, code, device, stock, serial FROM print_authorisation
WHERE document = ? ORDER BY given_at, copy_no, id"""
_STOCKS = """SELECT s.id, s.scope, s.place, s.received, s.used, s.void,
(SELECT coalesce(sum(r.last - r.first + 1), 0) FROM blank_range r WHERE r.stock = s.id),
(SELECT count(*) FROM blank b WHERE b.stock = s.id AND b.state = 'used'),
(SELECT count(*) FROM blank b WHERE b.stock = s.id AND b.state = 'void') FROM blank_stock s
WHERE s.scope IN (SELECT value FROM json_each(?)) ORDER BY s.scope, s.place"""
_RANGES = "SELECT prefix, first, last, width FROM blank_range WHERE stock = ? ORDER BY prefix, width, first"
_JOBS = "SELECT id, home, kind, title, number, holder, pages, sha256, state FROM print_job WHERE "


def copies(read: Read, document: str) -> list[Copy]:
    """All copies of a paper, oldest first."""
    return [Copy(*_filled(row)) for row in read(_COPIES, (document,))]


def stocks(read: Read, scopes: Sequence[str]) -> list[Stock]:
    """The stocks of these scopes."""
    found = read(_STOCKS, (json.dumps(list(scopes)),))
    return [Stock(*_filled((*row, _following(read, row["id"])))) for row in found]


def lies_there(read: Read, stock: str, serial: str) -> bool:
    """Whether a blank of this serial came in there and has not left."""
    ranges = [tuple(row) for row in read(_RANGES, (stock,))]
    gone = read("SELECT 1 FROM blank WHERE id = ?", (f"{stock}/{serial}",))
    digits = serial.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if gone or not digits.isdigit():
        return False
    prefix, number, width = serial.removesuffix(digits), int(digits), len(digits)
    return any(p == prefix and w == width and first <= number <= last for p, first, last, w in ranges)


def job_of(read: Read, code_hash: str) -> Job | None:
    """The job that a code leads to, while it is open."""
    found = read(_JOBS + "code_hash = ?", (code_hash,))
    return _job(found[0]) if found else None


def jobs_taken(read: Read, device: str) -> list[Job]:
    """What this device took and never printed."""
    return [_job(row) for row in read(_JOBS + "state = 'taken' AND device = ?", (device,))]


def _job(row: sqlite3.Row) -> Job:
    return Job(*_filled(row))


def _filled(row: Sequence[Any] | sqlite3.Row) -> list[Any]:
    return ["" if value is None else value for value in row]


def _following(read: Read, stock: str) -> str:
    """The lowest serial that has not left the stock: the first gap between those that have, range by range."""
    gone = {row["serial"] for row in read("SELECT serial FROM blank WHERE stock = ?", (stock,))}
    for prefix, first, last, width in map(tuple, read(_RANGES, (stock,))):
        for number in range(first, last + 1):  # ends at the first gap: at most as long as what has gone
            if (serial := f"{prefix}{number:0{width}d}") not in gone:
                return serial
    return ""
