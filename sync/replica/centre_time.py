"""What time it is at the centre, without a network: its clock at the last contact, and this device's boot clock since.

The centre read its clock after the request was sent, so the time counted from the sending is never behind it: whoever
stops by this time stops early. After a restart nobody knows how long the machine was off, until the next contact.
"""

from __future__ import annotations

import msgspec

from sync.clock import Clock
from sync.replica.store import ReplicaStore

NAME = "centre_time"
OFFLINE_MS = 72 * 3_600_000  # longer without the centre: no new work, the outbox still goes out
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
    with store.write(lasting=False) as connection:  # lost with the machine's power, its boot is over too
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (NAME, told))


def centre_now(store: ReplicaStore, clock: Clock) -> int | None:
    """The centre's time, ms, never behind it; None where this device cannot know it."""
    kept, (boot, now) = _kept(store), clock.boot()
    if kept is None or not boot or kept.boot != boot or now < kept.sent:
        return None
    return kept.now + now - kept.sent


class Away:
    """How long the centre has not been heard. A wall clock that is set back wins no time while the machine runs."""

    def __init__(self, store: ReplicaStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._met: tuple[str, int] | None = None

    def met(self) -> None:
        """The centre answered just now."""
        self._met = self._clock.boot()

    def ms(self) -> int:
        """By the boot clock; after a restart of the program by what was kept, up to KEPT_MS too little; after one of
        the machine by its wall clock. 0 where nothing is known."""
        boot, now = self._clock.boot()
        if self._met is not None and boot and self._met[0] == boot:
            return max(0, now - self._met[1])
        kept = _kept(self._store)
        if kept is None:
            return 0
        gone = now - kept.sent if boot and kept.boot == boot else self._clock.now() - kept.now
        return max(0, gone - KEPT_MS)

    @property
    def too_long(self) -> bool:
        """Whether new work has to wait for the centre."""
        return self.ms() > OFFLINE_MS


def _kept(store: ReplicaStore) -> Contact | None:
    found = store.read("SELECT value FROM meta WHERE name = ?", (NAME,))
    return msgspec.json.decode(found[0]["value"], type=Contact) if found else None
