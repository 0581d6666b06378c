"""The connector's own outbox: filled from the log, emptied by acknowledgements, never by hope.

waiting ──acknowledged──▶ acknowledged       a day that differs makes its numbers wait again
   │ ▲                                       no answer: it waits on, a little longer each time
   ▼ └── refused, with why: tried again when its day is compared
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server_stub.central.statements import insert_missing, update
from server_stub.central.store import Store, Tx
from server_stub.upstream.province.message import KNOWN, Item, Told, digest_of, item_of
from sync.rules.facts import Row

NAME = "province"
WAITING, ACKNOWLEDGED, REFUSED = "waiting", "acknowledged", "refused"
OPEN = "open"
READ_ROWS = 500
_NEW = insert_missing("upload")
_NEW_DAY = insert_missing("upload_day")
_SETTLED = update("upload", ("state", "code", "acknowledged_at"), "number")
_LATER = update("upload", ("tries", "next_at"), "number")
NEW_CONNECTOR = (
    "INSERT INTO connector (name, seq, holder, until, tries, next_at) VALUES (?, 0, '', 0, 0, 0) "
    "ON CONFLICT (name) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to be sent now."""

    item: Item
    tries: int


class Outbox:
    """The upload rows of one hall; `secret` makes the numbers by which the province knows them."""

    def __init__(self, store: Store, secret: bytes) -> None:
        self._store = store
        self._secret = secret

    async def fill(self, scope: str, now: int) -> int:
        """Read the log on; how many of its rows were read. In one transaction with the place up to which."""

        async def work(tx: Tx) -> int:
            await tx.execute(NEW_CONNECTOR, (NAME,))
            [seq] = await tx.fetch_one("SELECT seq FROM connector WHERE name = ?", (NAME,))
            said = await tx.fetch(
                'SELECT seq, "table", id FROM log WHERE scope = ? AND seq > ? ORDER BY seq LIMIT ?',
                (scope, seq, READ_ROWS),
            )
            if not said:
                return 0
            items = await self._items(tx, sorted({id for _, table, id in said if table == "rating"}))
            rows = [
                (item.number, record, item.day, digest_of(item), WAITING, 0, now, None, None)
                for record, item in items.items()
            ]
            days = sorted({item.day for item in items.values()})
            await tx.bulk(_NEW, rows)
            await tx.bulk(_NEW_DAY, [(day, OPEN, 0, 0, "[]", "[]", "[]", 0, 0, None) for day in days])
            for day in days:  # one more than was compared
                await tx.execute("UPDATE upload_day SET state = 'open' WHERE day = ? AND state = 'equal'", (day,))
            await tx.execute("UPDATE connector SET seq = ? WHERE name = ?", (said[-1][0], NAME))
            return len(said)

        return await self._store.write(work)

    async def _items(self, tx: Tx, records: Sequence[str]) -> dict[str, Item]:
        columns, statements = self._store.columns["rating"], self._store.records["rating"]
        found = await tx.fetch_keys(statements.by_id, [(id,) for id in records])
        return {row[0]: item_of(self._secret, Row(row[0], row[1], row[2], columns.body(row))) for row in found}

    async def due(self, now: int, most: int) -> list[Waiting]:
        """What is to be sent now, the oldest first."""

        async def work(tx: Tx) -> list[Waiting]:
            rows = await tx.fetch(
                "SELECT record, tries FROM upload WHERE state = 'waiting' AND next_at <= ? "
                "ORDER BY next_at, number LIMIT ?",
                (now, most),
            )
            items = await self._items(tx, [record for record, _ in rows])
            return [Waiting(items[record], tries) for record, tries in rows if record in items]

        return await self._store.read(work)

    async def settle(self, told: Sequence[Told], now: int) -> None:
        """What the province said of each number."""
        rows = [
            (ACKNOWLEDGED, None, now, each.number) if each.status == KNOWN else (REFUSED, each.code, None, each.number)
            for each in told
        ]
        await self._store.write(lambda tx: tx.bulk(_SETTLED, rows))

    async def later(self, waiting: Sequence[Waiting], at: dict[int, int]) -> None:
        """Nobody answered: `at` is when the next try is, by the tries made."""
        rows = [(each.tries + 1, at[each.tries], each.item.number) for each in waiting]
        await self._store.write(lambda tx: tx.bulk(_LATER, rows))

    async def counts(self) -> dict[str, int]:
        """How many are in which state."""
        found = await self._store.read(lambda tx: tx.fetch("SELECT state, count(*) FROM upload GROUP BY state"))
        return dict(found)

    async def of_day(self, day: str) -> dict[str, str]:
        """Number → digest of everything of a day that the province should have."""

        async def work(tx: Tx) -> dict[str, str]:
            found = await tx.fetch("SELECT number, digest FROM upload WHERE day = ?", (day,))
            return dict(found)

        return await self._store.read(work)


async def set_connector(store: Store, **columns: Any) -> None:
    """Write down how the connector fares."""
    sets = ", ".join(f"{name} = ?" for name in columns)
    sql = f"UPDATE connector SET {sets} WHERE name = ?"  # noqa: S608 - own words
    await store.write(lambda tx: tx.execute(sql, (*columns.values(), NAME)))
