"""The overlay: pending operations previewed, by the rules, on top of the server's rows.

    refold = restore every shadowed row → clear the shadows → preview every pending operation again, in order of n

A preview is total: an operation that no longer applies is passed over and marked at risk until the server speaks; so is
one whose rule breaks on what is here, since a defect must not keep the replica from pulling.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.calendar import Calendar
from sync.errors import InputError
from sync.protocol.operation import Args, Envelope, Operation, decode
from sync.records.columns import Columns
from sync.replica import driver
from sync.replica.rows import LocalRows, keep_shadow, put_row, read_row, restore
from sync.rules import rule as rules
from sync.rules.facts import Facts, Row
from sync.rules.outcome import Conflict, Effects, Outcome, Refusal, UnknownRow

_log = logging.getLogger("sync")
PENDING = """SELECT n, kind, id, scope, args, "by", session, said_at, boot, boot_at, after, NULL FROM outbox
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
class Image:
    """A row as a preview makes it; a body of None deletes it."""

    table: str
    id: str
    scope: str
    v: int
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What the rule said here, and the rows it would make; `outcome` is None where only the server can say.

    `stands_on`: the newest pending operation that wrote a row which the rule read.
    """

    outcome: Outcome | None
    stands_on: int | None = None
    images: Sequence[Image] = ()


def envelope_of(row: tuple[Any, ...]) -> Envelope:
    """An outbox row as it travels."""
    n, kind, id, scope, args, by, session, said_at, boot, boot_at, after, told = row
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
        earlier=None if told is None else msgspec.json.decode(told),
    )


def preview(
    connection: sqlite3.Connection, columns: Mapping[str, Columns], around: Surroundings, op: Operation[Args]
) -> Preview:
    """Decide by the rules on the rows that are here; writes nothing."""
    rule = rules.RULES.get(op.kind)
    if rule is None or rule.exclusive or op.scope not in around.held:
        return Preview(None)
    rows = LocalRows(connection, columns, around.held, op.scope)
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
        rows.declare(rule.reads(op))
        outcome = rules.decide(op, facts)
        return Preview(outcome, rows.stands_on, _images(connection, columns, around, op, outcome))
    except UnknownRow:
        return Preview(None, rows.stands_on)
    except driver.errors():
        raise
    except Exception as error:
        _log.error("preview_failed", extra={"kind": op.kind, "error": type(error).__name__})
        return Preview(None, rows.stands_on)


def _roles(connection: sqlite3.Connection, op: Operation[Args]) -> frozenset[str]:
    found = connection.execute("SELECT role FROM role_assignment WHERE staff = ? AND over = ?", (op.by, op.scope))
    return frozenset(role for (role,) in found)


def _images(
    connection: sqlite3.Connection,
    columns: Mapping[str, Columns],
    around: Surroundings,
    op: Operation[Args],
    outcome: Outcome,
) -> list[Image]:
    """The rows after the effects, in the scopes held here."""
    images: dict[tuple[str, str], Image] = {}
    for change in outcome.changes if isinstance(outcome, Effects) else ():
        scope, key = change.scope or op.scope, (change.table, change.id)
        if scope not in around.held:
            continue
        table = columns[change.table]
        old: Row | Image | None = images.get(key) or read_row(connection, table, change.id)
        body = None if change.set is None else table.image(None if old is None else old.body, change.set)
        if change.to is not None and change.to not in around.held:
            body = None  # it leaves this copy
        images[key] = Image(change.table, change.id, change.to or scope, 0 if old is None else old.v, body)
    return list(images.values())


def lay(connection: sqlite3.Connection, columns: Mapping[str, Columns], op: Operation[Args], seen: Preview) -> None:
    """Write a preview over the rows held here; a rule that did not say yes marks the operation at risk."""
    for image in seen.images:
        table = columns[image.table]
        keep_shadow(connection, table, image.id, image.scope, op.n)
        put_row(connection, table, image.id, image.scope, image.v, image.body)
    risk = None
    if isinstance(seen.outcome, Refusal):
        risk = seen.outcome.code
    elif isinstance(seen.outcome, Conflict):
        risk = "conflict"
    connection.execute("UPDATE outbox SET risk = ? WHERE n = ? AND risk IS NOT ?", (risk, op.n, risk))


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
        lay(connection, columns, op, preview(connection, columns, around, op))
