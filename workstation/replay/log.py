"""Recorded logs: read, checked row by row, and sorted by time; equal times keep the file's order.

    permit log    case_id, activity, resource, timestamp [, enddate …]
    queue trace   ticket_id, arrival, called, finished, abandoned, service_type, server

Times without a zone are the hall's. A row that cannot be used is counted under its reason and nothing is guessed.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from sync.errors import InputError

HALL_ZONE = timezone(timedelta(hours=8))
PERMIT_COLUMNS = frozenset({"case_id", "activity", "resource", "timestamp"})
QUEUE_COLUMNS = frozenset({"ticket_id", "arrival", "called", "finished", "abandoned", "service_type", "server"})
CLOCK_ERROR_MS = 5_000


@dataclass(frozen=True, slots=True)
class Event:
    """One review step of the permit log; `at` in ms."""

    case: str
    activity: str
    resource: str
    at: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One row of the queue trace; times in ms. A visit is served (`called`, `finished`, `server`) or abandoned."""

    ticket: str
    service: str
    arrived: int
    called: int = 0
    finished: int = 0
    abandoned: int = 0
    server: str = ""


@dataclass(slots=True)
class PermitLog:
    """`ends[case]` is the time of its decision; a case without one stays open."""

    events: list[Event] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    unusable: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class QueueTrace:
    """`tickets` counts the rows of the file."""

    visits: list[Visit] = field(default_factory=list)
    tickets: int = 0
    unusable: Counter[str] = field(default_factory=Counter)


def read_log(path: Path) -> PermitLog | QueueTrace:
    """Read a log by its header. Raises InputError `replay.*` that names the file and what is wrong."""
    text = read_text(path)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = {name.strip() for name in reader.fieldnames or () if name}
        if columns >= PERMIT_COLUMNS:
            return _permits(reader, has_end="enddate" in columns)
        if columns >= QUEUE_COLUMNS:
            return _queue(reader)
    except csv.Error as error:
        raise InputError("replay.broken_csv", path=str(path), line=reader.line_num, detail=str(error)) from None
    missing = sorted(min(PERMIT_COLUMNS - columns, QUEUE_COLUMNS - columns, key=lambda names: len(list(names))))
    raise InputError("replay.wrong_columns", path=str(path), missing=", ".join(missing))


def read_text(path: Path) -> str:
    """The file's text, unpacked where it is gzip. Raises InputError `replay.*`."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        code = "replay.not_found" if isinstance(error, FileNotFoundError) else "replay.unreadable"
        code = "replay.broken_gzip" if isinstance(error, gzip.BadGzipFile) else code
        raise InputError(code, path=str(path), detail=error.strerror or str(error)) from None
    except (EOFError, zlib.error):
        raise InputError("replay.broken_gzip", path=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("replay.not_text", path=str(path)) from None
    if not text.strip():
        raise InputError("replay.empty", path=str(path))
    return text


def _permits(reader: csv.DictReader[str], *, has_end: bool) -> PermitLog:
    log = PermitLog()
    ends: dict[str, int] = {}
    for row in reader:
        found = _stripped(row)
        at = milliseconds(found["timestamp"])
        reason = next(
            (f"no_{name}" for name in ("case_id", "activity", "resource", "timestamp") if not found[name]), ""
        )
        if not reason and at is None:
            reason = "bad_timestamp"
        if reason or at is None:
            log.unusable[reason] += 1
            continue
        log.events.append(Event(found["case_id"], found["activity"], found["resource"], at))
        end = milliseconds(found["enddate"]) if has_end else at
        if end is not None:
            ends[found["case_id"]] = max(end, ends.get(found["case_id"], end))
    log.events.sort(key=lambda event: event.at)
    last = {event.case: event.at for event in log.events}
    log.ends = {case: max(end, last[case]) for case, end in ends.items()}
    return log


def _queue(reader: csv.DictReader[str]) -> QueueTrace:
    trace = QueueTrace()
    seen: set[str] = set()
    for row in reader:
        found = _stripped(row)
        trace.tickets += 1
        visit, reason = _visit(found, seen)
        if visit is None:
            trace.unusable[reason] += 1
        else:
            trace.visits.append(visit)
    trace.visits.sort(key=lambda visit: visit.arrived)
    return trace


def _visit(found: Mapping[str, str], seen: set[str]) -> tuple[Visit | None, str]:
    """The visit of a row, or why it is none."""
    arrived, called = milliseconds(found["arrival"]), milliseconds(found["called"])
    finished, abandoned = milliseconds(found["finished"]), milliseconds(found["abandoned"])
    ticket, service, server = found["ticket_id"], found["service_type"], found["server"]
    if not ticket or ticket in seen:
        return None, "repeated_ticket" if ticket else "no_ticket_id"
    if arrived is None:
        return None, "no_arrival"
    if not service:
        return None, "no_service_type"
    seen.add(ticket)  # a row that could be a visit has used the number up, whatever else is wrong with it
    if called is not None and finished is not None:
        if not server:
            return None, "no_server"
        if arrived - called > CLOCK_ERROR_MS or finished < max(called, arrived):
            return None, "time_order"
        return Visit(ticket, service, arrived, max(called, arrived), finished, server=server), ""
    if called is not None:
        return None, "no_finish"
    if abandoned is None:
        return None, "no_outcome"
    if abandoned < arrived:
        return None, "time_order"
    return Visit(ticket, service, arrived, abandoned=abandoned), ""


def _stripped(row: Mapping[str, str | None]) -> dict[str, str]:
    names = PERMIT_COLUMNS | QUEUE_COLUMNS | {"enddate"}
    return {name: (row.get(name) or "").strip() for name in names}


def milliseconds(text: str) -> int | None:
    """Milliseconds since the epoch, None where `text` is no time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=HALL_ZONE)
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
