"""What a service should take, by what the queue's own have taught: minutes of each matter, and how far off they were.

services of some weeks, as they ended ──▶ sync.staffing.Expectation, a matter each ──▶ minutes, error, bias
the matter's own figure ─ weighs as three services ──┘
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.staffing import Expectation

Read = Callable[..., list[sqlite3.Row]]
MINUTE_MS = 60_000
DAYS = 28
MOST = 2_000


@dataclass(frozen=True, slots=True)
class Learned:
    """What a matter is expected to take, minutes: `told` by itself, `minutes` as learned from `seen` services, off by
    `error` each time and too short by `bias` on the mean (None before the first)."""

    prefix: str
    matter: str
    told: float
    minutes: float
    error: float | None
    bias: float | None
    seen: int


_LASTED = """SELECT g.matter, g.ended_at - g.started_at AS ms FROM ticket t JOIN service_segment g ON g.ticket = t.id
WHERE t.day >= :since AND t.scope = :scope AND g.ended_by = 'finish' ORDER BY g.ended_at DESC, g.id LIMIT :most"""
_MATTERS = "SELECT id, prefix, name, expected_minutes FROM matter WHERE active ORDER BY prefix, name, id LIMIT 5000"


def known(read: Read, scope: str, since: str) -> dict[str, Expectation]:
    """By matter; the services of the queue `scope` since that day teach it in the order in which they ended."""
    found = {row["id"]: Expectation(row["expected_minutes"]) for row in read(_MATTERS)}
    for row in reversed(read(_LASTED, {"scope": scope, "since": since, "most": MOST})):
        if row["matter"] in found:
            found[row["matter"]].lasted(row["ms"] / MINUTE_MS)
    return found


def minutes(read: Read, scope: str, since: str) -> Mapping[str, int]:
    """Whole minutes, one at least, of each matter that has taught something."""
    return {matter: max(round(each.minutes), 1) for matter, each in known(read, scope, since).items() if each.seen}


def learned(read: Read, scope: str, since: str) -> list[Learned]:
    """What the services of a queue since a day have taught, the most frequent first."""
    taught = known(read, scope, since)
    found = [
        Learned(row["prefix"], row["name"], row["expected_minutes"], each.minutes, each.error, each.bias, each.seen)
        for row in read(_MATTERS)
        if (each := taught[row["id"]]).seen
    ]
    return sorted(found, key=lambda each: (-each.seen, each.prefix, each.matter))
