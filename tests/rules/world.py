"""An in-memory centre for the tests of rules: it decides by the real rules and refuses to be lenient.

    do(args, id) ─▶ over the wire format and back ─▶ reads(op) ─▶ decide(op, facts) twice ─▶ checked ─▶ applied
                                                     only these rows can be read            later(…) ─▶ due

It fails (AssertionError) where the centre would: a rule that reads what it did not name, answers differently the second
time, changes a record that it did not read, touches a scope that it did not name, writes an unknown column, a wrong
type, NULL where none may be, or two rows that a `uq_…` index forbids. `advance` lets time pass, and the clock
submits what falls due, in order.
"""

from __future__ import annotations

import copy
import importlib
import json
import pkgutil
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import Table

from sync import rules as loaded  # noqa: F401  (registers every rule)
from sync.calendar import Calendar, day_of
from sync.protocol import verbs
from sync.protocol.identifiers import hall_of, scope_of, uuid7
from sync.protocol.operation import KINDS, Args, Envelope, Operation, decode, kind_of
from sync.records.shape import shapes
from sync.records.states import Role
from sync.records.tables import TABLES
from sync.rules.facts import UNKNOWN, Facts, Key, Row
from sync.rules.outcome import Change, Conflict, Due, Effects, Outcome, Refusal
from sync.rules.rule import RULES, decide

for module in pkgutil.iter_modules(verbs.__path__):  # every verb, whether a rule decides it yet or not
    importlib.import_module(f"{verbs.__name__}.{module.name}")

HALL = "licang"
MONDAY = 1_772_413_200_000  # 2026-03-02 09:00 in the hall
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
SHAPES = shapes()
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "json": (list, dict),
}


class DeclaredRows:
    """The rows that an operation's `reads` named, and no others. Of scopes that are not `held` nothing is known."""

    def __init__(self, world: World, op: Operation[Args], held: Collection[str] | None) -> None:
        self._keys: dict[tuple[str, str], Row | object | None] = {}
        self._matches: dict[tuple[str, tuple[tuple[str, Any], ...]], list[Row]] = {}
        for read in RULES[op.kind].reads(op):
            if isinstance(read, Key):
                if read.id is None:
                    continue
                row: Row | object | None = world.get(read.table, read.id)
                lies_in = row.scope if isinstance(row, Row) else read.scope or op.scope
                if held is not None and lies_in not in held:
                    row = UNKNOWN
                self._keys[read.table, read.id] = row
            else:
                found = world.find(read.table, **dict(read.where))
                self._matches[read.table, read.where] = [r for r in found if held is None or r.scope in held]

    def covers(self, table: str, id: str) -> bool:
        """Whether the record was looked at."""
        matched = (row for (name, _), rows in self._matches.items() if name == table for row in rows)
        return (table, id) in self._keys or any(row.id == id for row in matched)

    def get(self, table: str, id: str) -> Row | object | None:
        assert (table, id) in self._keys, f"{table} {id} was read, but `reads` does not name it"
        return self._keys[table, id]

    def match(self, table: str, where: tuple[tuple[str, Any], ...]) -> Sequence[Row]:
        assert (table, where) in self._matches, f"{table} {where} was matched, but `reads` does not name it"
        return self._matches[table, where]

    def line(self, table: str, where: tuple[tuple[str, Any], ...], key: Callable[[Any], Any]) -> Sequence[Row]:
        return sorted(self.match(table, where), key=key)


