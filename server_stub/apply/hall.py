"""What every rule of the hall needs and hardly changes: its id, calendar and settings, read anew when base moves."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from server_stub.central.store import Tx
from sync.calendar import Calendar

HIDDEN = "hidden-ids"  # its name in the store


@dataclass(frozen=True, slots=True)
class HallFacts:
    """A hall's id, calendar and settings, as of `seq` of its base scope."""

    hall: str
    calendar: Calendar
    settings: Mapping[str, Any]
    seq: int = 0
    secret: bytes = b""  # `Facts.secret`

    @property
    def base(self) -> str:
        """The scope that they are of."""
        return f"{self.hall}:base"


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
    hall = found[0] if found else ""
    calendar = Calendar.standard().with_imported(days)
    kept = await tx.fetch_one("SELECT value FROM secret WHERE name = ?", (HIDDEN,))
    return HallFacts(
        hall, calendar, settings, await base_seq(tx, f"{hall}:base"), secret=bytes(kept[0]) if kept else b""
    )


async def keep_secret(tx: Tx, made: bytes = b"") -> None:
    """The hall's secret is made, once and for all; of a sample it is the same from the same seed."""
    await tx.execute(
        "INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        (HIDDEN, made or secrets.token_bytes(32)),
    )


async def base_seq(tx: Tx, base: str) -> int:
    """How far the base scope is."""
    found = await tx.fetch_one("SELECT seq FROM head WHERE scope = ?", (base,))
    return int(found[0]) if found else 0
