"""The overlay: pending operations previewed, by the rules, on top of the server's rows.

    refold = restore every shadowed row → clear the shadows → preview every pending operation again, in order of n

A preview is total: an operation that no longer applies is passed over and marked at risk until the server speaks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.calendar import Calendar
from sync.errors import InputError
from sync.protocol.operation import Args, Envelope, Operation, decode
from sync.records.columns import Columns
from sync.replica.rows import LocalRows, keep_shadow, put_row, read_row, restore
from sync.rules import rule as rules
from sync.rules.facts import Facts
from sync.rules.outcome import Change, Conflict, Effects, Outcome, Refusal, UnknownRow

PENDING = """SELECT n, kind, id, scope, args, "by", session, said_at, boot, boot_at, after FROM outbox
WHERE seen = 0 ORDER BY n"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every preview needs: read once a fold."""

    device: str
    held: frozenset[str]
    calendar: Calendar
    settings: Mapping[str, Any]

    @classmethod
    def read(cls, connection: sqlite3.Connection, device: str) -> Surroundings:
        """From the replica's own rows."""
        held = frozenset(scope for (scope,) in connection.execute("SELECT scope FROM cursor"))
        settings = {
            id: msgspec.json.decode(value)["value"] for id, value in connection.execute("SELECT id, value FROM setting")
        }
        days = [
            {"day": day, "working": bool(working), "name": name}
            for day, working, name in connection.execute("SELECT id, working, name FROM calendar_day ORDER BY id")
        ]
        return cls(device, held, Calendar.standard().with_imported(days), settings)


@dataclass(frozen=True, slots=True)
class Preview:
    """What the rule said here; `outcome` is None where only the server can say. `stands_on` as in sync.md, *Rules*."""

    outcome: Outcome | None
    stands_on: int | None = None


def envelope_of(row: tuple[Any, ...]) -> Envelope:
    """An outbox row as it travels."""
    n, kind, id, scope, args, by, session, said_at, boot, boot_at, after = row
    return Envelope(
        n=n,
        kind=kind,
        id=id,
        scope=scope,
        args=msgspec.Raw(args.encode()),
        by=by,
        session=session,
        said_at=said_at,
        boot=boot,
        boot_at=boot_at,
        after=after,
    )


def preview(
    connection: sqlite3.Connection, columns: Mapping[str, Columns], around: Surroundings, op: Operation[Args]
) -> Preview:
    """Decide by the rules on the rows that are here; writes nothing."""
    rule = rules.RULES.get(op.kind)
    if rule is None or rule.exclusive or op.scope not in around.held:
        return Preview(None)
    rows = LocalRows(connection, columns, around.held, rule.reads(op), op.scope)
    facts = Facts(
        now=op.said_at,
        received=op.said_at,
        actor=op.by,
        roles=_roles(connection, op),
        device=around.device,
        authority=False,
        calendar=around.calendar,
        rows=rows,
        settings=around.settings,
    )
    try:
        return Preview(rules.decide(op, facts), rows.stands_on)
    except UnknownRow:
        return Preview(None, rows.stands_on)


def _roles(connection: sqlite3.Connection, op: Operation[Args]) -> frozenset[str]:
    found = connection.execute("SELECT role FROM role_assignment WHERE staff = ? AND over = ?", (op.by, op.scope))
    return frozenset(role for (role,) in found)


def lay(
    connection: sqlite3.Connection,
    columns: Mapping[str, Columns],
    around: Surroundings,
    op: Operation[Args],
    outcome: Outcome | None,
) -> None:
    """Write a preview's effects over the rows held here; anything but effects marks the operation at risk."""
    if isinstance(outcome, Effects):
        for change in outcome.changes:
            if (change.scope or op.scope) in around.held:
                _lay(connection, columns[change.table], change, change.scope or op.scope, op.n)
    risk = None
    if isinstance(outcome, Refusal):
        risk = outcome.code
    elif isinstance(outcome, Conflict):
        risk = "conflict"
    connection.execute("UPDATE outbox SET risk = ? WHERE n = ?", (risk, op.n))


def _lay(connection: sqlite3.Connection, columns: Columns, change: Change, scope: str, n: int) -> None:
    old = read_row(connection, columns, change.id)
    keep_shadow(connection, columns, change.id, scope, n)
    if change.set is None:
        put_row(connection, columns, change.id, scope, 0, None)
    else:
        body = columns.image(None if old is None else old.body, change.set)
        put_row(connection, columns, change.id, scope, 0 if old is None else old.v, body)


def refold(connection: sqlite3.Connection, columns: Mapping[str, Columns], device: str) -> None:
    """The overlay anew."""
    restore(connection, columns)
    pending = connection.execute(PENDING).fetchall()
    if not pending:
        return
    around = Surroundings.read(connection, device)
    for row in pending:
        try:
            op = decode(envelope_of(row), device)
        except InputError:
            continue
        lay(connection, columns, around, op, preview(connection, columns, around, op).outcome)
