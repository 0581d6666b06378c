"""The machines of the hall, and what was said from one that is not taken any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

Read = Callable[..., list[sqlite3.Row]]
MOST = 200


@dataclass(frozen=True, slots=True)
class Machine:
    """One device. `state`: active, frozen or revoked; `here`: the one that this is read on."""

    id: str
    label: str
    state: str
    why: str
    given_by: str
    waiting: int
    here: bool


@dataclass(frozen=True, slots=True)
class Held:
    """An operation that waits for a decision; `raw` are its words as the bytes they were."""

    id: str
    machine: str
    n: int
    kind: str
    about: str
    number: str
    within: str
    by: str
    at: int
    why: str
    raw: str
    said: Mapping[str, Any]


_MACHINES = """SELECT m.id, m.label, m.state, m.why, m.given_by,
    (SELECT count(*) FROM held_operation h WHERE h.machine = m.id AND h.state = 'waiting') AS waiting
FROM machine m ORDER BY waiting = 0, m.state = 'active' DESC, m.label, m.id LIMIT ?"""
_HELD = """SELECT h.*, m.label AS label, coalesce(t.number, c.number, '') AS number FROM held_operation h
LEFT JOIN machine m ON m.id = h.machine LEFT JOIN ticket t ON t.id = h.about LEFT JOIN "case" c ON c.id = h.about
WHERE h.state = 'waiting' ORDER BY h.machine, h.n LIMIT ?"""


def machines(read: Read, own: str) -> list[Machine]:
    """All of them, those with something waiting first."""
    return [
        Machine(
            id=row["id"],
            label=row["label"],
            state=row["state"],
            why=row["why"] or "",
            given_by=row["given_by"] or "",
            waiting=row["waiting"],
            here=row["id"] == own,
        )
        for row in read(_MACHINES, (MOST,))
    ]


def held(read: Read) -> list[Held]:
    """What waits, in the order in which it was said."""
    return [
        Held(
            id=row["id"],
            machine=row["label"] or row["machine"],
            n=row["n"],
            kind=row["kind"],
            about=row["about"],
            number=row["number"],
            within=row["within"],
            by=row["by"],
            at=row["at"] or 0,
            why=row["why"],
            raw=row["said"],
            said=_words(row["said"]),
        )
        for row in read(_HELD, (MOST,))
    ]


def _words(said: str) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(said, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
