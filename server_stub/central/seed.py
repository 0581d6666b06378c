"""The first rows of a store, written as log rows like any other: a hall begins with them, and replicas pull them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server_stub.apply.working import View, WorkingSet
from server_stub.apply.write import Page, Said
from server_stub.central.people import store_verifier
from server_stub.central.statements import insert_missing
from server_stub.central.store import Store, Tx
from sync.protocol.chain import GENESIS
from sync.protocol.identifiers import hall_of, scope_of
from sync.rules.device import device_scope
from sync.rules.outcome import Effects

SEED_DEVICE = "seed"
_NEW_HEADS = insert_missing("head", ("scope", "seq", "hash", "floor"))


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One record to begin with."""

    table: str
    id: str
    scope: str
    body: Mapping[str, Any]


def seed(store: Store, scopes: Iterable[str], rows: Iterable[SeedRow], verifiers: Mapping[str, str], now: int) -> None:
    """Make the scopes' heads and write the rows, before the server listens. An office comes with its archive."""
    named, gathered = list(scopes), list(rows)
    archives = [scope_of(hall_of(row.scope), "archive", row.id) for row in gathered if row.table == "office"]
    listed = sorted({*named, *archives, *(device_scope(hall_of(scope)) for scope in named)})

    async def work(tx: Tx) -> None:
        await make_heads(tx, listed)
        heads = {scope: (seq, hashed) for scope, seq, hashed in await tx.fetch("SELECT scope, seq, hash FROM head")}
        there = WorkingSet(tx, store.columns, store.records)
        page, nothing_read = Page(heads, there, store.columns), View(there, ())
        [start] = await tx.fetch_one("SELECT coalesce(max(n), 0) FROM log WHERE device = ?", (SEED_DEVICE,))
        for n, row in enumerate(gathered, start + 1):
            effects = Effects().put(row.table, row.id, scope=row.scope, **row.body)
            await page.apply(effects, nothing_read, row.scope, Said(SEED_DEVICE, n, SEED_DEVICE, now))
        await page.flush(tx, store.records)
        for staff, verifier in verifiers.items():
            await store_verifier(tx, staff, verifier)

    store.transact(work)


async def make_heads(tx: Tx, scopes: Iterable[str]) -> None:
    """A head row is made with its scope, never at first use."""
    await tx.bulk(_NEW_HEADS, [(scope, 0, GENESIS, 0) for scope in scopes])
