"""What screen 6 shows of one day: sums made in SQL over the scopes that the reader's grants reach.

    ticket, service_segment ──▶ Head, WindowLoad, Hour, SiteLine      durations in ms
    window_session, pause   ──▶ state and open time of a window
    rating, rectification   ──▶ satisfaction with defaults apart, bad ratings, callbacks past their limit
    all of them, now        ──▶ Hint: what piles up

The day's segments are reached through its tickets (`ticket.day` is indexed), so a long history costs nothing. A day
that is over is judged at its end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from workstation.views.masking import mask_name
from workstation.views.requests import Wanted
from workstation.views.staffing import Proposal

Read = Callable[..., list[sqlite3.Row]]
WINDOWS_MOST = 300
HINTS_MOST = 3
SEGMENTS_MOST = 300
LONG_WAIT_MS = 10 * 60_000
Minutes = Mapping[str, Mapping[str, int]]
NOTHING_LEARNED: Minutes = {}


@dataclass(frozen=True, slots=True)
class Reach:
    """The scopes that may be read, by class; an empty class is not shown, never taken for a zero."""

    queue: tuple[str, ...] = ()
    rating: tuple[str, ...] = ()
    callback: tuple[str, ...] = ()
    case: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A hall day: from `start` up to `end` (ms), judged at `now`; `live` while it is today."""

    day: str
    start: int
    end: int
    now: int
    live: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The day's figures; None: not within reach, or nothing to divide by."""

    done: int = 0
    waiting: int = 0
    worked_ms: int = 0
    rated: int | None = None
    good: int = 0
    bad: int = 0
    defaulted: int = 0
    overdue: int | None = None

    @property
    def minutes(self) -> float | None:
        """Minutes of service for one finished ticket."""
        return self.worked_ms / self.done / 60_000 if self.done else None

    @property
    def satisfied(self) -> float | None:
        """Share of real ratings that found neither the matter nor the person bad."""
        return self.good / self.rated if self.rated else None


@dataclass(frozen=True, slots=True)
class WindowLoad:
    """One window's day. `state`: serving, called, free, paused, closed, or "" of a day that is over; `busy_ms` of
    service in `open_ms` of sitting there without pauses."""

    id: str
    label: str
    site: str
    site_name: str
    state: str
    reason: str
    number: str
    done: int
    worked_ms: int
    busy_ms: int
    open_ms: int
    wanted: bool = False  # the duty manager has asked for it

    @property
    def minutes(self) -> float | None:
        """Minutes of service for one ticket finished here."""
        return self.worked_ms / self.done / 60_000 if self.done else None

    @property
    def load(self) -> float:
        """Share of the open time spent in service, 0 to 1."""
        return min(self.busy_ms / self.open_ms, 1.0) if self.open_ms > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Hint:
    """Something piles up: a catalogue key's end and its parameters."""

    kind: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site's day; `received` cases (None: not within reach); `latest_at` is its last step that has arrived here."""

    id: str
    name: str
    kind: str
    done: int
    worked_ms: int
    waiting: int
    received: int | None
    latest_at: int

    @property
    def minutes(self) -> float | None:
        """Minutes of service for one finished ticket."""
        return self.worked_ms / self.done / 60_000 if self.done else None


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole screen."""

    period: Period
    head: Head = field(default_factory=Head)
    windows: tuple[WindowLoad, ...] = ()
    hints: tuple[Hint, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    hours: tuple[tuple[int, int], ...] = ()
    sites: tuple[SiteLine, ...] = ()
    contacts: Mapping[str, int] = field(default_factory=dict)  # site → when the centre last heard of it, ms


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of service at a window; `ended_at` 0 while it runs."""

    id: str
    number: str
    matter: str
    staff: str
    started_at: int
    ended_at: int
    ended_by: str


def overview(read: Read, reach: Reach, period: Period, minutes: Minutes = NOTHING_LEARNED) -> Overview:
    """Everything, read one sum after the other. `minutes`: of each queue's matters, as services have taught them."""
    asked = _asked(reach, period)
    return Overview(
        period=period,
        head=_head(read, reach, asked),
        windows=_windows(read, asked, live=period.live),
        hints=_hints(read, reach, asked, minutes) if period.live else (),
        hours=tuple((row["hour"], row["n"]) for row in read(_HOURS, asked)),
        sites=_sites(read, reach, asked),
    )


