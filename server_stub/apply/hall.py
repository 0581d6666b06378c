"""What every rule of the hall needs and hardly changes: its id, calendar and settings, read anew when base moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from server_stub.central.store import Tx
from sync.calendar import Calendar


@dataclass(frozen=True, slots=True)
class HallFacts:
    """A hall's id, calendar and settings."""

    hall: str
    calendar: Calendar
    settings: Mapping[str, Any]


async def read_hall(tx: Tx) -> HallFacts:
    """Read them from the store; a store without a hall has an empty id, and refuses every scope."""
    found = await tx.fetch_one("SELECT id FROM hall")
    settings = {
        name: msgspec.json.decode(value)["value"] for name, value in await tx.fetch("SELECT id, value FROM setting")
    }
    days = [
        {"day": day, "working": bool(working), "name": name}
        for day, working, name in await tx.fetch("SELECT id, working, name FROM calendar_day ORDER BY id")
    ]
    return HallFacts(found[0] if found else "", Calendar.standard().with_imported(days), settings)
