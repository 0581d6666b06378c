"""Numbers that this device may give by itself: out of blocks that the centre set aside for it.

    wanted(Series) ─▶ low? ─▶ /v1/lease {blocks} ─▶ block(id, …, next, last)
    numbered(…)    in the operation's own transaction: next + 1, and the operation in the outbox, or neither
    over (another day, another year, kept too long) ─▶ struck here, then given back: the rest goes void

A number never comes back, not even when its operation is withdrawn: it may stand on a paper by then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sync.calendar import day_of
from sync.protocol.messages import GivenBlock, WantedBlock
from sync.protocol.operation import Args
from sync.protocol.verbs.block import BlockNumber
from sync.replica.store import ReplicaStore
from sync.replica.submit import Taking
from sync.rules.block import TICKET

Make = Callable[[BlockNumber | None], Args]
_LEFT = """SELECT coalesce(sum(last - next + 1), 0), coalesce(max(last - first + 1), 0) FROM block
WHERE of = ? AND scope = ? AND prefix IS ? AND period = ? AND until > ?"""
_NEXT = """SELECT id, period, next FROM block
WHERE of = ? AND scope = ? AND prefix IS ? AND period = ? AND until > ? AND next <= last ORDER BY first LIMIT 1"""
_OVER = "SELECT id FROM block WHERE until <= ? OR next > last OR period < CASE of WHEN 'ticket' THEN ? ELSE ? END"


@dataclass(frozen=True, slots=True)
class Series:
    """What is numbered: tickets of a prefix in a queue's scope, or a kind of paper, asked for from a scope of cases."""

    of: str
    scope: str
    prefix: str | None = None

    def period(self, now: int) -> str:
        """The day or the year in which its numbers count."""
        return day_of(now) if self.of == TICKET else day_of(now)[:4]

    def key(self, now: int) -> tuple[str, str, str | None, str, int]:
        """The parameters of the queries above."""
        return self.of, self.scope, self.prefix, self.period(now), now


def numbered(make: Make, series: Series, now: int) -> Taking:
    """The operation with the next number of this device, or without one where it has none: then the centre gives it."""

    def taking(connection: sqlite3.Connection) -> Args:
        found = connection.execute(_NEXT, series.key(now)).fetchone()
        if found is None:
            return make(None)
        id, period, n = found
        connection.execute("UPDATE block SET next = next + 1 WHERE id = ?", (id,))
        return make(BlockNumber(block=id, period=period, n=n))

    return taking


def left(store: ReplicaStore, series: Series, now: int) -> int:
    """How many numbers are there still."""
    return int(store.read(_LEFT, series.key(now))[0][0])


def low(store: ReplicaStore, wanted: Iterable[Series], now: int) -> list[WantedBlock]:
    """What to ask for: each series of which half a block or less is left."""
    asked = []
    for series in wanted:
        remaining, size = store.read(_LEFT, series.key(now))[0]
        if remaining <= size // 2:
            asked.append(WantedBlock(of=series.of, scope=series.scope, prefix=series.prefix))
    return asked


def strike(store: ReplicaStore, now: int) -> list[str]:
    """Forget blocks that are over; their ids, to be given back."""
    day = day_of(now)
    with store.write() as connection:
        over = [id for (id,) in connection.execute(_OVER, (now, day, day[:4])).fetchall()]
        connection.executemany("DELETE FROM block WHERE id = ?", [(id,) for id in over])
    return over


def keep(store: ReplicaStore, given: Iterable[GivenBlock]) -> None:
    """Blocks that the centre gave; one that is here already stays as it is."""
    with store.write() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(b.id, b.of, b.scope, b.prefix, b.period, b.first, b.first, b.last, b.until) for b in given],
        )
