"""The log made shorter: bodies that a later row supersedes go, the chain stays. Up to the floor a scope is given as a
whole.

    seq   1    2    3    4    5 │ 6    7        floor 5: rows up to 5 are pulled no more
    body  –    –    A2   –    B1│ A3   B2       the last image of each row up to the floor stays, for the audit

What was written in the last days stays whole, so that whoever was away goes on by pages; and so does everything above
the cursor of a snapshot that somebody may be taking.
"""

from __future__ import annotations

from dataclasses import dataclass

from server_stub.central.statements import by_keys
from server_stub.central.store import Store, Tx
from server_stub.snapshots import KEPT_MS

KEEP_DAYS = 30
DAY_MS = 86_400_000
_HEAD = by_keys("head", ("scope",), ("floor", "seq"))
_SUPERSEDED = """UPDATE log SET body = NULL WHERE scope = ? AND seq <= ? AND body IS NOT NULL AND seq NOT IN
(SELECT max(seq) FROM log WHERE scope = ? AND seq <= ? GROUP BY "table", id)"""
_OPERATION = "SELECT device, n FROM log WHERE scope = ? AND seq = ?"


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of a scope's log: up to `floor` it is pulled no more, so many bodies went."""

    scope: str
    floor: int
    dropped: int


async def compact(store: Store, now: int, keep_days: int = KEEP_DAYS) -> list[Cut]:
    """Cut every scope's log, each in a transaction of its own, while the server goes on; answers those where something
    went."""

    async def scopes(tx: Tx) -> list[str]:
        return [scope for (scope,) in await tx.fetch("SELECT scope FROM head ORDER BY scope")]

    cuts = [await _cut_one(store, scope, now, keep_days) for scope in await store.read(scopes)]
    return [cut for cut in cuts if cut.dropped]


async def _cut_one(store: Store, scope: str, now: int, keep_days: int) -> Cut:
    return await store.write(lambda tx: _cut(tx, scope, now, now - keep_days * DAY_MS))


async def _cut(tx: Tx, scope: str, now: int, before: int) -> Cut:
    [[floor, head]] = await tx.fetch_keys(_HEAD, [(scope,)], lock=True)
    [young] = await tx.fetch_one("SELECT min(seq) FROM log WHERE scope = ? AND at >= ?", (scope, before))
    [held] = await tx.fetch_one("SELECT min(seq) FROM snapshot WHERE scope = ? AND at > ?", (scope, now - KEPT_MS))
    bounds = [head, *([] if young is None else [young - 1]), *([] if held is None else [held])]
    to = await _whole(tx, scope, min(bounds))
    dropped = await tx.execute(_SUPERSEDED, (scope, to, scope, to)) if to > floor else 0
    if dropped:
        await tx.execute("UPDATE head SET floor = ? WHERE scope = ?", (to, scope))
    return Cut(scope, to if dropped else floor, dropped)


async def _whole(tx: Tx, scope: str, to: int) -> int:
    """Back to the end of an operation: none is cut in two."""
    after = await tx.fetch_one(_OPERATION, (scope, to + 1))
    while to > 0 and after is not None and tuple(await tx.fetch_one(_OPERATION, (scope, to))) == tuple(after):
        to -= 1
    return to
