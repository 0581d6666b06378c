"""Appointments of one queue: half hours with their seats, who is booked, and the day's figures for a supervisor."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sync.slots import clock_of

Read = Callable[..., list[sqlite3.Row]]
LISTED = 500


@dataclass(frozen=True, slots=True)
class Booked:
    """One appointment; `clock` as in 09:30."""

    id: str
    day: str
    clock: str
    matter: str
    matter_name: str
    holder: str
    code: str
    state: str


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """A half hour of one group: of its seats how many are taken, and of those who came and who did not."""

    clock: str
    prefix: str
    taken: int
    came: int
    missed: int
    cancelled: int


_BOOKED = """SELECT a.*, coalesce(m.name, a.matter) AS matter_name FROM appointment a
LEFT JOIN matter m ON m.id = a.matter WHERE a.scope = :scope"""


def _booked(row: sqlite3.Row) -> Booked:
    return Booked(
        row["id"],
        row["day"],
        clock_of(row["minute"]),
        row["matter"],
        row["matter_name"],
        row["holder"] or "",
        row["code"] or "",
        row["state"],
    )


def by_code(read: Read, scope: str, day: str, code: str) -> Booked | None:
    """The appointment of this code on this day."""
    found = read(f"{_BOOKED} AND a.day = :day AND a.code = :code", {"scope": scope, "day": day, "code": code})
    return _booked(found[0]) if found else None


def coming(read: Read, scope: str, day: str) -> list[Booked]:
    """Those of this day and of later ones that are not cancelled, by their time."""
    sql = f"{_BOOKED} AND a.day >= :day AND a.state != 'cancelled' ORDER BY a.day, a.minute, a.id LIMIT :most"
    return [_booked(row) for row in read(sql, {"scope": scope, "day": day, "most": LISTED})]


def taken(read: Read, scope: str, day: str, prefix: str) -> Counter[int]:
    """How many seats of each half hour of a group are taken."""
    found = read(
        "SELECT minute, count(*) AS n FROM appointment"
        " WHERE scope = ? AND day = ? AND prefix = ? AND seat IS NOT NULL GROUP BY minute",
        (scope, day, prefix),
    )
    return Counter({row["minute"]: row["n"] for row in found})


def loads(read: Read, scopes: Iterable[str], day: str) -> list[SlotLoad]:
    """The day's half hours in which something was booked, over these queues."""
    found: dict[tuple[int, str], Counter[str]] = {}
    for scope in scopes:
        for row in read(
            "SELECT minute, prefix, state, count(*) AS n FROM appointment"
            " WHERE scope = ? AND day = ? GROUP BY minute, prefix, state",
            (scope, day),
        ):
            found.setdefault((row["minute"], row["prefix"]), Counter())[row["state"]] += row["n"]
    return [
        SlotLoad(
            clock_of(minute),
            prefix,
            sum(n for state, n in counted.items() if state != "cancelled"),
            counted["checked_in"] + counted["late"],
            counted["missed"],
            counted["cancelled"],
        )
        for (minute, prefix), counted in sorted(found.items())
    ]
