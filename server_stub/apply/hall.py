"""What every rule of the hall needs and hardly changes: its id, calendar and settings, read anew when base moves."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.calendar import Calendar


@dataclass(frozen=True, slots=True)
class HallFacts:
    """A hall's id, calendar and settings."""

    hall: str
    calendar: Calendar
    settings: Mapping[str, Any]


def read_hall(connection: sqlite3.Connection) -> HallFacts:
    """Read them from the store; a store without a hall has an empty id, and refuses every scope."""
    found = connection.execute("SELECT id FROM hall").fetchone()
    settings = {
        name: msgspec.json.decode(value)["value"] for name, value in connection.execute("SELECT id, value FROM setting")
    }
    days = [
        {"day": day, "working": bool(working), "name": name}
        for day, working, name in connection.execute("SELECT id, working, name FROM calendar_day ORDER BY id")
    ]
    return HallFacts(found[0] if found else "", Calendar.standard().with_imported(days), settings)
