"""Effects become rows: images, log rows chained to their scope's head, what falls due. Gathered, then written at once.

Page          what one group will write
Page.apply    one operation's effects → images in the working set, log rows, heads
Page.flush    one statement a table, the heads last
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from server_stub.apply.working import View, WorkingSet
from server_stub.central.statements import RecordStatements, by_keys, insert, insert_missing, update
from server_stub.central.store import Part, Tx
from sync.protocol.chain import digest, encode_body, link
from sync.protocol.identifiers import derived
from sync.protocol.operation import NAME_LENGTH, is_name
from sync.records.columns import Columns
from sync.rules.facts import Row
from sync.rules.outcome import Change, Due, Effects, Refused

_LOG = insert("log", ("scope", "seq", "table", "id", "v", "device", "n", "by", "at", "body", "digest", "hash"))
_DUE = insert_missing("due", ("id", "at", "kind", "record", "scope", "args"))
_LOCKED = by_keys("head", ("scope",), ("scope", "seq", "hash"))
_HEADS = update("head", ("seq", "hash"), "scope")
_FOLLOW = "UPDATE due SET scope = ? WHERE record = ? AND scope = ?"


class Said(msgspec.Struct, frozen=True):
    """Whose operation it is, of which device, and its time: what every row of the log tells."""

    device: str
    n: int
    by: str
    at: int


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

    async def apply(self, effects: Effects, view: View, scope: str, said: Said) -> dict[str, int]:
        """Turn one operation's effects into images and log rows; answers the last seq in each scope.

        Nothing is kept unless every change is possible: raises Refused `exists` where a record that the operation did
        not look at is there already, `bad_value` for an id that is none, `wrong_scope` where one lies in another scope
        than the change says, `unknown_scope`; ValueError for a value that no column holds.
        """
        changes = effects.changes if len(effects.changes) == 1 else _merged(effects.changes)
        images = []
        for change in changes:
            within = change.scope or scope
            for named in (within, change.to or within):
                if named not in self.heads:
                    raise Refused("unknown_scope", scope=named)
            if change.id not in self._rows.rows[change.table]:
                await self._rows.find(change.table, change.id)
            images.append(self._image(view, change, within))
        due = [self._due_row(due, scope) for due in effects.due]
        seqs: dict[str, int] = {}
        for change, (row, encoded) in zip(changes, images, strict=True):
            within = change.scope or scope
            if change.to is not None:  # it leaves its scope, and is there in the other
                self._left.append((change.to, row.id, within))
                seqs[within] = self._log_row(change.table, Row(row.id, within, row.v, {}), None, said)
            seqs[row.scope] = self._log_row(change.table, row, encoded, said)
        self._due += due
        return seqs

    def _image(self, view: View, change: Change, scope: str) -> tuple[Row, bytes | None]:
        """The row as it will be and its body as it is stored; None deletes."""
        table, id, changed = change.table, change.id, change.set
        old = self._rows.rows[table][id]
        if old is not None and not view.covers(table, id):
            raise Refused("exists", table=table, id=id)
        if old is None and not is_name(id, 2 * NAME_LENGTH):  # some are made of two: a case's and a field's
            raise Refused("bad_value", field="id")
        if old is not None and old.scope != scope:
            raise Refused("wrong_scope", table=table, id=id)
        v = 1 if old is None else old.v + 1
        if changed is None:
            return Row(id, scope, v, {}), None
        body = self._columns[table].image(None if old is None else old.body, changed)
        return Row(id, change.to or scope, v, body), encode_body(body)

    def _log_row(self, table: str, row: Row, encoded: bytes | None, said: Said) -> int:
        """One more row of the log, and of the working set; its seq."""
        if encoded is None:
            self._rows.remove(table, row.id)
        else:
            self._rows.put(table, row)
        self._touched[table].add(row.id)
        scope, id, v, device, n, by, at = row.scope, row.id, row.v, said.device, said.n, said.by, said.at
        seq, previous = self.heads[scope]
        seq += 1
        summed = digest(encoded)
        hashed = link(previous, seq=seq, table=table, id=id, v=v, device=device, n=n, by=by, at=at, digest=summed)
        self.heads[scope] = (seq, hashed)
        self.moved.add(scope)
        self._log.append((scope, seq, table, id, v, device, n, by, at, encoded, summed, hashed))
        return seq

    @staticmethod
    def _due_row(due: Due, scope: str) -> tuple[Any, ...]:
        args = msgspec.json.encode(due.args, order="sorted").decode()
        return (derived(due.kind, due.id, due.at, args), due.at, due.kind, due.id, due.scope or scope, args)

    async def flush(self, tx: Tx, records: Mapping[str, RecordStatements], beside: Sequence[Part] = ()) -> None:
        """Write everything, and `beside` it what belongs to the same operations; the heads last."""
        parts: list[Part] = []
        for table, ids in self._touched.items():
            columns, rows, statements = self._columns[table], self._rows.rows[table], records[table]
            kept = [row for id in ids if (row := rows[id]) is not None]
            kept.sort(key=lambda row: -row.v)  # what was there first: it may free the place that a new row takes
            await tx.bulk(statements.delete, [(id,) for id in ids if rows[id] is None])
            parts.append((statements.upsert, [columns.params(r.id, r.scope, r.v, r.body) for r in kept]))
        heads = [(*self.heads[scope], scope) for scope in self.moved]
        await tx.bulks([*parts, (_LOG, self._log), (_DUE, self._due), *beside, (_HEADS, heads)])
        for moved in self._left:
            await tx.execute(_FOLLOW, moved)


def _merged(changes: Iterable[Change]) -> Sequence[Change]:
    """All that one operation does to a record, as one change of it."""
    merged: dict[tuple[str, str], Change] = {}
    for change in changes:
        before = merged.get((change.table, change.id))
        if before is not None:
            after = None if change.set is None else {**(before.set or {}), **change.set}
            change = Change(change.table, change.id, after, change.scope, change.to or before.to)
        merged[change.table, change.id] = change
    return list(merged.values())
