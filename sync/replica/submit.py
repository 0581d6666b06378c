"""A person's step: previewed and put into the outbox in one transaction, so that it is either both or neither."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from sync.clock import Clock
from sync.errors import InputError
from sync.protocol.operation import Args, Operation, check_texts, kind_of
from sync.replica.fold import Surroundings, lay, preview, refold
from sync.replica.store import ReplicaStore
from sync.rules import rule as rules
from sync.rules.outcome import Refusal, Refused

_OUTBOX = "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', '{}', 0, NULL, NULL)"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who pressed the key."""

    staff: str
    session: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """The operation is in the outbox and on disk."""

    n: int
    kind: str = ""


Taking = Callable[[sqlite3.Connection], Args | Refusal]
"""Makes the arguments inside the operation's own transaction, from what this device holds: a lease, a reserved number.
Either both are written or neither: what it takes is gone exactly when the operation is in the outbox."""


def submit(
    store: ReplicaStore, clock: Clock, actor: Actor, args: Args | Taking, *, id: str, scope: str
) -> Submitted | Refusal:
    """Put an operation into the outbox; a refusal that the rule is sure of already here queues nothing.

    Raises StoreError, and InputError `not_text` for a text that UTF-8 cannot write, half a surrogate pair; then
    nothing was written.
    """
    try:
        with store.write() as connection:
            taken = args if isinstance(args, Args) else args(connection)
            if isinstance(taken, Refusal):
                raise Refused(taken.code, **taken.params)
            n = _submit(store, connection, clock, actor, taken, id=id, scope=scope)
    except Refused as refused:  # with it goes what was taken
        return refused.refusal
    return Submitted(n, kind_of(taken))


def _submit(
    store: ReplicaStore, connection: sqlite3.Connection, clock: Clock, actor: Actor, args: Args, *, id: str, scope: str
) -> int:
    try:
        said = msgspec.json.encode(args).decode()
    except UnicodeEncodeError:
        raise InputError("not_text", kind=kind_of(args)) from None
    try:
        check_texts(kind_of(args), said.encode())
    except InputError as error:  # the centre would refuse it: said now, while it stands on the screen
        raise Refused(error.code, **error.params) from None
    n = int(connection.execute("SELECT value FROM meta WHERE name = 'last_n'").fetchone()[0]) + 1
    boot, boot_at = clock.boot()
    op = Operation(
        n=n,
        kind=kind_of(args),
        id=id,
        scope=scope,
        args=args,
        by=actor.staff,
        session=actor.session,
        device=store.device,
        said_at=clock.now(),
    )
    around = Surroundings.read(connection, store.device)
    seen = preview(connection, store.columns, around, op)
    if isinstance(seen.outcome, Refusal):
        raise Refused(seen.outcome.code, **seen.outcome.params)  # nothing was written
    guard = rules.RULES[op.kind].style == rules.GUARD
    _insert(connection, op, said, boot, boot_at, seen.stands_on if guard else None)
    lay(connection, store.columns, op, seen)
    store.unsent.add(n)
    return n


def withdraw(store: ReplicaStore, n: int) -> bool:
    """Take back an operation that no request has carried and nothing stands on; False where it is too late."""
    with store.write() as connection:  # under the lock that next_push takes: not sent, and never will be
        stood_on = connection.execute("SELECT 1 FROM outbox WHERE after = ?", (n,)).fetchone()
        if n not in store.unsent or stood_on:
            return False
        store.unsent.discard(n)
        connection.execute("DELETE FROM outbox WHERE n = ?", (n,))
        refold(connection, store.columns, store.device)
    return True


def _insert(
    connection: sqlite3.Connection, op: Operation[Args], said: str, boot: str, boot_at: int, after: int | None
) -> None:
    connection.execute(
        _OUTBOX, (op.n, op.kind, op.id, op.scope, said, op.by, op.session, op.said_at, boot, boot_at, after)
    )
    connection.execute("UPDATE meta SET value = ? WHERE name = 'last_n'", (str(op.n),))
