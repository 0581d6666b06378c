"""Walks the hash chain of every scope and holds the rows against the log: names what was altered, lost or added."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from server_stub.central.opening import look
from server_stub.central.store import Tx
from sync.protocol.chain import GENESIS, digest, encode_body, link
from sync.records.columns import Columns, columns_of
from sync.records.shape import shapes

ROWS = 2000  # read at once
_LOG = """SELECT seq, "table", id, v, device, n, "by", at, body, digest, hash FROM log
WHERE scope = ? AND seq > ? ORDER BY seq LIMIT ?"""
GONE = digest(None)
_LAST = """SELECT id, scope, seq, v, digest FROM (
    SELECT id, scope, seq, v, digest, row_number() OVER (
        PARTITION BY id ORDER BY v DESC, CASE WHEN digest = ? THEN 1 ELSE 0 END, seq DESC) AS place
    FROM log WHERE "table" = ?) AS images WHERE place = 1"""
"""The last image of each record; where it was moved, the other scope's image counts and not that it left."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that is not as it was written; `what` is altered | missing | inserted | unchained."""

    scope: str
    seq: int
    what: str
    table: str = ""
    id: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.scope} seq {self.seq} {self.table} {self.id}".rstrip()


def verify(url: str) -> list[Fault]:
    """Every fault of a store, opened read-only; raises StoreError where there is none."""
    return look(url, faults_of)


async def faults_of(tx: Tx) -> list[Fault]:
    """The same within a transaction, which shows one moment of the store."""
    heads = await tx.fetch("SELECT scope, seq, hash, floor FROM head ORDER BY scope")
    faults = [fault for head in heads for fault in await _chain(tx, *head)]
    unknown = await tx.fetch("SELECT scope, seq FROM log WHERE scope NOT IN (SELECT scope FROM head)")
    faults += [Fault(scope, seq, "inserted") for scope, seq in unknown]
    for name, columns in columns_of(shapes()).items():
        faults += await _rows(tx, name, columns)
    return faults


async def _log(tx: Tx, scope: str) -> AsyncIterator[Any]:
    """The rows of a scope, some at a time."""
    since = -1 << 62
    while found := await tx.fetch(_LOG, (scope, since, ROWS)):
        for row in found:
            yield row
        since = found[-1][0]


async def _chain(tx: Tx, scope: str, head_seq: int, head_hash: str, floor: int) -> list[Fault]:
    """A body may be gone up to the floor, where the log was cut; the chain goes on over its digest."""
    faults: list[Fault] = []
    previous, expected = GENESIS, 1
    async for seq, table, id, v, device, n, by, at, body, digested, hashed in _log(tx, scope):
        faults.extend(Fault(scope, lost, "missing") for lost in range(expected, seq))
        whole = digest(body) == digested or (body is None and seq <= floor)
        computed = link(previous, seq=seq, table=table, id=id, v=v, device=device, n=n, by=by, at=at, digest=digested)
        if seq > head_seq:
            faults.append(Fault(scope, seq, "inserted", table, id))
        elif not whole:
            faults.append(Fault(scope, seq, "altered", table, id))
        elif computed != hashed and seq == expected:
            faults.append(Fault(scope, seq, "unchained", table, id))
        previous, expected = hashed, seq + 1
    faults.extend(Fault(scope, lost, "missing") for lost in range(expected, head_seq + 1))
    if not faults and previous != head_hash:
        faults.append(Fault(scope, head_seq, "altered"))
    return faults


async def _rows(tx: Tx, name: str, columns: Columns) -> list[Fault]:
    """Present rows of a table against the last image of each in the log."""
    faults: list[Fault] = []
    found = await tx.fetch(_LAST, (GONE, name))
    last = {id: (scope, seq, v, digested, digested == GONE) for id, scope, seq, v, digested in found}
    for row in await tx.fetch(columns.select):
        scope, seq, v, digested, deleted = last.pop(row[0], ("", 0, 0, "", True))
        if deleted or not scope:
            faults.append(Fault(row[1], seq, "inserted", name, row[0]))
        elif v != row[2] or digest(encode_body(columns.body(row))) != digested:
            faults.append(Fault(scope, seq, "altered", name, row[0]))
    faults.extend(
        Fault(scope, seq, "missing", name, id) for id, (scope, seq, _, _, deleted) in last.items() if not deleted
    )
    return faults