def _asked(reach: Reach, period: Period) -> dict[str, Any]:
    classes = ("queue", "rating", "callback", "case")
    scopes = {name: msgspec.json.encode(getattr(reach, name)).decode() for name in classes}
    return {**scopes, "day": period.day, "start": period.start, "end": period.end, "now": period.now}


_TICKETS = """SELECT coalesce(sum(state = 'done'), 0) AS done,
    coalesce(sum(state IN ('issued', 'waiting', 'transferred')), 0) AS waiting
FROM ticket WHERE day = :day AND scope IN (SELECT value FROM json_each(:queue))"""
_WORKED = """SELECT coalesce(sum(g.ended_at - g.started_at), 0) AS ms FROM ticket t
JOIN service_segment g ON g.ticket = t.id AND g.ended_at IS NOT NULL
WHERE t.day = :day AND t.state = 'done' AND t.scope IN (SELECT value FROM json_each(:queue))"""
_RATED = """WITH said AS (
    SELECT coalesce(defaulted, 0) AS defaulted, level IN ('dissatisfied', 'very_dissatisfied')
        OR coalesce(person_level, '') IN ('dissatisfied', 'very_dissatisfied') AS bad
    FROM rating WHERE rated_at >= :start AND rated_at < :end AND scope IN (SELECT value FROM json_each(:rating)))
SELECT coalesce(sum(NOT defaulted), 0) AS rated, coalesce(sum(defaulted), 0) AS defaulted,
    coalesce(sum(NOT defaulted AND NOT bad), 0) AS good, coalesce(sum(NOT defaulted AND bad), 0) AS bad
FROM said"""
_OVERDUE = """SELECT count(*) AS n FROM rectification
WHERE opened_at >= :start AND opened_at < :end AND scope IN (SELECT value FROM json_each(:callback))
    AND coalesce(first_reached_at, verified_at, :now) > callback_due_at"""


def _head(read: Read, reach: Reach, asked: dict[str, Any]) -> Head:
    tickets, worked = read(_TICKETS, asked)[0], read(_WORKED, asked)[0]["ms"]
    rated = read(_RATED, asked)[0] if reach.rating else None
    return Head(
        done=tickets["done"],
        waiting=tickets["waiting"],
        worked_ms=worked,
        rated=rated["rated"] if rated else None,
        good=rated["good"] if rated else 0,
        bad=rated["bad"] if rated else 0,
        defaulted=rated["defaulted"] if rated else 0,
        overdue=read(_OVERDUE, asked)[0]["n"] if reach.callback else None,
    )


_WINDOWS = """WITH worked AS (
    SELECT g."window" AS id, sum(coalesce(g.ended_by, '') = 'finish') AS done,
        sum(coalesce(g.ended_at, g.started_at) - g.started_at) AS worked_ms,
        sum(max(coalesce(g.ended_at, :now), g.started_at) - g.started_at) AS busy_ms
    FROM ticket t JOIN service_segment g ON g.ticket = t.id
    WHERE t.day = :day AND t.scope IN (SELECT value FROM json_each(:queue)) GROUP BY g."window"),
sat AS (
    SELECT s."window" AS id, sum(max(min(coalesce(s.closed_at, :now), :end, :now) - max(s.opened_at, :start), 0)) AS ms
    FROM window_session s WHERE s.scope IN (SELECT value FROM json_each(:queue))
        AND s.opened_at < :end AND coalesce(s.closed_at, :end) > :start GROUP BY s."window"),
rested AS (
    SELECT s."window" AS id, sum(max(min(coalesce(p.to_at, :now), :end, :now) - max(p.from_at, :start), 0)) AS ms
    FROM pause p JOIN window_session s ON s.id = p.session WHERE s.scope IN (SELECT value FROM json_each(:queue))
        AND p.from_at < :end AND coalesce(p.to_at, :end) > :start GROUP BY s."window")
SELECT w.id, w.label, w.site, coalesce(i.name, w.site) AS site_name, l.state AS sitting, l.pause_reason AS reason,
    t.state AS ticket_state, t.number AS number, coalesce(k.done, 0) AS done, coalesce(k.worked_ms, 0) AS worked_ms,
    coalesce(k.busy_ms, 0) AS busy_ms, coalesce(a.ms, 0) - coalesce(r.ms, 0) AS open_ms
FROM "window" w LEFT JOIN site i ON i.id = w.site
    LEFT JOIN window_session l ON l."window" = w.id AND l.closed_at IS NULL
    LEFT JOIN ticket t ON t.id = l.ticket
    LEFT JOIN worked k ON k.id = w.id LEFT JOIN sat a ON a.id = w.id LEFT JOIN rested r ON r.id = w.id
WHERE w.queue_scope IN (SELECT value FROM json_each(:queue))
GROUP BY w.id ORDER BY (coalesce(i.kind, '') <> 'hall'), w.site, w.label LIMIT :most"""


