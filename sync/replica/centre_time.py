"""What time it is at the centre, without a network: its clock at the last contact, and this device's boot clock since.

The centre read its clock after the request was sent, so the time counted from the sending is never behind it: whoever
stops by this time stops early. After a restart nobody knows how long the machine was off, until the next contact.
"""

from __future__ import annotations

import msgspec

from sync.clock import Clock
from sync.replica.store import ReplicaStore

NAME = "centre_time"
KEPT_MS = 3_600_000  # so old may the kept one become before it is written anew: both clocks go alike


class Contact(msgspec.Struct, frozen=True):
    """The centre said `now` to a request that was sent at `sent` by the boot clock of `boot`."""

    boot: str
    sent: int
    now: int


def heard(store: ReplicaStore, boot: str, sent: int, now: int) -> None:
    """The centre answered. Written once a boot, and now and then."""
    kept = _kept(store)
    if not boot or (kept is not None and kept.boot == boot and 0 <= sent - kept.sent < KEPT_MS):
        return
    told = msgspec.json.encode(Contact(boot, sent, now)).decode()
    with store.write() as connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (NAME, told))


def centre_now(store: ReplicaStore, clock: Clock) -> int | None:
    """The centre's time, ms, never behind it; None where this device cannot know it."""
    kept, (boot, now) = _kept(store), clock.boot()
    if kept is None or not boot or kept.boot != boot or now < kept.sent:
        return None
    return kept.now + now - kept.sent


def _kept(store: ReplicaStore) -> Contact | None:
    found = store.read("SELECT value FROM meta WHERE name = ?", (NAME,))
    return msgspec.json.decode(found[0]["value"], type=Contact) if found else None
