"""The centre was restored from a backup: this copy has seen more than it knows.

    begin_again   scopes whose history is another one are emptied and asked for from the beginning: what others did
                  there and the centre has forgotten goes with them
                  operations of this device that the centre has forgotten are pending again, under their own numbers,
                  with what it had answered; what was pending stays so, behind them
    forget        a backup holds them now: accepted operations need not be kept any longer

All in one transaction; what is asked for comes with the next pulls. Leases of tickets end at once, and so do blocks of
numbers, since the centre may not know that it gave them.
"""

from __future__ import annotations

import sqlite3

import msgspec

from sync.protocol.chain import GENESIS, link
from sync.protocol.messages import Pulled, Restored, Saved, ScopePage
from sync.replica.fold import refold
from sync.replica.rows import restore
from sync.replica.snapshot import give_up
from sync.replica.store import ReplicaStore
from sync.replica.withdrawal import withdraw

_AGAIN = """INSERT INTO outbox
SELECT n, kind, id, scope, args, "by", session, said_at, boot, boot_at, after, 'new', '{}', 0, NULL, told FROM kept
WHERE n >= ?"""
_META = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


def begin_again(store: ReplicaStore, pulled: Pulled) -> set[str]:
    """Take in that the history is another one; rows of the answer are not taken, they come with the next."""
    restored = pulled.restored
    assert restored is not None
    with store.write() as connection:
        restore(connection, store.columns)
        knew = connection.execute("SELECT 1 FROM cursor WHERE seq > 0").fetchone() is not None
        for scope, seq, hashed in connection.execute("SELECT scope, seq, hash FROM cursor").fetchall():
            page = pulled.scopes.get(scope)
            if page is not None and not _goes_on(page, seq, hashed):
                for table in store.columns.values():
                    connection.execute(table.delete_scope, (scope,))
                give_up(connection, scope)
                connection.execute("UPDATE cursor SET seq = 0, hash = ? WHERE scope = ?", (GENESIS, scope))
        offered = _offer_again(connection, restored)
        for scope in pulled.drop:  # not one round longer, whatever the history
            withdraw(connection, store.columns, scope)
        connection.execute("DELETE FROM lease")
        connection.execute("UPDATE block SET until = 0")
        told = {"at": restored.at, "offered": offered}
        connection.execute(_META, ("epoch", restored.epoch))
        if knew:
            connection.execute(_META, ("restored", msgspec.json.encode(told).decode()))
        refold(connection, store.columns, store.device)
    return {"*", "outbox", "refusal", "restored"} if knew else {"*"}


def _goes_on(page: ScopePage, seq: int, hashed: str) -> bool:
    """Whether the centre's history of a scope is the one that is known here, so far."""
    if page.from_ != seq:
        return False
    if not page.rows:
        return (page.head.seq, page.head.hash) == (seq, hashed)
    row = page.rows[0]
    told = {"table": row.table, "id": row.id, "v": row.v, "device": row.op.device, "n": row.op.n}
    computed = link(hashed, seq=row.seq, by=row.by, at=row.at, digest=row.digest, **told)  # type: ignore[arg-type]
    return computed == row.hash


def _offer_again(connection: sqlite3.Connection, restored: Restored) -> int:
    """Operations that the centre has forgotten wait to be sent; how many had been accepted."""
    expect = restored.expect
    connection.execute(
        "UPDATE outbox SET seen = 0, told = coalesce(told, CASE WHEN seen THEN '{}' END), state = 'new', seqs = '{}'"
        " WHERE n >= ?",
        (expect,),
    )
    connection.execute(_AGAIN, (expect,))
    connection.execute(
        "DELETE FROM refusal WHERE status = 'conflict' AND n IN (SELECT n FROM kept WHERE n >= ?)", (expect,)
    )
    connection.execute("DELETE FROM kept WHERE n >= ?", (expect,))
    connection.execute(
        "UPDATE meta SET value = ? WHERE name = 'answered' AND CAST(value AS INTEGER) >= ?",
        (str(expect - 1), expect),
    )
    [offered] = connection.execute(
        "SELECT count(*) FROM outbox WHERE told IS NOT NULL AND n >= ?", (expect,)
    ).fetchone()
    return int(offered)


def forget(connection: sqlite3.Connection, saved: Saved) -> None:
    """What a backup holds: the rows of an operation are in it together, so one of them tells. One that changed nothing
    has none to tell by: it is held where a later one of this device is."""
    kept = connection.execute("SELECT n, seqs FROM kept").fetchall()
    told = [(n, msgspec.json.decode(seqs)) for n, seqs in kept]
    held = {n for n, seqs in told if any(seq <= saved.seqs.get(scope, 0) for scope, seq in seqs.items())}
    last = max(held, default=0)
    gone = [(n,) for n, seqs in told if n in held or (not seqs and n < last)]
    connection.executemany("DELETE FROM kept WHERE n = ?", gone)
    connection.execute(_META, ("saved", str(saved.at)))
