"""Each day that is over is held against the province's: count and digest first, number by number where they differ.

open ──equal──▶ equal       compared again every day for a week; what came too late opens it again
  └──differs──▶ different ──sent again──▶ compared again, an hour later at first, a day at last

What the province lacks, or has otherwise, is sent again. What it has beyond ours is told and left to a person: after
a restore from an old backup it may be the only copy.
"""

from __future__ import annotations

import msgspec

from server_stub.central.statements import update
from server_stub.central.store import Store, Tx
from server_stub.upstream.province.client import Province
from server_stub.upstream.province.message import day_digest
from server_stub.upstream.province.outbox import ACKNOWLEDGED, WAITING, Outbox
from sync.calendar import day_of, start_of_day_ms
from sync.records.settings import DAY, HOUR

EQUAL, DIFFERENT = "equal", "different"
AGAIN_DAYS = 7
"""An equal day is compared again so long: what the province loses later is noticed."""
_THERE = update("upload", ("state", "code", "acknowledged_at"), "number")
_AGAIN = update("upload", ("state", "tries", "next_at"), "number")
_json = msgspec.json.encode


async def due_days(store: Store, today: str, now: int, after_midnight: int) -> list[tuple[str, int]]:
    """(day, tries) of the days to be compared now, the oldest first."""
    if now < start_of_day_ms(today) + after_midnight:
        return []
    found = await store.read(
        lambda tx: tx.fetch(
            "SELECT day, tries FROM upload_day WHERE day < ? AND (state <> ? OR day >= ?) AND next_at <= ? "
            "ORDER BY day",
            (today, EQUAL, day_of(now - AGAIN_DAYS * DAY), now),
        )
    )
    return [(day, tries) for day, tries in found]


async def compare(store: Store, outbox: Outbox, province: Province, day: str, tries: int, now: int) -> bool:
    """Compare a day; whether it is equal. Raises NoAnswer."""
    ours = await outbox.of_day(day)
    told = await province.day(day)
    if (told.count, told.digest) == (len(ours), day_digest(ours)):
        await store.write(lambda tx: _equal(tx, day, ours, now))
        return True
    theirs = (await province.numbers(day)).items
    missing = sorted(ours.keys() - theirs.keys())
    differing = sorted(number for number in ours.keys() & theirs.keys() if ours[number] != theirs[number])
    extra = sorted(theirs.keys() - ours.keys())
    next_at = now + min(HOUR << min(tries, 5), DAY)

    async def work(tx: Tx) -> None:
        again = {*missing, *differing}
        await tx.bulk(_THERE, [(ACKNOWLEDGED, None, now, number) for number in sorted(ours.keys() - again)])
        await tx.bulk(_AGAIN, [(WAITING, 0, now, number) for number in sorted(again)])
        await tx.execute(
            "UPDATE upload_day SET state = ?, ours = ?, theirs = ?, missing = ?, differing = ?, extra = ?, "
            "tries = tries + 1, next_at = ?, compared_at = ? WHERE day = ?",
            (
                *(DIFFERENT, len(ours), len(theirs)),
                *(_json(each).decode() for each in (missing, differing, extra)),
                *(next_at, now, day),
            ),
        )

    await store.write(work)
    return False


async def _equal(tx: Tx, day: str, ours: dict[str, str], now: int) -> None:
    lost = await tx.fetch("SELECT number FROM upload WHERE day = ? AND state <> ?", (day, ACKNOWLEDGED))
    there = [(ACKNOWLEDGED, None, now, number) for (number,) in lost if number in ours]
    await tx.bulk(_THERE, there)  # it has them: only its word was lost
    await tx.execute(
        "UPDATE upload_day SET state = ?, ours = ?, theirs = ?, missing = '[]', differing = '[]', extra = '[]', "
        "tries = 0, next_at = ?, compared_at = ? WHERE day = ? AND (SELECT count(*) FROM upload WHERE day = ?) = ?",
        (EQUAL, len(ours), len(ours), now + DAY, now, day, day, len(ours)),
    )
