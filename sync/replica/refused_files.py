"""Files that the centre does not take: named with the reason until they arrive or are replaced, and tried again later.

refused ─▶ kept in `refused_file` ─ after a minute, an hour or a day, or when a person asks for it ─▶ sent again ─▶ gone
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sync.records.settings import DAY, HOUR, MINUTE
from sync.replica.store import ReplicaStore

LATER = {"file_type": DAY, "too_large": DAY, "internal": MINUTE}
"""What only another version of the centre would take waits a day, what it broke over a minute; the rest, which may have
changed meanwhile, an hour."""
_PUT = "INSERT OR REPLACE INTO refused_file VALUES (?, ?, ?, ?, ?, ?)"


def put_off(store: ReplicaStore, now: int) -> set[tuple[str, str]]:
    """(id, sha256) of those that are not to be tried yet."""
    found = store.read("SELECT id, sha256, at, next_at FROM refused_file")
    return {(row["id"], row["sha256"]) for row in found if row["at"] <= now < row["next_at"]}


def note(store: ReplicaStore, files: Iterable[tuple[str, str]], code: str, params: Mapping[str, Any], now: int) -> None:
    """The centre does not take these (id, sha256)."""
    told = msgspec.json.encode({name: value for name, value in params.items() if name != "detail"}).decode()
    with store.write(lasting=False) as connection:
        again = now + LATER.get(code, HOUR)
        connection.executemany(_PUT, [(sha256, id, code, told, now, again) for id, sha256 in files])


def keep_only(store: ReplicaStore, files: Iterable[tuple[str, str]]) -> bool:
    """Those that wait no more – arrived, replaced, withdrawn – are named no more; whether there were any."""
    left = set(files)
    gone = [
        each for each in store.read("SELECT sha256, id FROM refused_file") if (each["id"], each["sha256"]) not in left
    ]
    if gone:
        with store.write(lasting=False) as connection:
            connection.executemany("DELETE FROM refused_file WHERE sha256 = ? AND id = ?", [tuple(row) for row in gone])
    return bool(gone)


def at_once(store: ReplicaStore) -> None:
    """A person asks for another try."""
    if store.read("SELECT 1 FROM refused_file LIMIT 1"):
        with store.write(lasting=False) as connection:
            connection.execute("UPDATE refused_file SET next_at = 0")
