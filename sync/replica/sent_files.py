"""Papers' files of which the centre has said that it holds them: what a start need not ask again, nor a reset save.

    sent, or found there ─▶ noted with the centre's history ─▶ asked again after a month: a disk may lose what it held
                                        │ the centre is put back from a backup: another history
                                        ▼
                                 nothing is known of it

A material's own record says whether its file has arrived; a paper's does not.
"""

from __future__ import annotations

from sync.records.settings import DAY
from sync.replica.store import ReplicaStore

EPOCH = "epoch"
AGAIN_MS = 30 * DAY
_PUT = "INSERT OR REPLACE INTO sent_file VALUES (?, ?, ?, ?)"
_HELD = "SELECT id, sha256 FROM sent_file WHERE epoch = ?"


def note(store: ReplicaStore, id: str, sha256: str, epoch: str, now: int) -> None:
    """The centre holds this file of a paper."""
    with store.write(lasting=False) as connection:
        connection.execute(_PUT, (sha256, id, epoch, now))


def held(store: ReplicaStore) -> set[tuple[str, str]]:
    """(id, sha256) of all that the centre has said to hold, however long ago."""
    return {(row["id"], row["sha256"]) for row in store.read(_HELD, (store.noted(EPOCH),))}


def lately(store: ReplicaStore, now: int) -> set[tuple[str, str]]:
    """Those of which it said so within a month, by this machine's own clock."""
    found = store.read(f"{_HELD} AND at BETWEEN ? AND ?", (store.noted(EPOCH), now - AGAIN_MS, now))
    return {(row["id"], row["sha256"]) for row in found}
