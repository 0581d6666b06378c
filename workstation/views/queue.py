"""What screen 1 shows: who waits, in the very order of the policy; who is at the window; the day's figures.

Names are masked. Durations are ms, sums are made in SQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import msgspec

from sync.rules import policy
from sync.rules.balanced import Layout
from workstation.views.masking import mask_name

Read = Callable[..., list[sqlite3.Row]]
MOST = 500


@dataclass(frozen=True, slots=True)
class QueueTicket:
    """A ticket of today, with what the policy looks at. `marks` are words' keys: a priority, `resting`, `sent_here`,
    `missed_before`, `held`, `missed`."""

    id: str
    number: str | None
    prefix: str
    priority: str
    state: str
    arrived_at: int
    missed_at: int | None
    target_window: str | None
    matter: str
    matter_name: str
    expected_minutes: int
    holder: str
    window: str | None = None
    marks: tuple[str, ...] = ()
    more: int = 0  # further matters of the same visit


@dataclass(frozen=True, slots=True)
class LeasedTicket:
    """A ticket that may be called here without a network, for `left_ms` more."""

    id: str
    number: str
    lease: str
    left_ms: int


@dataclass(frozen=True, slots=True)
class Counter:
    """The window as the policy sees it."""

    id: str
    label: str
    skills: list[str] | None


@dataclass(frozen=True, slots=True)
class Current:
    """The ticket at the window. `worked_ms` is the sum of its ended segments, `since` when it was called, or when the
    segment that runs began; `more` names the further matters of the visit."""

    id: str
    number: str
    state: str
    matter: str
    matter_name: str
    expected_minutes: int
    holder: str
    called_at: int
    calls: int
    since: int
    worked_ms: int
    case: str | None
    site: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """A person's day: tickets finished, missed, sent on; the ms that their service took; cases to do, and due today."""

    done: int = 0
    missed: int = 0
    transferred: int = 0
    worked_ms: int = 0
    to_do: int = 0
    due_today: int = 0

    @property
    def average_minutes(self) -> float:
        """Minutes of service for one finished ticket."""
        return self.worked_ms / self.done / 60_000 if self.done else 0.0


_TICKETS = """SELECT t.id, t.number, t.prefix, t.priority, t.state, t.arrived_at, t.missed_at, t.misses,
    t.target_window, t.matter, t.holder, t."window", coalesce(m.name, t.matter) AS matter_name,
    coalesce(m.expected_minutes, 0) AS expected_minutes, coalesce(json_array_length(t.more), 0) AS more
FROM ticket t LEFT JOIN matter m ON m.id = t.matter
WHERE t.scope = :scope AND t.day = :day AND t.state = :state AND (:window IS NULL OR t."window" = :window)
ORDER BY t.arrived_at LIMIT :most"""


_MORE = """SELECT coalesce(m.name, e.value ->> 'matter') AS name FROM ticket t, json_each(t.more) e
LEFT JOIN matter m ON m.id = e.value ->> 'matter' WHERE t.id = ? ORDER BY e.key"""


_AT_WINDOWS = 'SELECT "window", prefix FROM ticket WHERE scope = ? AND day = ? AND state IN (?, ?, ?)'


def _tickets(read: Read, scope: str, day: str, state: str, window: str | None = None) -> list[sqlite3.Row]:
    return read(_TICKETS, {"scope": scope, "day": day, "state": state, "window": window, "most": MOST})


def _ticket(row: sqlite3.Row, *marks: str) -> QueueTicket:
    return QueueTicket(
        id=row["id"],
        number=row["number"],
        prefix=row["prefix"],
        priority=row["priority"],
        state=row["state"],
        arrived_at=row["arrived_at"] or 0,
        missed_at=row["missed_at"],
        target_window=row["target_window"],
        matter=row["matter"],
        matter_name=row["matter_name"],
        expected_minutes=row["expected_minutes"],
        holder=mask_name(row["holder"]),
        window=row["window"],
        marks=marks,
        more=row["more"],
    )


def waiting(
    read: Read,
    scope: str,
    day: str,
    now: int,
    settings: Mapping[str, Any],
    counter: Counter | None,
    layout: Layout | None = None,
    minutes: Mapping[str, int] = MappingProxyType({}),
) -> list[QueueTicket]:
    """Who waits, as they will be called to this window, or in the hall where no window is named; `minutes` of each
    matter as learned, before its own figure."""
    found = []
    for row in _tickets(read, scope, day, "waiting"):
        marks = [] if row["priority"] == "none" else [row["priority"]]
        if counter is not None and row["target_window"] == counter.id:
            marks.insert(0, "sent_here")
        if row["misses"]:
            marks.append("missed_before")
        ticket = replace(_ticket(row, *marks), expected_minutes=minutes.get(row["matter"], row["expected_minutes"]))
        if policy.resting(ticket, now, settings):
            ticket = replace(ticket, marks=(*marks, "resting"))
        found.append(ticket)
    if counter is not None and layout is not None:
        there = [(row["window"], row["prefix"]) for row in read(_AT_WINDOWS, (scope, day, *policy.AT_WINDOWS))]
        layout = policy.at_windows(layout, there, counter.id)
    return policy.order(found, now, settings, counter, layout)


