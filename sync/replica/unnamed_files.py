"""Files beside a copy go a day after nothing here names them any more: no row, no draft, nothing that was said here.

What clears a row at the centre – retention, evidence that was taken back, a case that went into the archive, a scope
that this device may not hold any more – reaches the copy with a pull, and its file by this. Files lie sealed with a
nonce of their own beside an encrypted copy: it is overwritten first, so that what the disk still holds says nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from sync.erasing import erase
from sync.records.retention import FILES
from sync.records.settings import DAY
from sync.replica.sealed import HEADER
from sync.replica.store import ReplicaStore

KEPT: Final = DAY
NOTED: Final = "unnamed_files"
_SAID: Final = (
    ("document", "files"),
    ("draft", "body"),
    ("shadow", "body"),
    ("outbox", "args"),
    ("kept", "args"),
    ("refusal", "args"),
)
"""Texts in which a hash may stand."""


def clear(store: ReplicaStore, folder: Path, now: int) -> int:
    """Note what nothing names, take away what was noted a day ago and is named by nothing still; how many went."""
    noted: dict[str, int] = msgspec.json.decode(store.noted(NOTED) or "{}")
    here = {path.name: path for path in folder.glob("[0-9a-f]*") if path.is_file()}
    unnamed = [name for name in here if not _named(store, name)]
    since = {name: min(noted.get(name, now), now) for name in unnamed}
    gone = [name for name in unnamed if since[name] <= now - KEPT]
    for name in gone:
        erase(here[name], 0, HEADER)
        del since[name]
    if since != noted:
        with store.write() as connection:
            told = msgspec.json.encode(since).decode()
            connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (NOTED, told))
    return len(gone)


def _named(store: ReplicaStore, sha256: str) -> bool:
    for table, column in FILES:
        if table in store.columns and store.read(f'SELECT 1 FROM "{table}" WHERE "{column}" = ? LIMIT 1', (sha256,)):  # noqa: S608
            return True
    return any(
        store.read(f'SELECT 1 FROM "{table}" WHERE instr("{column}", ?) LIMIT 1', (sha256,))  # noqa: S608
        for table, column in _SAID
        if table != "document" or table in store.columns
    )