class World:
    """Rows, settings and a clock; `do` is the one write path, `seed` puts a row there without asking."""

    def __init__(self, now: int = MONDAY, *, settings: Mapping[str, Any] | None = None) -> None:
        self.now = now
        self.base = scope_of(HALL, "base")
        self.queue = scope_of(HALL, "queue")
        self.rating = scope_of(HALL, "rating")
        self.callback = scope_of(HALL, "callback")
        self.calendar = Calendar.standard()
        self.given = dict(settings or {})
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
        self.due: dict[str, Due] = {}
        self.done: list[tuple[Operation[Args], Outcome]] = []
        self._n = 0

    # -- looking

    def get(self, table: str, id: str) -> Row | None:
        """One row, or None."""
        return self.rows[table].get(id)

    def __call__(self, table: str, id: str) -> Any:
        """One row that must be there: `world("ticket", t).state`."""
        return self.rows[table][id]

    def find(self, table: str, **where: Any) -> list[Row]:
        """The rows whose columns (or scope) equal these values, ordered by id."""
        unknown = set(where) - {"id", "scope"} - set(SHAPES[table].defaults)
        assert not unknown, f"{table} has no columns {unknown}"
        found = (row for row in self.rows[table].values() if all(getattr(row, k) == v for k, v in where.items()))
        return sorted(found, key=lambda row: row.id)

    @property
    def settings(self) -> dict[str, Any]:
        """What differs from the defaults: given by the test, or put by an administrator."""
        return self.given | {row.id: row.body["value"]["value"] for row in self.rows["setting"].values()}

    def new(self) -> str:
        """A fresh id."""
        return uuid7(self.now)

    # -- deciding

    def operation(
        self,
        args: Args,
        id: str,
        *,
        by: str = "0307",
        scope: str | None = None,
        device: str = "d1",
        said_at: int | None = None,
    ) -> Operation[Args]:
        """The operation as the centre decodes it from the wire."""
        self._n += 1
        return decode(
            Envelope(
                n=self._n,
                kind=kind_of(args),
                id=id,
                scope=scope or self.queue,
                args=msgspec.Raw(msgspec.json.encode(args)),
                by=by,
                session="sign-on",
                said_at=self.now if said_at is None else said_at,
            ),
            device,
        )

    def ask(
        self,
        op: Operation[Args],
        role: Role | Collection[Role] = Role.CLERK,
        *,
        judged: int | None = None,
        authority: bool = True,
        held: Collection[str] | None = None,
    ) -> Outcome:
        """The rule's answer, changing nothing. A preview: `authority=False`, `held` = the scopes that replica has."""
        facts = Facts(
            now=self.now if judged is None else judged,
            received=self.now,
            actor=op.by,
            roles=frozenset({role} if isinstance(role, Role) else role),
            device=op.device,
            authority=authority,
            calendar=self.calendar,
            rows=DeclaredRows(self, op, held),
            settings=MappingProxyType(self.settings),
            secret=b"a world's own" if authority else b"",
        )
        first, second = decide(op, facts), decide(op, facts)
        assert first == second, f"{op.kind} answered differently the second time: {first} / {second}"
        return first

    def do(
        self,
        args: Args,
        id: str,
        role: Role | Collection[Role] = Role.CLERK,
        *,
        by: str = "0307",
        scope: str | None = None,
        device: str = "d1",
        judged: int | None = None,
    ) -> Outcome:
        """Decide at the centre and apply what was decided."""
        op = self.operation(args, id, by=by, scope=scope, device=device)
        outcome = self.ask(op, role, judged=judged)
        if not isinstance(outcome, Refusal):
            self.apply(op, outcome.effects if isinstance(outcome, Conflict) else outcome)
        self.done.append((op, outcome))
        return outcome

    def must(self, args: Args, id: str, role: Role | Collection[Role] = Role.CLERK, **how: Any) -> Effects:
        """`do`, where anything but effects is a failure."""
        outcome = self.do(args, id, role, **how)
        assert isinstance(outcome, Effects), f"{kind_of(args)} on {id}: {outcome}"
        return outcome

    def code(self, args: Args, id: str, role: Role | Collection[Role] = Role.CLERK, **how: Any) -> str:
        """`do`, where anything but a refusal is a failure: its code."""
        outcome = self.do(args, id, role, **how)
        assert isinstance(outcome, Refusal), f"{kind_of(args)} on {id} was not refused: {outcome}"
        return outcome.code

    # -- writing

    def seed(self, table: str, id: str, *, scope: str | None = None, **columns: Any) -> Any:
        """A row that is simply there."""
        self._write(Change(table, id, columns, scope), scope or self.base)
        return self.rows[table][id]

    def apply(self, op: Operation[Args], effects: Effects) -> None:
        """All changes and due entries of one operation."""
        named = set(RULES[op.kind].scopes(op))
        seen = DeclaredRows(self, op, None)
        for change in effects.changes:
            there = self.get(change.table, change.id)
            where = f"{change.table} {change.id}"
            assert there is None or seen.covers(change.table, change.id), (
                f"{op.kind} changes {where} without reading it"
            )
        for change in effects.changes:
            scope = change.scope or op.scope
            assert {scope, change.to or scope} <= named, f"{op.kind} touches {scope}, but `scopes` names {named}"
            self._write(change, scope)
            if change.to is not None:
                self._move(change, scope, change.to)
        self._check_unique({change.table for change in effects.changes})
        for entry in effects.due:
            scope = entry.scope or op.scope
            assert hall_of(scope) == hall_of(op.scope)
            assert entry.kind in RULES, f"{op.kind} leaves {entry.kind} for later, which no rule decides"
            placed = Due(entry.at, entry.kind, entry.id, entry.args, scope)
            content = (entry.kind, scope, entry.id, entry.at, json.dumps(dict(entry.args), sort_keys=True))
            self.due.setdefault("\x1f".join(map(str, content)), placed)

    def _write(self, change: Change, scope: str) -> None:
        table, old = SHAPES[change.table], self.get(change.table, change.id)
        where = f"{change.table} {change.id}"
        assert isinstance(change.id, str), where
        assert change.id, where
        if old is not None:
            assert old.scope == scope, f"{where} lies in {old.scope}, not in {scope}"
        if change.set is None:
            self.rows[change.table].pop(change.id, None)
            return
        unknown = set(change.set) - set(table.defaults)
        assert not unknown, f"{where}: no columns {unknown}"
        body = dict(old.body) if old is not None else copy.deepcopy(table.defaults)
        body |= json.loads(json.dumps(dict(change.set)))
        columns = TABLES[change.table].columns
        for column in table.columns:
            value = body[column.name]
            if value is None:
                assert columns[column.name].nullable, f"{where}: {column.name} may not be null"
            else:
                assert isinstance(value, PYTHON_TYPES[column.type]), f"{where}: {column.name} = {value!r}"
                assert column.type != "integer" or not isinstance(value, bool), f"{where}: {column.name} = {value!r}"
        self.rows[change.table][change.id] = Row(change.id, scope, old.v + 1 if old is not None else 1, body)

    def _move(self, change: Change, scope: str, to: str) -> None:
        """A record goes to another scope, and what falls due on it goes along."""
        row = self.rows[change.table][change.id]
        self.rows[change.table][change.id] = Row(row.id, to, row.v, row.body)
        for key, due in list(self.due.items()):
            if due.id == change.id and due.scope == scope:
                self.due[key] = msgspec.structs.replace(due, scope=to)

    def _check_unique(self, touched: Collection[str]) -> None:
        for name in touched:
            for columns, counts in _unique(TABLES[name]):
                seen: dict[tuple[Any, ...], str] = {}
                for row in self.rows[name].values():
                    key = tuple(getattr(row, column) for column in columns)
                    if None in key or not counts(row):
                        continue
                    assert key not in seen, f"{name} {seen[key]} and {row.id} have the same {columns} {key}"
                    seen[key] = row.id

    # -- time

    def advance(self, by: int) -> list[tuple[str, Outcome]]:
        """Let `by` ms pass; the clock submits what falls due, in order of time. What it submitted, with the answers."""
        until, answers = self.now + by, []
        while ripe := sorted((due.at, key) for key, due in self.due.items() if due.at <= until):
            due = self.due.pop(ripe[0][1])
            self.now = max(self.now, due.at)
            args = msgspec.convert(dict(due.args), KINDS[due.kind])
            answers.append((due.kind, self.do(args, due.id, Role.CLOCK, by="clock", scope=due.scope, device="clock")))
        self.now = until
        return answers

    @property
    def today(self) -> str:
        """The hall's day."""
        return day_of(self.now)


def _unique(table: Table) -> list[tuple[list[str], Callable[[Row], bool]]]:
    """The columns of each `uq_…` index, with the condition of a partial one."""
    found: list[tuple[list[str], Callable[[Row], bool]]] = []
    for index in table.indexes:
        if index.unique:
            where = str(index.dialect_options["sqlite"].get("where"))
            found.append(([c.name for c in index.columns], CONDITIONS[where]))
    return found


CONDITIONS: dict[str, Callable[[Row], bool]] = {
    "None": lambda row: True,
    "open": lambda row: bool(row.open),
    "closed_at IS NULL": lambda row: row.closed_at is None,
    "ended_at IS NULL": lambda row: row.ended_at is None,
    "number IS NOT NULL": lambda row: row.number is not None,
    "seat IS NOT NULL": lambda row: row.seat is not None,
    "code IS NOT NULL": lambda row: row.code is not None,
    "state = 'asked'": lambda row: row.state == "asked",
    "state = 'out'": lambda row: row.state == "out",
    "state = 'posted'": lambda row: row.state == "posted",
}

__all__ = ["HALL", "HOUR", "MINUTE", "MONDAY", "SECOND", "World"]
