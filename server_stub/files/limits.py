"""How much is taken: by a device on a day of the hall, whatever becomes of it, and by a case in all.

setting device_files   bytes a device may send on a day     counted as they come, table blob_day
setting case_files     bytes a case may hold                counted from the files that its materials name, or an
                                                            entry of the ledger its evidence
"""

from __future__ import annotations

from typing import Any

import msgspec

from server_stub.central.store import Tx
from server_stub.files.refusal import FileRefused
from sync.calendar import day_of, start_of_day_ms
from sync.records.settings import DAY, DEFAULTS

DAYS_KEPT = 31
_SENT = "SELECT bytes FROM blob_day WHERE device = ? AND day = ?"
_COUNT = """INSERT INTO blob_day (device, day, bytes) VALUES (?, ?, ?)
ON CONFLICT (device, day) DO UPDATE SET bytes = blob_day.bytes + excluded.bytes"""
_HELD = """SELECT coalesce(sum(size), 0) FROM blob
WHERE sha256 IN (SELECT sha256 FROM material WHERE "case" = ? AND arrived
UNION SELECT sha256 FROM evidence WHERE entry = ? AND arrived)"""


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


async def count(tx: Tx, device: str, now: int, more: int) -> None:
    """So many bytes came."""
    await tx.execute(_COUNT, (device, day_of(now), more))


async def case_may(tx: Tx, case: str, more: int, file: str) -> None:
    """Whether a case may hold so many bytes more. Raises FileRefused `case_files_full`."""
    [used] = await tx.fetch_one(_HELD, (case, case))
    limit = await _setting(tx, "case_files")
    if used + more > limit:
        detail = (
            f"{file}: a case may hold {limit} bytes of files and this one has {used}; scan it smaller, or replace one"
        )
        raise FileRefused(413, "case_files_full", detail, file=file, limit=limit, used=int(used))


async def forget(tx: Tx, now: int) -> int:
    """Days long past are counted no more."""
    return await tx.execute("DELETE FROM blob_day WHERE day < ?", (day_of(now - DAYS_KEPT * DAY),))