def aside(read: Read, scope: str, day: str, counter: Counter | None) -> list[QueueTicket]:
    """What this window has put aside, and who was missed today: neither waits, both may come back."""
    held = _tickets(read, scope, day, "held", counter.id) if counter is not None else []
    return [
        *(_ticket(row, "held") for row in held),
        *(_ticket(row, "missed") for row in _tickets(read, scope, day, "missed")),
    ]


def counter(read: Read, window: str | None) -> Counter | None:
    """A window, or None."""
    found = read('SELECT id, label, skills FROM "window" WHERE id = ?', (window,))
    if not found:
        return None
    return Counter(found[0]["id"], found[0]["label"], msgspec.json.decode(found[0]["skills"] or "null"))


def matters_of(read: Read, skills: list[str] | None) -> list[tuple[str, str]]:
    """(id, name) of the matters in use whose tickets have one of these prefixes; all without prefixes."""
    rows = read(
        "SELECT id, name FROM matter WHERE active AND (:skills IS NULL OR prefix IN (SELECT value FROM"
        " json_each(:skills))) ORDER BY prefix, name LIMIT 200",
        {"skills": msgspec.json.encode(skills).decode() if skills else None},
    )
    return [(row["id"], row["name"]) for row in rows]


def current(read: Read, session: str | None) -> Current | None:
    """The ticket at a session's window, None where nobody is there."""
    rows = read(
        "SELECT t.*, coalesce(m.name, t.matter) AS matter_name, coalesce(m.expected_minutes, 0) AS expected_minutes,"
        " (SELECT max(g.started_at) FROM service_segment g WHERE g.ticket = t.id AND g.ended_at IS NULL) AS running,"
        " (SELECT coalesce(sum(g.ended_at - g.started_at), 0) FROM service_segment g"
        "  WHERE g.ticket = t.id AND g.ended_at IS NOT NULL) AS worked"
        " FROM window_session s JOIN ticket t ON t.id = s.ticket LEFT JOIN matter m ON m.id = t.matter WHERE s.id = ?",
        (session,),
    )
    if not rows:
        return None
    row = rows[0]
    return Current(
        id=row["id"],
        number=row["number"] or "",
        state=row["state"],
        matter=row["matter"],
        matter_name=row["matter_name"],
        expected_minutes=row["expected_minutes"],
        holder=mask_name(row["holder"]),
        called_at=row["called_at"] or 0,
        calls=row["calls"] or 0,
        since=row["running"] or row["called_at"] or 0,
        worked_ms=row["worked"],
        case=row["case"],
        site=row["site"],
        more=tuple(each["name"] for each in read(_MORE, (row["id"],))),
    )


def figures(read: Read, staff: str, day: str, day_start: int) -> Figures:
    """A person's day from `day_start` (ms) on."""
    worked = read(
        "SELECT coalesce(sum(g.ended_by = 'finish'), 0) AS done,"
        " coalesce(sum(g.ended_by = 'transfer'), 0) AS transferred, coalesce(sum(g.ended_at - g.started_at), 0) AS ms"
        " FROM ticket t JOIN service_segment g ON g.ticket = t.id"
        " WHERE t.day = ? AND g.staff = ? AND g.started_at >= ? AND g.ended_at IS NOT NULL",
        (day, staff, day_start),
    )[0]
    missed = read(
        "SELECT count(*) AS n FROM ticket t JOIN call c ON c.ticket = t.id"
        " WHERE t.day = ? AND c.staff = ? AND c.called_at >= ? AND c.outcome = 'missed'",
        (day, staff, day_start),
    )[0]["n"]
    cases = read(
        'SELECT count(*) AS n, coalesce(sum(promised_day <= ? OR statutory_day <= ?), 0) AS due FROM "case"'
        " WHERE owner = ? AND state IN ('received', 'corrected', 'accepted', 'in_review', 'decided')",
        (day, day, staff),
    )[0]
    return Figures(worked["done"], missed, worked["transferred"], worked["ms"], cases["n"], cases["due"])


def other_windows(read: Read, scope: str, window: str | None) -> list[tuple[str, str, str]]:
    """(id, label, person) of the windows of this queue where somebody sits, this one left out."""
    rows = read(
        'SELECT w.id, w.label, s.staff FROM window_session s JOIN "window" w ON w.id = s."window"'
        " WHERE s.scope = ? AND s.closed_at IS NULL AND w.id IS NOT ? ORDER BY w.label LIMIT 60",
        (scope, window),
    )
    return [(row["id"], row["label"], row["staff"]) for row in rows]


def by_number(read: Read, scope: str, day: str, number: str) -> tuple[str, str, str | None] | None:
    """(id, state, window) of today's ticket with this number."""
    rows = read(
        'SELECT id, state, "window" FROM ticket WHERE scope = ? AND day = ? AND number = ?', (scope, day, number)
    )
    return (rows[0]["id"], rows[0]["state"], rows[0]["window"]) if rows else None
