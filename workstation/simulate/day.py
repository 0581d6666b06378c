"""A recorded day as jobs: who came when, for what, and how long the service took.

    queue trace       ticket_id, arrival, called, finished, abandoned, service_type, server    one row a ticket
    office snapshots  api_date, api_time, queue_id, queue_name, waiting, avg_service_min, current_ticket …   one row a
                      queue, every some minutes: tickets called between two rows, and what waits after them, tell how
                      many came

People who gave up are left out of a trace: nobody knows how long they would have stayed. Snapshots know nobody's own
time, so those who came between two of them are spread evenly, and each takes the queue's own average.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from sync.errors import InputError
from workstation.replay.log import PERMIT_COLUMNS, QUEUE_COLUMNS, PermitLog, milliseconds, read_log, read_text

SNAPSHOT_COLUMNS = frozenset(
    {"api_date", "api_time", "queue_id", "queue_name", "waiting", "avg_service_min", "current_ticket"}
)
MINUTE_MS = 60_000
LAPSE_MS = 30 * MINUTE_MS
"""Two snapshots further apart than this do not tell what happened between them."""


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """One person: `arrived` in ms, `lasts` ms at the window."""

    arrived: int
    service: str
    lasts: int


@dataclass(slots=True)
class Day:
    """Jobs in the order of their arrival, the recorded waits (ms; none in snapshots), and what could not be used."""

    jobs: list[Job] = field(default_factory=list)
    waited: list[tuple[str, int]] = field(default_factory=list)
    unusable: Counter[str] = field(default_factory=Counter)


def read_days(path: Path) -> dict[str, Day]:
    """The file's days by their date; a queue trace is taken as one. Raises InputError that names the file."""
    text = read_text(path)
    header = {name.strip() for name in text.partition("\n")[0].split(",")}
    if header >= SNAPSHOT_COLUMNS:
        return _snapshots(csv.DictReader(io.StringIO(text, newline="")), path)
    if not (header >= QUEUE_COLUMNS or header >= PERMIT_COLUMNS):
        missing = min(QUEUE_COLUMNS - header, SNAPSHOT_COLUMNS - header, key=len)
        raise InputError("simulate.wrong_columns", path=str(path), missing=", ".join(sorted(missing)))
    log = read_log(path)
    if isinstance(log, PermitLog):
        raise InputError("simulate.no_queue", path=str(path))
    day = Day(unusable=log.unusable)
    for visit in log.visits:
        if visit.server:
            day.jobs.append(Job(visit.arrived, visit.service, visit.finished - visit.called))
            day.waited.append((visit.service, visit.called - visit.arrived))
        else:
            day.unusable["abandoned"] += 1
    if not day.jobs:
        raise InputError("simulate.nobody_served", path=str(path))
    day.jobs.sort()
    return {"": day}


def _snapshots(rows: Iterable[dict[str, str]], path: Path) -> dict[str, Day]:
    days: dict[str, Day] = defaultdict(Day)
    queues: dict[tuple[str, str], list[tuple[int, int, int, float]]] = defaultdict(list)
    for row in rows:
        date, service = row["api_date"], f"{row['queue_id']} {row['queue_name']}".strip()
        at = milliseconds(f"{date}T{row['api_time']}:00")
        try:
            called = int("".join(c for c in row["current_ticket"] if c.isdigit()) or "0")
            waiting, minutes = int(row["waiting"] or 0), float(row["avg_service_min"] or 0)
        except ValueError:
            days[date].unusable["bad_number"] += 1
            continue
        if at is None or not service:
            days[date].unusable["no_time_or_queue"] += 1
            continue
        queues[date, service].append((at, called, waiting, minutes))
    for (date, service), seen in queues.items():
        usual = [minutes for *_, minutes in seen if minutes > 0]
        if usual:
            days[date].jobs += _arrivals(service, sorted(seen), sum(usual) / len(usual))
    found = {date: day for date, day in days.items() if day.jobs}
    if not found:
        raise InputError("simulate.nobody_served", path=str(path))
    for day in found.values():
        day.jobs.sort()
    return dict(sorted(found.items()))


def _arrivals(service: str, seen: Sequence[tuple[int, int, int, float]], usual: float) -> Iterable[Job]:
    """Called since the last snapshot, and what waits more than then: so many came in between. A number that goes back
    (a window that calls an earlier ticket again) has called nobody new."""
    highest = seen[0][1]
    for (before, _, waiting, _), (now, called, waiting_now, minutes) in pairwise(seen):
        came = max(called - highest, 0) + waiting_now - waiting
        highest = max(highest, called)
        if not 0 < now - before <= LAPSE_MS:
            continue
        lasts = int((minutes if minutes > 0 else usual) * MINUTE_MS)
        for i in range(came):
            yield Job(before + (now - before) * (2 * i + 1) // (2 * came), service, lasts)
