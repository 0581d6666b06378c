"""Effects become rows: images, log rows chained to their scope's head, what falls due. Gathered, then written at once.

Page          what one group will write
Page.apply    one operation's effects → images in the working set, log rows, heads
Page.flush    one statement a table, the heads last
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from server_stub.apply.working import View, WorkingSet
from server_stub.central.statements import RecordStatements, by_keys, insert, insert_missing, update
from server_stub.central.store import Tx
from sync.protocol.chain import digest, encode_body, link
from sync.protocol.identifiers import derived
from sync.protocol.operation import NAME_LENGTH, is_name
from sync.records.columns import Columns
from sync.rules.facts import Row
from sync.rules.outcome import Due, Effects, Refused

_LOG = insert("log", ("scope", "seq", "table", "id", "v", "device", "n", "by", "at", "body", "digest", "hash"))
_DUE = insert_missing("due", ("id", "at", "kind", "record", "scope", "args"))
_LOCKED = by_keys("head", ("scope",), ("scope", "seq", "hash"))
_HEADS = update("head", ("seq", "hash"), "scope")
_FOLLOW = "UPDATE due SET scope = ? WHERE record = ? AND scope = ?"


class Merged(msgspec.Struct, frozen=True):
    """All that one operation does to one record."""

    scope: str
    set: Mapping[str, Any] | None
    to: str | None


async def locked_heads(tx: Tx, scopes: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Where these scopes stand; their heads are locked in the order of their names."""
    found = await tx.fetch_keys(_LOCKED, sorted({(scope,) for scope in scopes}), lock=True)
    return {scope: (seq, hashed) for scope, seq, hashed in found}


class Page:
    """The rows that a group of operations will write, on top of the heads it locked."""

    def __init__(self, heads: dict[str, tuple[int, str]], rows: WorkingSet, columns: Mapping[str, Columns]) -> None:
        self.heads = heads
        self.moved: set[str] = set()
        self._rows = rows
        self._columns = columns
        self._log: list[tuple[Any, ...]] = []
        self._due: list[tuple[Any, ...]] = []
        self._left: list[tuple[str, str, str]] = []  # (to, record, from): what falls due on it goes along
        self._touched: dict[str, set[str]] = defaultdict(set)

    async def apply(
        self, effects: Effects, view: View, *, scope: str, device: str, n: int, by: str, at: int
    ) -> dict[str, int]:
        """Turn one operation's effects into images and log rows; answers the last seq in each scope.

        Nothing is kept unless every change is possible: raises Refused `exists` where a record that the operation did
        not look at is there already, `bad_value` for an id that is none, `wrong_scope` where one lies in another scope
        than the change says, `unknown_scope`; ValueError for a value that no column holds.
        """
        merged = self._merged(effects, scope)
        for table, id in merged:
            if id not in self._rows.rows[table]:
                await self._rows.find(table, id)
        images = [self._image(view, table, id, each) for (table, id), each in merged.items()]
        due = [self._due_row(due, scope) for due in effects.due]
        touched = set()
        for (table, row, encoded), each in zip(images, merged.values(), strict=True):
            if each.to is not None:  # it leaves its scope, and is there in the other
                self._left.append((each.to, row.id, each.scope))
                self._log_row(table, Row(row.id, each.scope, row.v, {}), None, device=device, n=n, by=by, at=at)
            self._log_row(table, row, encoded, device=device, n=n, by=by, at=at)
            touched |= {each.scope, row.scope}
        self._due += due
        return {scope: self.heads[scope][0] for scope in touched}

    def _merged(self, effects: Effects, scope: str) -> dict[tuple[str, str], Merged]:
        merged: dict[tuple[str, str], Merged] = {}
        for change in effects.changes:
            within, to, after = change.scope or scope, change.to, change.set
            for named in (within, to or within):
                if named not in self.heads:
                    raise Refused("unknown_scope", scope=named)
            before = merged.get((change.table, change.id))
            if before is not None:
                to = to or before.to
                after = None if after is None else {**(before.set or {}), **after}
            merged[change.table, change.id] = Merged(within, after, to)
        return merged

    def _image(self, view: View, table: str, id: str, change: Merged) -> tuple[str, Row, bytes | None]:
        """The table, the row as it will be and its body as it is stored; None deletes."""
        scope, changed = change.scope, change.set
        old = self._rows.rows[table][id]
        if old is not None and not view.covers(table, id):
            raise Refused("exists", table=table, id=id)
        if old is None and not is_name(id, 2 * NAME_LENGTH):  # some are made of two: a case's and a field's
            raise Refused("bad_value", field="id")
        if old is not None and old.scope != scope:
            raise Refused("wrong_scope", table=table, id=id)
        v = 1 if old is None else old.v + 1
        if changed is None:
            return table, Row(id, scope, v, {}), None
        body = self._columns[table].image(None if old is None else old.body, changed)
        return table, Row(id, change.to or scope, v, body), encode_body(body)

    def _log_row(self, table: str, row: Row, encoded: bytes | None, *, device: str, n: int, by: str, at: int) -> None:
        if encoded is None:
            self._rows.remove(table, row.id)
        else:
            self._rows.put(table, row)
        self._touched[table].add(row.id)
        seq, previous = self.heads[row.scope]
        seq += 1
        summed = digest(encoded)
        hashed = link(
            previous, seq=seq, table=table, id=row.id, v=row.v, device=device, n=n, by=by, at=at, digest=summed
        )
        self.heads[row.scope] = (seq, hashed)
        self.moved.add(row.scope)
        self._log.append((row.scope, seq, table, row.id, row.v, device, n, by, at, encoded, summed, hashed))

    @staticmethod
    def _due_row(due: Due, scope: str) -> tuple[Any, ...]:
        args = msgspec.json.encode(due.args, order="sorted").decode()
        return (derived(due.kind, due.id, due.at, args), due.at, due.kind, due.id, due.scope or scope, args)

    async def flush(self, tx: Tx, records: Mapping[str, RecordStatements]) -> None:
        """Write everything; the heads last, in the same transaction."""
        for table, ids in self._touched.items():
            columns, rows, statements = self._columns[table], self._rows.rows[table], records[table]
            kept = [row for id in ids if (row := rows[id]) is not None]
            kept.sort(key=lambda row: -row.v)  # what was there first: it may free the place that a new row takes
            await tx.bulk(statements.delete, [(id,) for id in ids if rows[id] is None])
            await tx.bulk(statements.upsert, [columns.params(r.id, r.scope, r.v, r.body) for r in kept])
        await tx.bulk(_LOG, self._log)
        await tx.bulk(_DUE, self._due)
        for moved in self._left:
            await tx.execute(_FOLLOW, moved)
        await tx.bulk(_HEADS, [(*self.heads[scope], scope) for scope in self.moved])
