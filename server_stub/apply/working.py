"""The rows a group of operations works on: loaded in one statement a table, then changed in memory.

WorkingSet    every row that the group reads or writes, as it stands after the operations decided so far
View          one operation's share of it: what its `reads` named, and nothing else

A rule that reads what its `reads` did not name finds UndeclaredRead: a defect that tests meet, not the hall.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from server_stub.apply.index import Index, Order, Where
from server_stub.central.statements import RecordStatements
from server_stub.central.store import Tx
from sync.records.columns import Columns
from sync.rules.facts import Key, Match, Read, Row

_id = attrgetter("id")


class UndeclaredRead(Exception):
    """A rule read what its `reads` did not name."""


class WorkingSet:
    """Rows by table and id; matches by an index kept for each set of columns asked for."""

    def __init__(self, tx: Tx, columns: Mapping[str, Columns], records: Mapping[str, RecordStatements]) -> None:
        self._tx = tx
        self._columns = columns
        self._records = records
        self.rows: dict[str, dict[str, Row | None]] = {name: {} for name in columns}
        self._indexes: dict[str, dict[tuple[str, ...], Index]] = {}
        self._matched: set[tuple[str, Where]] = set()

    async def load(self, reads: Iterable[Read]) -> None:
        """Fetch what is not here yet: one statement for the keys of a table, one for its matches of like columns."""
        keys: dict[str, dict[str, None]] = {}
        matches: dict[tuple[str, tuple[str, ...], tuple[str, ...]], dict[Where, None]] = {}
        for read in reads:
            if isinstance(read, Match):
                if (read.table, read.where) not in self._matched:
                    given = tuple(name for name, value in read.where if value is not None)
                    null = tuple(name for name, value in read.where if value is None)
                    matches.setdefault((read.table, given, null), {})[read.where] = None
            elif read.id is not None and read.id not in self.rows[read.table]:
                keys.setdefault(read.table, {})[read.id] = None
        for (table, given, null), wheres in matches.items():
            await self._match(table, given, null, list(wheres))
        for table, ids in keys.items():
            await self._keys(table, list(ids))

    async def _keys(self, table: str, ids: Sequence[str]) -> None:
        rows = self.rows[table]
        for id in ids:
            rows.setdefault(id, None)
        # an id with a NUL, which json_each would cut short, never comes so far: decode() refuses it
        self._take(table, await self._tx.fetch_keys(self._records[table].by_id, [(id,) for id in ids]))

    async def _match(self, table: str, given: tuple[str, ...], null: tuple[str, ...], wheres: Sequence[Where]) -> None:
        indexes = self._indexes.setdefault(table, {})
        for names in {tuple(name for name, _ in where) for where in wheres}:
            if names not in indexes:
                index = indexes[names] = Index(names)
                for row in self.rows[table].values():
                    if row is not None:
                        index.put(row)
        wanted = [tuple(value for _, value in where if value is not None) for where in wheres]
        self._take(table, await self._tx.fetch_keys(self._records[table].match(given, null), wanted))
        self._matched.update((table, where) for where in wheres)

    def _take(self, table: str, found: Iterable[Sequence[Any]]) -> None:
        """Rows from the store, unless they are here: what is here may have changed since."""
        body, rows = self._columns[table].body, self.rows[table]
        indexes = self._indexes.get(table, {}).values()
        for values in found:
            if rows.get(values[0]) is None:
                row = rows[values[0]] = Row(values[0], values[1], values[2], body(values))
                for index in indexes:
                    index.put(row)

    def _hold(self, table: str, row: Row | None, id: str = "") -> None:
        """Put a row in its place, in every index of its table too."""
        key = row.id if row is not None else id
        old = self.rows[table].get(key)
        for index in self._indexes.get(table, {}).values():
            if old is not None:
                index.drop(old)
            if row is not None:
                index.put(row)
        self.rows[table][key] = row

    async def find(self, table: str, id: str) -> Row | None:
        """A row that is to be written, read or not."""
        if id not in self.rows[table]:
            await self._keys(table, [id])
        return self.rows[table][id]

    def match(self, table: str, where: Where, key: Order = _id) -> Sequence[Row]:
        """Loaded rows by equality, ordered by id or in another order."""
        if (table, where) not in self._matched:
            raise UndeclaredRead(table, where)
        return self._indexes[table][tuple(name for name, _ in where)].line(where, key)

    def put(self, table: str, row: Row) -> None:
        """The image after an operation."""
        self._hold(table, row)

    def remove(self, table: str, id: str) -> None:
        """The record is deleted."""
        self._hold(table, None, id)


class View:
    """What one operation declared; loaded before. It declares so few that they are looked through one by one."""

    __slots__ = ("_reads", "_rows")

    def __init__(self, rows: WorkingSet, reads: Sequence[Read]) -> None:
        self._rows = rows
        self._reads = reads

    def get(self, table: str, id: str) -> Row | None:
        """A declared row, or None."""
        for read in self._reads:
            if isinstance(read, Key) and read.id == id and read.table == table:
                return self._rows.rows[table][id]
        raise UndeclaredRead(table, id)

    def match(self, table: str, where: Where) -> Sequence[Row]:
        """Declared rows by equality, ordered by id."""
        return self.line(table, where, _id)

    def line(self, table: str, where: Where, key: Order) -> Sequence[Row]:
        """The same in another order."""
        for read in self._reads:
            if isinstance(read, Match) and read.where == where and read.table == table:
                return self._rows.match(table, where, key)
        raise UndeclaredRead(table, where)

    def covers(self, table: str, id: str) -> bool:
        """Whether the operation looked at this record: only then may it change one that is there already."""
        row = self._rows.rows[table].get(id)
        for read in self._reads:
            if read.table != table:
                continue
            if isinstance(read, Key):
                if read.id == id:
                    return True
            elif row is not None and all(getattr(row, name) == value for name, value in read.where):
                return True
        return False
