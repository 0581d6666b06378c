"""What presses: clocks near their end, and who carries how much. For whoever oversees; no citizen's name, no telephone.

rectification ──▶ callback and rectification clocks        case ──▶ the statutory and the promised day
window_session, ticket, segment, case, rectification ──▶ Load, one a member of staff
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.calendar import end_of_day_ms

Read = Callable[..., list[sqlite3.Row]]
CLOCKS_MOST, LOADS_MOST = 40, 60
NEAR_DAYS = 3


@dataclass(frozen=True, slots=True)
class Clock:
    """One limit: `kind` callback, rectify, promised or statutory; `left_ms` below 0 once it is over."""

    kind: str
    about: str
    matter: str
    who: str
    left_ms: int
    certain: bool


@dataclass(frozen=True, slots=True)
class Load:
    """One person's day and what waits for them."""

    staff: str
    name: str
    window: str
    done: int
    worked_ms: int
    busy_ms: int  # with what is still going on
    cases: int
    entries: int

    @property
    def minutes(self) -> float | None:
        """Minutes of service for one finished ticket."""
        return self.worked_ms / self.done / 60_000 if self.done else None


_CALLBACKS = """SELECT e.id, e.state, e.callback_due_at, e.rectify_due_day, coalesce(m.name, e.matter) AS matter,
    coalesce(w.label, e."window", '-') AS place, coalesce(e.handler, '-') AS who, e.deadline_certain
FROM rectification e LEFT JOIN matter m ON m.id = e.matter LEFT JOIN "window" w ON w.id = e."window"
WHERE e.scope IN (SELECT value FROM json_each(:callback))
    AND (e.state IN ('open', 'assigned', 'callback_tried') OR (e.rectify_due_day IS NOT NULL AND e.rectified_at IS NULL
        AND e.state IN ('verified', 'interviewed', 'rectifying', 'reopened', 'appeal_review')))
ORDER BY coalesce(e.rectify_due_day, ''), e.callback_due_at LIMIT 200"""
_CASES = """SELECT coalesce(c.number, c.id) AS about, coalesce(m.name, c.matter) AS matter,
    coalesce(c.owner, '-') AS who, c.promised_day, c.statutory_day, c.deadline_certain
FROM "case" c LEFT JOIN matter m ON m.id = c.matter
WHERE c.scope IN (SELECT value FROM json_each(:case)) AND c.state IN ('accepted', 'in_review', 'reviewed')
    AND min(coalesce(c.promised_day, '9999'), coalesce(c.statutory_day, '9999')) <= :near
ORDER BY min(coalesce(c.promised_day, '9999'), coalesce(c.statutory_day, '9999')), c.id LIMIT 200"""


def clocks(read: Read, asked: dict[str, Any]) -> list[Clock]:
    """Limits that end soon or are over, the nearest first. `asked`: callback, case (lists), now (ms), near (day)."""
    now = asked["now"]
    found = []
    for row in read(_CALLBACKS, asked):
        running = row["state"] in ("open", "assigned", "callback_tried")
        until = row["callback_due_at"] if running else end_of_day_ms(row["rectify_due_day"])
        if until is not None:
            kind = "callback" if running else "rectify"
            certain = running or bool(row["deadline_certain"])
            found.append(Clock(kind, row["place"], row["matter"], row["who"], until - now, certain))
    for row in read(_CASES, asked):
        days = [(day, kind) for kind in ("promised", "statutory") if (day := row[f"{kind}_day"])]
        day, kind = min(days)
        left, certain = end_of_day_ms(day) - now, bool(row["deadline_certain"])
        found.append(Clock(kind, row["about"], row["matter"], row["who"], left, certain))
    return sorted(found, key=lambda clock: (clock.left_ms, clock.about))[:CLOCKS_MOST]


_LOADS = """WITH worked AS (
    SELECT g.staff, sum(coalesce(g.ended_by, '') = 'finish') AS done,
        sum(coalesce(g.ended_at, g.started_at) - g.started_at) AS worked,
        sum(coalesce(g.ended_at, :now) - g.started_at) AS ms
    FROM ticket t JOIN service_segment g ON g.ticket = t.id
    WHERE t.day = :day AND t.scope IN (SELECT value FROM json_each(:queue)) GROUP BY g.staff),
cases AS (
    SELECT owner AS staff, count(*) AS n FROM "case" WHERE scope IN (SELECT value FROM json_each(:case))
        AND state IN ('received', 'need_correction', 'corrected', 'accepted', 'in_review', 'special_procedure')
        AND owner IS NOT NULL GROUP BY owner),
entries AS (
    SELECT handler AS staff, count(*) AS n FROM rectification WHERE scope IN (SELECT value FROM json_each(:callback))
        AND state NOT IN ('closed', 'voided') AND handler IS NOT NULL GROUP BY handler),
sits AS (
    SELECT l.staff, max(w.label) AS label FROM window_session l JOIN "window" w ON w.id = l."window"
    WHERE l.closed_at IS NULL AND l.scope IN (SELECT value FROM json_each(:queue)) GROUP BY l.staff)
SELECT s.id, s.name, coalesce(i.label, '') AS label, coalesce(k.done, 0) AS done, coalesce(k.ms, 0) AS ms,
    coalesce(k.worked, 0) AS worked,
    coalesce(c.n, 0) AS cases, coalesce(e.n, 0) AS entries
FROM staff s LEFT JOIN worked k ON k.staff = s.id LEFT JOIN cases c ON c.staff = s.id
    LEFT JOIN entries e ON e.staff = s.id LEFT JOIN sits i ON i.staff = s.id
WHERE coalesce(k.ms, 0) > 0 OR coalesce(c.n, 0) > 0 OR coalesce(e.n, 0) > 0 OR i.label IS NOT NULL
ORDER BY coalesce(k.ms, 0) DESC, cases DESC, s.id LIMIT :most"""


def loads(read: Read, asked: dict[str, Any]) -> list[Load]:
    """Everybody who sits at a window or has something in hand. `asked`: queue, case, callback, day, now."""
    return [
        Load(row["id"], row["name"], row["label"], row["done"], row["worked"], row["ms"], row["cases"], row["entries"])
        for row in read(_LOADS, {**asked, "most": LOADS_MOST})
    ]


def lists(**scopes: tuple[str, ...]) -> dict[str, str]:
    """Scopes as the statements take them."""
    return {name: msgspec.json.encode(list(found)).decode() for name, found in scopes.items()}
