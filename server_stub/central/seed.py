"""The first rows of a store, written as log rows like any other: a hall begins with them, and replicas pull them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server_stub.apply.working import View, WorkingSet
from server_stub.apply.write import Page
from server_stub.central.people import store_verifier
from server_stub.central.store import Store
from sync.protocol.chain import GENESIS
from sync.rules.outcome import Effects

SEED_DEVICE = "seed"


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One record to begin with."""

    table: str
    id: str
    scope: str
    body: Mapping[str, Any]


def seed(store: Store, scopes: Iterable[str], rows: Iterable[SeedRow], verifiers: Mapping[str, str], now: int) -> None:
    """Make the scopes' heads and write the rows; on the writer's thread, before the server listens."""
    listed, gathered = list(scopes), list(rows)

    def work(connection: sqlite3.Connection) -> None:
        make_heads(connection, listed)
        heads = {scope: (seq, hashed) for scope, seq, hashed in connection.execute("SELECT scope, seq, hash FROM head")}
        there = WorkingSet(connection, store.columns)
        page, nothing_read = Page(heads, there, store.columns), View(there, ())
        start = connection.execute("SELECT coalesce(max(n), 0) FROM log WHERE device = ?", (SEED_DEVICE,)).fetchone()[0]
        for n, row in enumerate(gathered, start + 1):
            effects = Effects().put(row.table, row.id, scope=row.scope, **row.body)
            page.apply(effects, nothing_read, scope=row.scope, device=SEED_DEVICE, n=n, by=SEED_DEVICE, at=now)
        page.flush(connection)
        for staff, verifier in verifiers.items():
            store_verifier(connection, staff, verifier)

    store.transact(work)


def make_heads(connection: sqlite3.Connection, scopes: Iterable[str]) -> None:
    """A head row is made with its scope, never at first use."""
    connection.executemany("INSERT OR IGNORE INTO head VALUES (?, 0, ?, 0)", [(scope, GENESIS) for scope in scopes])
