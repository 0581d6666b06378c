"""Walks the hash chain of every scope and holds the rows against the log: names what was altered, lost or added."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from server_stub.central.store import path_of
from sync.errors import StoreError
from sync.protocol.chain import GENESIS, digest, encode_body, link
from sync.records.columns import Columns
from sync.records.shape import shapes

_LOG = 'SELECT seq, "table", id, v, device, n, "by", at, body, digest, hash FROM log WHERE scope = ? ORDER BY seq'


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
    path = path_of(url)
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        scopes = connection.execute("SELECT scope, seq, hash FROM head ORDER BY scope").fetchall()
    except sqlite3.Error as error:
        raise StoreError("store_open", path=str(path), detail=str(error)) from None
    try:
        faults = [fault for scope, seq, hashed in scopes for fault in _chain(connection, scope, seq, hashed)]
        known = {scope for scope, _, _ in scopes}
        for scope, seq in connection.execute("SELECT DISTINCT scope, seq FROM log"):
            if scope not in known:
                faults.append(Fault(scope, seq, "inserted"))
        return faults + _rows(connection)
    finally:
        connection.close()


def _chain(connection: sqlite3.Connection, scope: str, head_seq: int, head_hash: str) -> list[Fault]:
    faults: list[Fault] = []
    previous, expected = GENESIS, 1
    for seq, table, id, v, device, n, by, at, body, digested, hashed in connection.execute(_LOG, (scope,)):
        faults.extend(Fault(scope, lost, "missing") for lost in range(expected, seq))
        whole = body is None or digest(body) == digested
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


def _rows(connection: sqlite3.Connection) -> list[Fault]:
    """Present rows against the last image of each in the log."""
    faults: list[Fault] = []
    for name, shape in shapes().items():
        columns = Columns(shape)
        last = {
            id: (scope, seq, v, digested, body is None)
            for id, scope, seq, v, digested, body in connection.execute(
                'SELECT id, scope, max(seq), v, digest, body FROM log WHERE "table" = ? GROUP BY id', (name,)
            )
        }
        for row in connection.execute(columns.select):
            scope, seq, v, digested, deleted = last.pop(row[0], ("", 0, 0, "", True))
            if deleted or not scope:
                faults.append(Fault(row[1], seq, "inserted", name, row[0]))
            elif v != row[2] or digest(encode_body(columns.body(row))) != digested:
                faults.append(Fault(scope, seq, "altered", name, row[0]))
        faults.extend(
            Fault(scope, seq, "missing", name, id) for id, (scope, seq, _, _, deleted) in last.items() if not deleted
        )
    return faults
