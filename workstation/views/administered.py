"""What an administrator says of the hall, as this machine's copy has it: settings, matters, people and their roles."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.protocol.verbs.staff import PutMatter, PutStaff
from sync.records.settings import DEFAULTS

Read = Callable[..., list[sqlite3.Row]]
_LISTS = frozenset({"materials", "fields"})


@dataclass(frozen=True, slots=True)
class Grant:
    """`id` is the assignment's."""

    id: str
    staff: str
    role: str
    over: str


def settings(read: Read) -> dict[str, tuple[Any, str | None]]:
    """(value, the day from which it holds) of each setting; of those that nobody has put the default."""
    found: dict[str, tuple[Any, str | None]] = {name: (value, None) for name, value in DEFAULTS.items()}
    for row in read("SELECT id, value, from_day FROM setting ORDER BY id LIMIT 1000"):
        found[row["id"]] = msgspec.json.decode(row["value"])["value"], row["from_day"]
    return found


def matters(read: Read) -> dict[str, PutMatter]:
    """Each as the words that would put it so."""
    names = [field.name for field in msgspec.structs.fields(PutMatter)]
    found = {}
    for row in read("SELECT * FROM matter ORDER BY id LIMIT 5000"):
        told = {name: msgspec.json.decode(row[name] or "[]") if name in _LISTS else row[name] for name in names}
        found[row["id"]] = PutMatter(**{**told, "active": bool(row["active"])})
    return found


def people(read: Read) -> dict[str, PutStaff]:
    """Each as the words that would put them so."""
    return {
        row["id"]: PutStaff(
            name=row["name"],
            site=row["site"],
            office=row["office"],
            certificate=row["certificate"],
            active=bool(row["active"]),
        )
        for row in read("SELECT id, name, site, office, certificate, active FROM staff ORDER BY id LIMIT 5000")
    }


def grants(read: Read) -> list[Grant]:
    """Who may act as what, and on which records."""
    rows = read("SELECT id, staff, role, over FROM role_assignment ORDER BY staff, role, over LIMIT 20000")
    return [Grant(row["id"], row["staff"], row["role"], row["over"]) for row in rows]
