"""What must hold of a day at many windows, told from the log, the rows and what people remember; no rule is asked.

double_calls     by the log: a ticket with two open calls, a window session with two
two_places       by the windows' own journals: one person stood at two windows at once
numbers          by rows, log and slips: a number twice, one that changed, a slip without its ticket
not_ended        tickets of the day that are still somewhere, calls and segments without an end
overlaps         segments of one ticket, or of one window, at the same time
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

ENDED = ("done", "cancelled", "expired")
Journals = Mapping[str, Sequence[dict[str, Any]]]


def faults(central: sqlite3.Connection, journals: Journals, day: str) -> dict[str, list[str]]:
    """Everything that is wrong, by the name of what it is against."""
    return {
        "double_calls": list(double_calls(central)),
        "two_places": list(two_places(journals)),
        "numbers": list(numbers(central, journals, day)),
        "not_ended": list(not_ended(central, day)),
        "overlaps": list(overlaps(central)),
    }


def double_calls(central: sqlite3.Connection) -> Iterator[str]:
    """The log is walked: at no row is a call open beside another of its ticket or of its session."""
    opened: dict[str, tuple[str, str]] = {}
    for seq, id, body in central.execute("SELECT seq, id, body FROM log WHERE \"table\" = 'call' ORDER BY scope, seq"):
        call = json.loads(body)
        opened.pop(id, None)
        if not call["open"]:
            continue
        for other, (ticket, session) in opened.items():
            if ticket == call["ticket"] or session == call["session"]:
                yield f"row {seq}: call {id} beside {other}"
        opened[id] = (call["ticket"], call["session"])


def two_places(journals: Journals) -> Iterator[str]:
    """Each time a window has somebody, until it sends them on, nobody else has them."""
    stays = defaultdict(list)
    for window, lines in journals.items():
        for ticket, begin, end in _stays(lines):
            stays[ticket].append((begin, end, window))
    for ticket, of_ticket in stays.items():
        for before, after in pairwise(sorted(of_ticket)):
            if after[0] < before[1] and after[2] != before[2]:
                yield f"{ticket} at {before[2]} and at {after[2]}"


def _stays(lines: Sequence[dict[str, Any]]) -> Iterator[tuple[str, int, int]]:
    """(ticket, from, to). A window that was killed has the same person when it is back."""
    here, since = None, 0
    for line in lines:
        if "has" in line and line["has"] != here:
            if here is not None:
                yield here, since, line["at"]
            here, since = line["has"], line["at"]
        elif "leaving" in line and here is not None:
            yield here, since, line["at"]
            here = None
    if here is not None:
        yield here, since, lines[-1]["at"]


def numbers(central: sqlite3.Connection, journals: Journals, day: str) -> Iterator[str]:
    """A number stands for one ticket of its day, from the first to the last."""
    for day_, number, count in central.execute(
        "SELECT day, number, count(*) FROM ticket GROUP BY scope, day, number HAVING count(*) > 1 OR number IS NULL"
    ):
        yield f"{day_} {number}: {count} tickets"
    known: dict[str, str] = {}
    for id, body in central.execute("SELECT id, body FROM log WHERE \"table\" = 'ticket' AND body IS NOT NULL"):
        number = json.loads(body)["number"]
        if known.setdefault(id, number) != number:
            yield f"{id} was {known[id]}, then {number}"
    slips = Counter(line["number"] for lines in journals.values() for line in lines if "number" in line)
    here = {number for (number,) in central.execute("SELECT number FROM ticket WHERE day = ?", (day,))}
    for number, count in slips.items():
        if count > 1 or number not in here:
            yield f"slip {number}: told {count} times, {'a' if number in here else 'no'} ticket"


def not_ended(central: sqlite3.Connection, day: str) -> Iterator[str]:
    """Everybody was served or has left."""
    marks = ", ".join("?" * len(ENDED))
    for id, state in central.execute(
        f"SELECT id, state FROM ticket WHERE day = ? AND state NOT IN ({marks})", (day, *ENDED)
    ):
        yield f"{id} is {state}"
    for table, open_ in (
        ("call", "open"),
        ("service_segment", "ended_at IS NULL"),
        ("window_session", "closed_at IS NULL"),
    ):
        for (id,) in central.execute(f"SELECT id FROM {table} WHERE {open_}"):
            yield f"{table} {id} has no end"


def overlaps(central: sqlite3.Connection) -> Iterator[str]:
    """A person and a window are in one service at a time."""
    for owner in ("ticket", "window"):
        spans = central.execute(
            f'SELECT "{owner}", started_at, ended_at FROM service_segment ORDER BY "{owner}", started_at, ended_at'
        )
        for before, after in pairwise(spans):
            if before[0] == after[0] and before[2] is not None and after[1] < before[2]:
                yield f"segments of {owner} {after[0]} overlap"
