"""The end of a month: its figures are counted from the log and frozen, ten minutes after it is over.

log of `rating` up to its head ──▶ sync.appraisal.figures ──▶ appraisal.freeze@1 by the clock, through the write path

A month that ended while no server ran is frozen at the next start. Two processes count the same and freeze it once.
`recount` does the counting from the log alone, `counted_again` of every frozen month for `sync-server months`; screen 8
holds a copy's own count against what was frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from server_stub.apply.applier import Applier
from server_stub.apply.incoming import by_the_clock
from server_stub.central.store import Store, Tx
from server_stub.rounds import Rounds
from server_stub.timers import Timers
from sync.appraisal import Figures, bounds, figures, hash_of, month_of
from sync.clock import Clock
from sync.protocol.identifiers import once, scope_of
from sync.protocol.operation import kind_of
from sync.protocol.verbs.appraisal import Freeze
from sync.records.settings import MINUTE

AFTER = 10 * MINUTE
LOOK_SECONDS = 1.0
_BODIES = """SELECT "table", id, body FROM log
WHERE scope = ? AND seq <= ? AND "table" IN ('invite', 'rating') ORDER BY seq"""
_NAMES = {
    "staff": "SELECT id, name FROM staff",
    "window": 'SELECT id, label FROM "window"',
    "matter": "SELECT id, name FROM matter",
    "site": "SELECT id, name FROM site",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A month counted from the log up to `seq`."""

    seq: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Again:
    """A frozen month: the hash that stands there, that of the figures beside it, and what the log comes to."""

    month: str
    frozen: str
    told: str
    counted: str

    @property
    def same(self) -> bool:
        """Whether all three are one."""
        return self.frozen == self.told == self.counted


class Months(Rounds):
    """One for a server process."""

    SECONDS, FAILED = LOOK_SECONDS, "month_failed"

    def __init__(self, store: Store, applier: Applier, timers: Timers, clock: Clock) -> None:
        self._store, self._applier, self._timers, self._clock = store, applier, timers, clock
        self._looked = ""  # the month in which everything before it was frozen

    async def look(self) -> list[str]:
        """Freeze every month that is over and is not frozen; which."""
        this = month_of(self._clock.now() - AFTER)
        if this == self._looked or not self._applier.hall.hall:
            return []
        await self._timers.catch_up()  # an invitation that lapsed in that month is judged at its own time
        frozen = []
        for month in await self._store.read(lambda tx: _unfrozen(tx, this)):
            await self._freeze(month)
            frozen.append(month)
        self._looked = this
        return frozen

    async def _freeze(self, month: str) -> None:
        scope = scope_of(self._applier.hall.hall, "rating")
        counted = await self._store.read(lambda tx: recount(tx, scope, month))
        names = await self._store.read(lambda tx: _names(tx, counted.figures))
        args = Freeze(head_seq=counted.seq, figures=counted.figures, names=names)
        kind, now = kind_of(args), self._clock.now()
        await self._applier.submit([by_the_clock(kind, args, month, scope, n=once(kind, month), now=now)])


async def recount(tx: Tx, scope: str, month: str, seq: int | None = None) -> Counted:
    """The month's figures from the log alone, up to `seq` or its head: the last image of every record."""
    if seq is None:
        head = await tx.fetch_one("SELECT seq FROM head WHERE scope = ?", (scope,))
        seq = int(head[0]) if head else 0
    images: dict[str, dict[str, Any]] = {"invite": {}, "rating": {}}
    for table, id, body in await tx.fetch(_BODIES, (scope, seq)):
        if body is None:
            images[table].pop(id, None)
        else:
            images[table][id] = _image(table, msgspec.json.decode(bytes(body)))
    return Counted(seq, figures(month, images["invite"].values(), images["rating"].values()))


async def counted_again(tx: Tx) -> list[Again]:
    """Every frozen month from the log as it is now. The last image of a record is never compacted away, those before it
    may be; what a month is counted from – when, of whom, which level – never changes after it."""
    found = []
    for month, scope, hash, told in await tx.fetch("SELECT id, scope, hash, figures FROM appraisal ORDER BY id"):
        counted = await recount(tx, scope, month)
        figures_there = msgspec.json.decode(told) if isinstance(told, str | bytes) else told
        found.append(Again(month, hash, hash_of(figures_there), hash_of(counted.figures)))
    return found


def _image(table: str, body: dict[str, Any]) -> dict[str, Any]:
    wanted = ["window", "staff", "matter", "site"]
    wanted += ["opened_at"] if table == "invite" else ["rated_at", "level", "person_level", "defaulted"]
    return {name: body.get(name) for name in wanted}


async def _unfrozen(tx: Tx, this: str) -> list[str]:
    """Months before this one in which somebody was invited or rated, the oldest first."""
    start, _ = bounds(this)
    known = {id for (id,) in await tx.fetch("SELECT id FROM appraisal")}
    first = await tx.fetch_one(
        "SELECT min(at) FROM (SELECT min(opened_at) AS at FROM invite UNION ALL SELECT min(rated_at) FROM rating) AS a"
    )
    found, at = [], first[0]
    while at is not None and at < start:
        month = month_of(at)
        found.append(month)
        _, at = bounds(month)
    return [month for month in found if month not in known]


async def _names(tx: Tx, counted: Figures) -> dict[str, dict[str, str]]:
    """What the groups are called now."""
    found = {}
    for group, sql in _NAMES.items():
        every = dict(await tx.fetch(sql))
        found[group] = {id: every[id] for id in counted[group] if id in every}
    return found
