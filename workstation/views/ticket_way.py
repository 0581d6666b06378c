"""One ticket's way through the hall, for who reads a bad rating at screen 8: never who held it, how to reach
them, or what they are (elderly, disabled).

    invite_link(rating) ──▶ ticket ──▶ issued ─▶ called (window) ─▶ served from-to ─▶ held | sent on | done
                        └─▶ case       which matter, minutes waited, minutes served

Asked for in the callback scopes, as the ticket's number is, and never of a rating of the person who asks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

Read = Callable[..., list[sqlite3.Row]]
ISSUED, CALLED, SERVED = "issued", "called", "served"
MOST = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: `at` and `until` (ms, None: it goes on), `how` it ended, empty where it has not."""

    kind: str
    at: int
    until: int | None
    window: str
    matter: str
    how: str


@dataclass(frozen=True, slots=True)
class Way:
    """Its steps in order. `waited` ms until the first service and `served` ms altogether, as far as they are known;
    `case` is the number of a case that was rated without a ticket, `gone`: the ticket is no longer in this copy."""

    number: str
    steps: tuple[Step, ...] = ()
    waited: int | None = None
    served: int = 0
    case: bool = False
    gone: bool = False


_LINK = """SELECT l.ticket, l.number FROM invite_link l JOIN rating r ON r.id = l.id
    LEFT JOIN rectification e ON e.id = l.id
WHERE l.id = :id AND l.scope IN (SELECT value FROM json_each(:callback)) AND r.staff IS NOT :me
    AND e.rated_staff IS NOT :me"""
_TICKET = """SELECT t.issued_at, t.arrived_at, t.number, coalesce(w.label, '') AS desk,
    coalesce((SELECT m.name FROM matter m WHERE m.id = coalesce(
        (SELECT g.matter FROM service_segment g WHERE g.ticket = t.id ORDER BY g.started_at, g.id LIMIT 1), t.matter
    )), t.matter) AS matter
FROM ticket t LEFT JOIN "window" w ON w.id = t.desk
WHERE t.id = :ticket AND t.scope IN (SELECT value FROM json_each(:queue))"""
_CALLS = """SELECT c.called_at AS at, c.ended_at AS until, coalesce(w.label, c."window") AS "window", '' AS matter,
    coalesce(c.outcome, '') AS how
FROM call c LEFT JOIN "window" w ON w.id = c."window" WHERE c.ticket = :ticket ORDER BY c.called_at, c.id LIMIT :most"""
_SEGMENTS = """SELECT g.started_at AS at, g.ended_at AS until, coalesce(w.label, g."window") AS "window",
    coalesce(m.name, g.matter) AS matter, coalesce(g.ended_by, '') AS how
FROM service_segment g LEFT JOIN "window" w ON w.id = g."window" LEFT JOIN matter m ON m.id = g.matter
WHERE g.ticket = :ticket ORDER BY g.started_at, g.id LIMIT :most"""


def way(read: Read, callback: Sequence[str], queue: Sequence[str], me: str, rating: str) -> Way | None:
    """The way of the ticket that a rating belongs to; None where the reader may not know which it is."""
    asked = {"id": rating, "callback": msgspec.json.encode(list(callback)).decode(), "me": me}
    links = read(_LINK, asked)
    if not links:
        return None
    number, id = links[0]["number"] or "", links[0]["ticket"]
    if id is None:
        return Way(number, case=True)
    found = read(_TICKET, {"ticket": id, "queue": msgspec.json.encode(list(queue)).decode()})
    if not found:
        return Way(number, gone=True)
    ticket = found[0]
    asked_of = {"ticket": id, "most": MOST}
    served = [_step(SERVED, row) for row in read(_SEGMENTS, asked_of)]
    steps = [_step(CALLED, row) for row in read(_CALLS, asked_of)] + served
    order = (ISSUED, CALLED, SERVED)
    steps.sort(key=lambda step: (step.at, order.index(step.kind)))
    first = Step(ISSUED, ticket["issued_at"] or 0, None, ticket["desk"], ticket["matter"], "")
    since = ticket["arrived_at"] or ticket["issued_at"] or 0  # an appointment has not waited before its time
    return Way(
        ticket["number"] or number,
        (first, *steps),
        max(served[0].at - since, 0) if served else None,
        sum((step.until or step.at) - step.at for step in served),
    )


def _step(kind: str, row: sqlite3.Row) -> Step:
    return Step(kind, row["at"] or 0, row["until"], row["window"] or "-", row["matter"], row["how"])