def _windows(read: Read, asked: dict[str, Any], *, live: bool) -> tuple[WindowLoad, ...]:
    return tuple(
        WindowLoad(
            id=row["id"],
            label=row["label"],
            site=row["site"],
            site_name=row["site_name"],
            state=_state(row) if live else "",
            reason=(row["reason"] or "") if live else "",
            number=(row["number"] or "") if live else "",
            done=row["done"],
            worked_ms=row["worked_ms"],
            busy_ms=row["busy_ms"],
            open_ms=row["open_ms"],
        )
        for row in read(_WINDOWS, {**asked, "most": WINDOWS_MOST})
    )


def _state(row: sqlite3.Row) -> str:
    if row["sitting"] is None:
        return "closed"
    if row["sitting"] == "paused":
        return "paused"
    if row["ticket_state"] is None:
        return "free"
    return "serving" if row["ticket_state"] == "serving" else "called"


_HOURS = """SELECT (finished_at + 28800000) / 3600000 % 24 AS hour, count(*) AS n FROM ticket
WHERE day = :day AND state = 'done' AND scope IN (SELECT value FROM json_each(:queue)) AND finished_at IS NOT NULL
GROUP BY hour ORDER BY hour LIMIT 24"""

_LONG_SERVICE = """SELECT w.label, m.name, :now - g.started_at AS ms, m.expected_minutes AS minutes, t.scope, m.id
FROM ticket t JOIN service_segment g ON g.ticket = t.id AND g.ended_at IS NULL
    JOIN matter m ON m.id = g.matter LEFT JOIN "window" w ON w.id = g."window"
WHERE t.day = :day AND t.scope IN (SELECT value FROM json_each(:queue))
ORDER BY ms DESC LIMIT 300"""
_LONG_WAIT = """SELECT m.name, m.prefix, t.scope, count(*) AS n, max(:now - t.arrived_at) AS ms
FROM ticket t JOIN matter m ON m.id = t.matter
WHERE t.day = :day AND t.scope IN (SELECT value FROM json_each(:queue)) AND t.state = 'waiting'
GROUP BY t.scope, t.matter HAVING ms >= :long_wait ORDER BY ms DESC LIMIT :most"""
_CALLBACKS = """SELECT count(*) OVER () AS n, w.label, s.name AS site_name, r.holder FROM rectification r
    LEFT JOIN "window" w ON w.id = r."window" LEFT JOIN site s ON s.id = r.site
WHERE r.scope IN (SELECT value FROM json_each(:callback)) AND r.state IN ('open', 'assigned', 'callback_tried')
    AND r.first_reached_at IS NULL AND r.callback_due_at < :now
ORDER BY r.callback_due_at LIMIT 1"""

_DOUBTED = """SELECT count(*) OVER () AS n, d.number FROM document d
WHERE d.alone = 'doubted' AND d.registered_at >= :start AND d.registered_at < :end
    AND d.scope IN (SELECT value FROM json_each(:case)) ORDER BY d.registered_at DESC LIMIT 1"""


