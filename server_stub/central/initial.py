"""The first hall of a store, from a JSON description: how a real hall begins, and the one that a replay makes.

    {"scopes": [...], "rows": [{"table": …, "id": …, "scope": …, "body": {…}}, …], "pins": {staff: PIN},
     "verifiers": {staff: PHC text}}

PINs are hashed here and stand nowhere else; `verifiers` take ready hashes instead.
"""

from __future__ import annotations

from typing import Any

import msgspec

from server_stub.central.making import new_store
from server_stub.central.seed import SeedRow, seed
from sync.clock import SystemClock
from sync.errors import InputError
from sync.pin import hash_pin


class FirstRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One record."""

    table: str
    id: str
    scope: str
    body: dict[str, Any]


class FirstHall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hall to begin with."""

    scopes: list[str]
    rows: list[FirstRow]
    pins: dict[str, str] = {}
    verifiers: dict[str, str] = {}
    at: int | None = None


def make(url: str, description: bytes) -> int:
    """Make the store; how many records it begins with. Raises InputError `hall_description`, StoreError
    `store_exists`."""
    try:
        first = msgspec.json.decode(description, type=FirstHall)
    except msgspec.DecodeError as error:
        raise InputError("hall_description", detail=str(error)) from None
    with new_store(url) as store:
        for row in first.rows:
            columns = store.columns.get(row.table)
            if columns is None or not row.body.keys() <= set(columns.names):
                raise InputError("hall_description", detail=f"{row.table} {row.id}: no such table or column")
            if row.scope not in first.scopes:
                raise InputError("hall_description", detail=f"{row.table} {row.id}: scope {row.scope} is not listed")
        verifiers = first.verifiers | {staff: hash_pin(pin) for staff, pin in first.pins.items()}
        rows = [SeedRow(row.table, row.id, row.scope, row.body) for row in first.rows]
        seed(store, first.scopes, rows, verifiers, SystemClock().now() if first.at is None else first.at)
    return len(rows)
