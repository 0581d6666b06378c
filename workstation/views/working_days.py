"""The calendar of working days as this copy knows it: the table of the program and the years that the hall imported."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sync.calendar import Calendar
from sync.holiday_notice import HolidayDay

Read = Callable[..., list[sqlite3.Row]]


def imported(read: Read) -> list[HolidayDay]:
    """The days that the hall has imported."""
    rows = read("SELECT id, working, name FROM calendar_day ORDER BY id LIMIT 10000")
    return [HolidayDay(row["id"], bool(row["working"]), row["name"] or "") for row in rows]


def calendar_of(read: Read) -> Calendar:
    """The calendar with every whole year among them."""
    return Calendar.standard().with_imported(imported(read))