def _hints(read: Read, reach: Reach, asked: dict[str, Any], minutes: Minutes) -> tuple[Hint, ...]:
    """What piles up now, the worst first, each kind at most three times. A service is long that takes twice what its
    matter was learned to take."""
    most = {**asked, "most": HINTS_MOST, "long_wait": LONG_WAIT_MS}
    found = []
    for row in read(_CALLBACKS, asked) if reach.callback else ():
        where = row["label"] or row["site_name"] or "-"
        found.append(Hint("callback", {"count": row["n"], "window": where, "holder": mask_name(row["holder"]) or "-"}))
    found += [Hint("doubted", {"count": row["n"], "number": row["number"]}) for row in read(_DOUBTED, asked)]
    found += [
        Hint("long_service", {"window": row["label"] or "-", "minutes": row["ms"] // 60_000, "matter": row["name"]})
        for row in [
            row
            for row in read(_LONG_SERVICE, asked)
            if row["ms"] > 2 * minutes.get(row["scope"], {}).get(row["id"], row["minutes"]) * 60_000
        ][:HINTS_MOST]
    ]
    found += [
        Hint("long_wait", {"matter": row["name"], "minutes": row["ms"] // 60_000, "count": row["n"]})
        for row in read(_LONG_WAIT, most)
    ]
    return tuple(found)


_SITES = """WITH day AS (
    SELECT site, sum(state = 'done') AS done, sum(state IN ('issued', 'waiting', 'transferred')) AS waiting,
        max(max(coalesce(issued_at, 0), coalesce(called_at, 0), coalesce(serving_at, 0), coalesce(finished_at, 0)))
            AS latest_at
    FROM ticket WHERE day = :day AND scope IN (SELECT value FROM json_each(:queue)) GROUP BY site),
worked AS (
    SELECT t.site, sum(g.ended_at - g.started_at) AS ms FROM ticket t
    JOIN service_segment g ON g.ticket = t.id AND g.ended_at IS NOT NULL
    WHERE t.day = :day AND t.state = 'done' AND t.scope IN (SELECT value FROM json_each(:queue)) GROUP BY t.site),
taken AS (
    SELECT site, count(*) AS n, max(received_at) AS latest_at FROM "case"
    WHERE received_at >= :start AND received_at < :end AND scope IN (SELECT value FROM json_each(:case)) GROUP BY site)
SELECT s.id, s.name, s.kind, coalesce(d.done, 0) AS done, coalesce(d.waiting, 0) AS waiting, coalesce(k.ms, 0) AS ms,
    coalesce(c.n, 0) AS received,
    max(coalesce(d.latest_at, 0), coalesce(c.latest_at, 0)) AS latest_at
FROM site s LEFT JOIN day d ON d.site = s.id LEFT JOIN worked k ON k.site = s.id
    LEFT JOIN taken c ON c.site = s.id
WHERE s.queue_scope IN (SELECT value FROM json_each(:queue)) OR s.case_scope IN (SELECT value FROM json_each(:case))
ORDER BY (s.kind <> 'hall'), s.name LIMIT 40"""


def _sites(read: Read, reach: Reach, asked: dict[str, Any]) -> tuple[SiteLine, ...]:
    return tuple(
        SiteLine(
            id=row["id"],
            name=row["name"],
            kind=row["kind"],
            done=row["done"],
            worked_ms=row["ms"],
            waiting=row["waiting"],
            received=row["received"] if reach.case else None,
            latest_at=row["latest_at"],
        )
        for row in read(_SITES, asked)
    )


_SEGMENTS = """SELECT g.id, t.number, coalesce(m.name, g.matter) AS matter, g.staff, g.started_at,
    coalesce(g.ended_at, 0) AS ended_at, coalesce(g.ended_by, '') AS ended_by
FROM ticket t JOIN service_segment g ON g.ticket = t.id LEFT JOIN matter m ON m.id = g.matter
WHERE t.day = :day AND t.scope IN (SELECT value FROM json_each(:queue)) AND g."window" = :window
ORDER BY g.started_at DESC, g.id LIMIT :most"""


def segments(read: Read, reach: Reach, period: Period, window: str) -> list[Segment]:
    """A window's stretches of service on that day, the latest first; nobody's name is among them."""
    asked = {**_asked(reach, period), "window": window, "most": SEGMENTS_MOST}
    return [
        Segment(
            row["id"],
            row["number"] or "",
            row["matter"],
            row["staff"],
            row["started_at"] or 0,
            row["ended_at"],
            row["ended_by"],
        )
        for row in read(_SEGMENTS, asked)
    ]
