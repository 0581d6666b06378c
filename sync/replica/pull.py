"""Server → rows: a pulled answer is verified against the hash chain and taken in as one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from sync.errors import ChainBroken
from sync.protocol.chain import GENESIS, digest, link
from sync.protocol.messages import LogRow, Pulled, ScopePage
from sync.records.columns import Columns
from sync.replica import merged
from sync.replica.fold import refold
from sync.replica.push import sweep
from sync.replica.reshape import rebuild
from sync.replica.restored import begin_again, forget
from sync.replica.rows import put_image
from sync.replica.store import ReplicaStore
from sync.replica.withdrawal import withdraw

NULL = b"null"


def cursors(store: ReplicaStore) -> str:
    """What is held, as the parameter `c` of a pull."""
    return ",".join(
        f"{row['scope']}.{row['seq']}" for row in store.read("SELECT scope, seq FROM cursor ORDER BY scope")
    )


def follows(pulled: Pulled) -> bool:
    """Whether there is more to ask for."""
    return anew(pulled) or bool(pulled.missing) or any(page.more for page in pulled.scopes.values())


def anew(pulled: Pulled) -> bool:
    """Whether everything is asked for anew once the answer is taken in."""
    return pulled.restored is not None or pulled.shapes is not None


def after(held: str, pulled: Pulled) -> str:
    """What will be held once an answer to `held` is taken in: what the next question may already say."""
    known = {scope: seq for scope, _, seq in (cursor.rpartition(".") for cursor in held.split(",") if cursor)}
    known |= {scope: str(page.to) for scope, page in pulled.scopes.items() if scope in known}
    known |= dict.fromkeys(pulled.missing, "0")
    return ",".join(f"{scope}.{known[scope]}" for scope in sorted(known.keys() - set(pulled.drop)))


def take(store: ReplicaStore, pulled: Pulled) -> set[str]:
    """Take a pull in; answers the tables that changed, "outbox" where operations of this device came back, "*" where a
    scope was withdrawn. Raises ChainBroken, and then nothing of it was taken."""
    if pulled.restored is not None:
        return begin_again(store, pulled)
    if pulled.shapes is not None:
        return rebuild(store, pulled.shapes)
    changed: set[str] = set()
    for scope, page in pulled.scopes.items():
        _check_head(store, scope, page)
    moved = {scope: page for scope, page in pulled.scopes.items() if page.rows}
    if not (moved or pulled.drop or pulled.missing or pulled.saved):
        return changed
    with store.write(lasting=False) as connection:
        met = merged.met(connection, moved.values(), store.device)
        for scope, page in moved.items():
            changed |= _take_page(connection, store, scope, page)
        for scope in pulled.drop:
            withdraw(connection, store.columns, scope)
            changed.add("*")
        for scope in pulled.missing:
            connection.execute("INSERT OR IGNORE INTO cursor VALUES (?, 0, ?)", (scope, GENESIS))
        sweep(connection)
        if pulled.saved is not None:
            forget(connection, pulled.saved)
        refold(connection, store.columns, store.device)
        if met:
            merged.count(connection, met, pulled.now)
    return changed


def _check_head(store: ReplicaStore, scope: str, page: ScopePage) -> None:
    """Raises ChainBroken `chain_behind` where the centre is not as far as this copy, or elsewhere: another history."""
    found = store.read("SELECT seq, hash FROM cursor WHERE scope = ?", (scope,))
    if not found or found[0]["seq"] != page.from_:
        return
    seq, hashed = found[0]
    if page.head.seq < seq or (page.head.seq == seq and page.head.hash != hashed):
        raise ChainBroken("chain_behind", scope=scope, seq=page.head.seq)


def _take_page(connection: sqlite3.Connection, store: ReplicaStore, scope: str, page: ScopePage) -> set[str]:
    held = connection.execute("SELECT seq, hash FROM cursor WHERE scope = ?", (scope,)).fetchone()
    if held is None or held[0] != page.from_:
        return set()  # an answer to an older question: the next pull asks again
    seq, hashed = held
    changed = {row.table for row in page.rows}
    shadowed = set(connection.execute('SELECT "table", id FROM shadow').fetchall())
    last: dict[str, dict[str, list[Any] | None]] = {table: {} for table in changed if table in store.columns}
    for row in page.rows:
        body = bytes(row.body)
        gone = body == NULL
        hashed = _verified(scope, seq, hashed, row, None if gone else body)
        seq = row.seq
        columns = store.columns.get(row.table)
        if columns is not None:
            try:
                if (row.table, row.id) in shadowed:
                    image = msgspec.json.decode(body, type=dict[str, Any] | None)
                    put_image(connection, columns, row.id, scope, row.v, image)
                else:
                    last[row.table][row.id] = None if gone else columns.image_params(row.id, scope, row.v, body)
            except (msgspec.DecodeError, UnicodeDecodeError, OverflowError):  # chained, and yet no row
                raise ChainBroken("chain_body", scope=scope, seq=row.seq) from None
        if row.op.device == store.device:
            changed.add("outbox")
            connection.execute("UPDATE outbox SET seen = 1 WHERE n = ?", (row.op.n,))
    if seq == page.head.seq and hashed != page.head.hash:
        raise ChainBroken("chain_head", scope=scope, seq=seq)
    try:
        _put_all(connection, store.columns, scope, last)
    except OverflowError:  # no centre of ours
        raise ChainBroken("chain_body", scope=scope, seq=seq) from None
    connection.execute("UPDATE cursor SET seq = ?, hash = ? WHERE scope = ?", (seq, hashed, scope))
    return changed


def _put_all(
    connection: sqlite3.Connection,
    columns: Mapping[str, Columns],
    scope: str,
    last: Mapping[str, Mapping[str, list[Any] | None]],
) -> None:
    """The last image that a page has of each row, one statement a table.

    A record that was moved is deleted in one scope and made in another, and scopes are pulled each by itself: what has
    come here from another scope is not deleted, and the newer image counts.
    """
    for table, rows in last.items():
        connection.executemany(columns[table].take, [values for values in rows.values() if values is not None])
        connection.executemany(columns[table].delete_in, [(id, scope) for id, values in rows.items() if values is None])


def _verified(scope: str, seq: int, previous: str, row: LogRow, body: bytes | None) -> str:
    """The row's hash; raises ChainBroken where it does not follow, or its body is not what was chained."""
    if row.seq != seq + 1:
        raise ChainBroken("chain_gap", scope=scope, seq=row.seq)
    summed, op = row.digest, row.op
    if digest(body) != summed:
        raise ChainBroken("chain_body", scope=scope, seq=row.seq)
    at, by, id, v = row.at, row.by, row.id, row.v
    hashed = link(
        previous, seq=row.seq, table=row.table, id=id, v=v, device=op.device, n=op.n, by=by, at=at, digest=summed
    )
    if hashed != row.hash:
        raise ChainBroken("chain_hash", scope=scope, seq=row.seq)
    return hashed
