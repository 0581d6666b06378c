"""How much is taken: by a device on a day of the hall, whatever becomes of it, and by a case in all.

setting device_files   bytes a device may send on a day     set aside before they come, table blob_day; what did not
                                                            come is given back
setting case_files     bytes a case may hold                counted from the files that its materials name, or an
                                                            entry of the ledger its evidence

Both are exact however many uploads run at once: bytes of a device are set aside in one statement, and a file is known
to be here in the transaction that has counted its case, under the lock of the case's scope.
"""

from __future__ import annotations

from typing import Any

import msgspec

from server_stub.central.store import Store, Tx
from server_stub.files.refusal import FileRefused
from sync.calendar import day_of, start_of_day_ms
from sync.records.settings import DAY, DEFAULTS

DAYS_KEPT = 31
_SENT = "SELECT bytes FROM blob_day WHERE device = ? AND day = ?"
_SET_ASIDE = """INSERT INTO blob_day (device, day, bytes) VALUES (?, ?, ?)
ON CONFLICT (device, day) DO UPDATE SET bytes = blob_day.bytes + excluded.bytes
WHERE blob_day.bytes + excluded.bytes <= ? RETURNING bytes"""
_GIVE_BACK = "UPDATE blob_day SET bytes = bytes - ? WHERE device = ? AND day = ?"
_HELD = """SELECT coalesce(sum(size), 0) FROM blob
WHERE sha256 <> ? AND sha256 IN (SELECT sha256 FROM material WHERE "case" = ?
UNION SELECT sha256 FROM evidence WHERE entry = ?)"""
BLOCK = 1 << 20
"""What is set aside at a time where a request does not tell how much it brings."""


async def _setting(tx: Tx, name: str) -> Any:
    found = await tx.fetch_one("SELECT value FROM setting WHERE id = ?", (name,))
    return DEFAULTS[name] if found is None else msgspec.json.decode(found[0])["value"]


async def device_may(tx: Tx, device: str, now: int, more: int, file: str) -> None:
    """Whether a device may send so many bytes more today. Raises FileRefused `device_files_full`."""
    found = await tx.fetch_one(_SENT, (device, day_of(now)))
    used, limit = 0 if found is None else int(found[0]), await _setting(tx, "device_files")
    if used + more > limit:
        until = start_of_day_ms(day_of(start_of_day_ms(day_of(now)) + DAY + DAY // 2))
        detail = f"{file}: this device may send {limit} bytes of files a day and has sent {used}; go on tomorrow"
        raise FileRefused(507, "device_files_full", detail, file=file, limit=limit, used=used, until=until)


class Allowance:
    """What one request may bring: set aside before it comes, and what did not come given back at its end."""

    def __init__(self, store: Store, device: str, now: int, file: str) -> None:
        self._store, self._device, self._now, self._file = store, device, now, file
        self._aside = self._came = 0

    async def set_aside(self, more: int) -> None:
        """So many bytes are this request's. Raises FileRefused `device_files_full`."""
        day = day_of(self._now)

        async def work(tx: Tx) -> None:
            limit = await _setting(tx, "device_files")
            fits = more <= limit and await tx.fetch_one(_SET_ASIDE, (self._device, day, more, limit)) is not None
            if not fits:
                await device_may(tx, self._device, self._now, more, self._file)

        await self._store.write(work)
        self._aside += more

    async def took(self, size: int) -> None:
        """So many bytes more came. Raises FileRefused `device_files_full`, and then they are not taken."""
        if self._came + size > self._aside:
            await self.set_aside(max(size, BLOCK) if self._aside else size)
        self._came += size

    async def settle(self) -> None:
        """No more comes."""
        over, day = self._aside - self._came, day_of(self._now)
        self._aside = self._came
        if over:
            await self._store.write(lambda tx: tx.execute(_GIVE_BACK, (over, self._device, day)))


async def case_may(tx: Tx, case: str, more: int, file: str, sha256: str) -> None:
    """Whether a case, or an entry of the ledger, may hold this file of so many bytes beside its others. Raises
    FileRefused `case_files_full`."""
    [used] = await tx.fetch_one(_HELD, (sha256, case, case))
    limit = await _setting(tx, "case_files")
    if used + more > limit:
        detail = (
            f"{file}: a case may hold {limit} bytes of files and this one has {used}; scan it smaller, or replace one"
        )
        raise FileRefused(413, "case_files_full", detail, file=file, limit=limit, used=int(used))


async def forget(tx: Tx, now: int) -> int:
    """Days long past are counted no more."""
    return await tx.execute("DELETE FROM blob_day WHERE day < ?", (day_of(now - DAYS_KEPT * DAY),))
