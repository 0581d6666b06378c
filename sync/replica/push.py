"""Outbox → server: the lowest operations without a result go out; their answers settle them, in one transaction.

next_batch    read, and sent from here on: none of them can be withdrawn any more
settle        how they ended
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from sync.clock import Clock
from sync.protocol.messages import ACCEPTED, CONFLICT, PUSH_BYTES, PUSH_OPERATIONS, RETRY, Message, Pushed, Result
from sync.protocol.operation import Envelope
from sync.replica.fold import envelope_of, refold
from sync.replica.store import ReplicaStore

_NEW = """SELECT n, kind, id, scope, args, "by", session, said_at, boot, boot_at, after, told FROM outbox
WHERE state = 'new' AND n > ? ORDER BY n LIMIT ?"""
_REFUSED = """INSERT INTO refusal SELECT n, kind, id, scope, args, "by", said_at, ?, ?, ?, 0 FROM outbox WHERE n = ?"""
_KEEP = """INSERT INTO kept
SELECT n, kind, id, scope, args, "by", session, said_at, boot, boot_at, after, ?, ? FROM outbox WHERE n = ?"""
KEEP_ACCEPTED = """INSERT INTO kept
SELECT n, kind, id, scope, args, "by", session, said_at, boot, boot_at, after, seqs, told FROM outbox
WHERE scope = ? AND state = 'accepted'"""
_ACCEPTED = "SELECT n, seqs, seen, told FROM outbox WHERE state = 'accepted'"
ROOM = PUSH_BYTES - 4096
_encode = msgspec.json.encode


class Outgoing(Message, kw_only=True, omit_defaults=True):
    """A Push whose operations are encoded already."""

    device: str
    boot: str
    boot_now: int
    ops: msgspec.Raw
    epoch: str | None = None
    answered: int = 0
    follows: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """The operations of one push, encoded."""

    ns: list[int]
    ops: msgspec.Raw

    def said(self, store: ReplicaStore, clock: Clock, follows: int = 0) -> Outgoing:
        """The request, as of now; `follows` is the last n of the push before it, where that one is not answered yet.
        It says the highest n that was answered: the server's memory is judged by it."""
        boot, boot_now = clock.boot()
        return Outgoing(
            device=store.device,
            boot=boot,
            boot_now=boot_now,
            ops=self.ops,
            epoch=store.noted("epoch"),
            answered=int(store.noted("answered") or 0),
            follows=follows,
        )


NOTHING = Batch([], msgspec.Raw(b"[]"))


def next_push(store: ReplicaStore, clock: Clock, limit: int = PUSH_OPERATIONS) -> Outgoing | None:
    """The next request, within the limits of the wire; None: there is nothing to say."""
    batch = next_batch(store, limit)
    return None if batch is None else batch.said(store, clock)


def next_batch(store: ReplicaStore, limit: int, beyond: int = 0) -> Batch | None:
    """What goes out now, and cannot be withdrawn any more; None where nothing waits. `beyond` the last n of a push that
    is under way, only as much as one request holds: less may still grow."""
    ops: list[Envelope] = []
    size, whole = 0, not beyond
    with store.lock:  # an operation is withdrawn, or it goes out
        for row in store.read(_NEW, (beyond, limit)):
            size += len(row["args"].encode()) + 512
            if ops and size > ROOM:
                whole = True
                break
            ops.append(envelope_of(tuple(row)))
        if not ops or not (whole or len(ops) == limit):
            return None
        ns = [op.n for op in ops]
        store.unsent.difference_update(ns)
    return Batch(ns, msgspec.Raw(_encode(ops)))


def settle(store: ReplicaStore, pushed: Pushed) -> list[Result]:
    """Take the answers in; answers those that ended. A `retry` leaves its operation where it is."""
    ended = [result for result in pushed.results if result.status != RETRY]
    if not ended:
        return []
    with store.write() as connection:
        _settle(connection, ended)
        _answered(connection, max(result.n for result in ended))
        cursors = _cursors(connection)  # mostly nothing has come back yet: the pull comes after
        back = [result.n for result in ended if result.status == ACCEPTED and _is_back(result.seqs, cursors)]
        left = bool(back) and sweep(connection, back)
        if left or any(result.status != ACCEPTED for result in ended):
            refold(connection, store.columns, store.device)
    return ended


def _settle(connection: sqlite3.Connection, ended: Sequence[Result]) -> None:
    """Accepted, one stays in the overlay until its effects come back; else it leaves it with its answer."""
    told = [(_encode(result.seqs).decode(), _encode(result.params).decode(), result.n) for result in ended]
    connection.executemany(
        "UPDATE outbox SET state = 'accepted', seqs = ?, told = ? WHERE n = ?",
        [row for row, result in zip(told, ended, strict=True) if result.status == ACCEPTED],
    )
    for row, result in zip(told, ended, strict=True):
        if result.status == CONFLICT:  # both values became a record: lost with the centre, it is to come again
            connection.execute(_KEEP, row)
        if result.status != ACCEPTED:
            connection.execute(_REFUSED, (result.status, result.code, row[1], result.n))
            connection.execute("DELETE FROM outbox WHERE n = ?", (result.n,))


def sweep(connection: sqlite3.Connection, among: Sequence[int] | None = None) -> bool:
    """Put aside accepted operations (of these) whose effects have come back in every scope held here that they touched;
    whether one of them was still in the overlay."""
    known = "" if among is None else " AND n IN (SELECT value FROM json_each(?))"
    params = () if among is None else (msgspec.json.encode(among).decode(),)
    cursors = _cursors(connection)
    done = [
        (n, seen, seqs, told)
        for n, seqs, seen, told in connection.execute(_ACCEPTED + known, params)
        if _is_back(msgspec.json.decode(seqs), cursors)
    ]
    connection.executemany(_KEEP, [(seqs, told, n) for n, _, seqs, told in done])
    connection.executemany("DELETE FROM outbox WHERE n = ?", [(n,) for n, *_ in done])
    return any(not seen for _, seen, *_ in done)


def _cursors(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT scope, seq FROM cursor").fetchall())


def _is_back(seqs: Mapping[str, int], cursors: Mapping[str, int]) -> bool:
    """Whether what an operation wrote has come back in every scope that is held here."""
    return all(cursors.get(scope, seq) >= seq for scope, seq in seqs.items())


def _answered(connection: sqlite3.Connection, n: int) -> None:
    """The highest n that was ever answered."""
    connection.execute(
        "INSERT INTO meta VALUES ('answered', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        " WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)",
        (str(n),),
    )
