"""Every night: what has been kept long enough is looked for, and goes; afterwards the log is cut.

night ─▶ sync.records.retention.ENDINGS ─▶ which records are over ─▶ personal.clear@1 by the clock, the one write path
      ─▶ who searched for whom, older than `lookup_days`          ─▶ goes, and which addresses asked for seats
      ─▶ scopes written down as a whole, older than an hour       ─▶ go
      ─▶ files that nothing has named for `log_days`              ─▶ go, their keys first (server_stub.files.ending)
      ─▶ bodies of the log superseded for `log_days`              ─▶ go, the floor rises (server_stub.central.compact)

Nothing is remembered of a record: what a restored backup brings back is found again in the next night, and a period
that the hall makes shorter or longer holds at once. Row `retention` of the table `connector` says which night was the
last, so that of several processes one does it, and that a server which was off at night does it when it starts.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from operator import itemgetter

import msgspec

from server_stub.apply.applier import Applier
from server_stub.apply.incoming import Incoming, by_the_clock
from server_stub.central.compact import compact
from server_stub.central.store import Store, Tx
from server_stub.files.ending import end
from server_stub.files.vault import Vault
from server_stub.rounds import Rounds
from server_stub.snapshots import Snapshots
from server_stub.timers import Timers
from sync.calendar import day_of, start_of_day_ms
from sync.clock import Clock
from sync.protocol.identifiers import once
from sync.protocol.messages import ACCEPTED
from sync.protocol.operation import kind_of
from sync.protocol.verbs.personal import Clear
from sync.records.columns import quoted
from sync.records.retention import ENDINGS, Ending, kept_ms
from sync.records.settings import DAY, DEFAULTS, HOUR
from sync.rules.personal import MOST

NIGHT = 3 * HOUR
"""Nobody waits for the store at three in the morning."""
LOOK_SECONDS = 1.0
FOUND = 2_000  # records at once
NAME = "retention"
_LAST = "SELECT seq FROM connector WHERE name = ?"
_NEW = """INSERT INTO connector (name, seq, holder, until, tries, next_at) VALUES (?, 0, '', 0, 0, 0)
ON CONFLICT (name) DO NOTHING"""
_DONE = "UPDATE connector SET seq = ?, last_ok_at = ? WHERE name = ? AND seq < ?"


class Retention(Rounds):
    """One for a server process."""

    SECONDS, FAILED = LOOK_SECONDS, "retention_failed"

    def __init__(
        self, store: Store, applier: Applier, timers: Timers, vault: Vault, snapshots: Snapshots, clock: Clock
    ) -> None:
        self._store, self._applier, self._timers, self._clock = store, applier, timers, clock
        self._vault, self._snapshots = vault, snapshots
        self._looked = ""  # the day whose night is done with

    async def look(self) -> int:
        """Once a night; how many records were cleared."""
        now = self._clock.now()
        day = day_of(now - NIGHT)
        if day == self._looked or not self._applier.hall.hall:
            return 0
        cleared, begun = 0, start_of_day_ms(day)
        last = await self._store.read(lambda tx: tx.fetch_one(_LAST, (NAME,)))
        if last is None or last[0] < begun:
            cleared = await self.clear()
            await self._store.write(lambda tx: self._done(tx, begun, now))
        self._looked = day
        return cleared

    async def _done(self, tx: Tx, begun: int, now: int) -> None:
        await tx.execute(_NEW, (NAME,))
        await tx.execute(_DONE, (begun, now, NAME, begun))

    async def clear(self) -> int:
        """Everything that is over, now; how many records were cleared."""
        await self._timers.catch_up()  # what falls due on a record comes before its end
        cleared = 0
        for ending in ENDINGS:
            while found := await self._store.read(partial(self._over, ending=ending)):
                went = await self._submit(ending, found)
                cleared += went
                if went < len(found):  # another process is at it, or a rule sees it otherwise: the next night
                    break
        now, settings = self._clock.now(), self._applier.hall.settings
        before = now - settings.get("lookup_days", DEFAULTS["lookup_days"]) * DAY
        await self._store.write(lambda tx: self._of_the_centre(tx, before, now - HOUR))
        await self._snapshots.clean()
        log_days = settings.get("log_days", DEFAULTS["log_days"])
        await end(self._store, self._vault, now, log_days * DAY)
        await compact(self._store, now, log_days)
        return cleared

    async def _of_the_centre(self, tx: Tx, searched: int, visited: int) -> None:
        await tx.execute("DELETE FROM lookup WHERE at <= ?", (searched,))
        await tx.execute("DELETE FROM visit WHERE since <= ?", (visited,))

    async def _over(self, tx: Tx, ending: Ending) -> list[tuple[str, str]]:
        """(scope, id) of what is over, the first of them."""
        until = self._clock.now() - kept_ms(ending, self._applier.hall.settings)
        days = ending.since == "day"
        still = "1 = 1" if ending.deletes else " OR ".join(f"{quoted(name)} IS NOT NULL" for name in ending.columns)
        found = await tx.fetch(
            f"SELECT scope, id FROM {quoted(ending.table)} WHERE {quoted(ending.since)} {'<' if days else '<='} ? "  # noqa: S608 - own words
            f"AND ({still}) ORDER BY scope, id LIMIT {FOUND}",
            (day_of(until) if days else until,),
        )
        return [(scope, id) for scope, id in found]

    async def _submit(self, ending: Ending, found: list[tuple[str, str]]) -> int:
        operations, sizes = [], []
        for scope, of_scope in groupby(found, itemgetter(0)):
            ids = [id for _, id in of_scope]
            for some in (ids[at : at + MOST] for at in range(0, len(ids), MOST)):
                operations.append(self._incoming(ending, scope, some))
                sizes.append(len(some))
        results = await self._applier.submit(operations)
        return sum(size for size, result in zip(sizes, results, strict=True) if result.status == ACCEPTED)

    def _incoming(self, ending: Ending, scope: str, ids: list[str]) -> Incoming:
        args, now = Clear(table=ending.table, period=ending.period, records=ids), self._clock.now()
        n = once(kind_of(args), ending.table, day_of(now), msgspec.json.encode((ending.period, ids)).decode(), scope)
        id = f"{ending.table}.{ending.period}.{n}"
        return by_the_clock(kind_of(args), args, id, scope, n=n, now=now)
