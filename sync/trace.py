"""A queue's day as a trace: who came when, for what, how long the service took. Nobody can be known from it by a name.

    tickets, calls, segments of a day ──▶ ticket_id, arrival, called, finished, abandoned, service_type, server

That is the form that `workstation simulate` and `replay` read. A visit is a row; where a person was sent on, or had
further matters, each stretch at another window or for another service is a row of its own that begins where the one
before ended. `ticket_id` counts from one: neither the ticket's number nor its id, no holder, no staff.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

HEAD: Final = ("ticket_id", "arrival", "called", "finished", "abandoned", "service_type", "server")
TICKETS: Final = """SELECT id, prefix, arrived_at, missed_at FROM ticket
WHERE scope = ? AND day = ? AND arrived_at IS NOT NULL ORDER BY arrived_at, id"""
CALLS: Final = """SELECT c.ticket, c.called_at FROM ticket t JOIN "call" c ON c.ticket = t.id
WHERE t.scope = ? AND t.day = ? AND c.outcome = 'served' ORDER BY c.called_at, c.id"""
SEGMENTS: Final = """SELECT g.ticket, w.label, m.prefix, g.started_at, g.ended_at
FROM ticket t JOIN service_segment g ON g.ticket = t.id
LEFT JOIN "window" w ON w.id = g."window" LEFT JOIN matter m ON m.id = g.matter
WHERE t.scope = ? AND t.day = ? AND g.ended_at IS NOT NULL ORDER BY g.started_at, g.id"""
"""Asked of a store or of a replica: the queue's scope, the day."""
_HALL: Final = timezone(timedelta(hours=8))

Row = Sequence[object]


def rows(tickets: Iterable[Row], calls: Iterable[Row], segments: Iterable[Row]) -> list[tuple[str, ...]]:
    """The trace's rows from what the three statements gave."""
    called: dict[object, list[int]] = {}
    for ticket, at in calls:
        called.setdefault(ticket, []).append(_ms(at))
    served: dict[object, list[Row]] = {}
    for segment in segments:
        served.setdefault(segment[0], []).append(segment)
    found: list[tuple[str, ...]] = []
    for place, (id, prefix, arrived, missed) in enumerate(tickets, 1):
        stretches = _stretches(served.get(id, ()), str(prefix))
        if not stretches:
            gone = max(_ms(missed), _ms(arrived))
            found.append((str(place), _time(_ms(arrived)), "", "", _time(gone), str(prefix), ""))
        arrival, before = _ms(arrived), called.get(id, [])
        for n, (window, service, start, lasted) in enumerate(stretches):
            at = max((each for each in before if arrival <= each <= start), default=start)
            name = f"{place}.{n + 1}" if n else str(place)
            ended = start + lasted
            found.append((name, _time(min(arrival, at)), _time(at), _time(ended), "", service, window))
            arrival = ended
    return found


def _stretches(segments: Iterable[Row], prefix: str) -> list[tuple[str, str, int, int]]:
    """(window, service, start, how long): what was put aside and gone on with at one window is one."""
    found: list[tuple[str, str, int, int]] = []
    for _, label, of, started, ended in segments:
        window, service = str(label or "-"), str(of or prefix)
        lasted = _ms(ended) - _ms(started)
        if found and found[-1][:2] == (window, service):
            found[-1] = (window, service, found[-1][2], found[-1][3] + lasted)
        else:
            found.append((window, service, _ms(started), lasted))
    return found


def as_csv(found: Iterable[Sequence[str]]) -> bytes:
    """The file: UTF-8, a head, a row a visit."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(found)
    return text.getvalue().encode()


def _ms(value: object) -> int:
    return int(value) if isinstance(value, int) else 0


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(_HALL).strftime("%Y-%m-%dT%H:%M:%S")
