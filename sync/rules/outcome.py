"""What a rule may answer.

Effects    changed columns, records made and deleted, and what falls due later
Refusal    a code and its parameters: the step is not possible now
Conflict   two people's values of one field: what the server records of it
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Change(msgspec.Struct, frozen=True):
    """`set` are changed columns; None deletes. `scope` is the record's own (None: the operation's); `to` the one it
    moves to: it is deleted there and made here, in one transaction."""

    table: str
    id: str
    set: Mapping[str, Any] | None
    scope: str | None = None
    to: str | None = None


class Due(msgspec.Struct, frozen=True):
    """At `at` (ms) the clock submits `kind` on the record `id` with `args`; twice is once."""

    at: int
    kind: str
    id: str
    args: Mapping[str, Any] = {}
    scope: str | None = None


class Effects(msgspec.Struct):
    """Built up by a rule, call by call; applied in one transaction or not at all."""

    changes: list[Change] = []
    due: list[Due] = []
    told: dict[str, Any] = {}
    """What the centre decided beyond the rows – numbers, who was called –, for the answer: an operation that is offered
    again to a restored centre names it, so that it comes out the same."""

    def put(self, table: str, id: str, *, scope: str | None = None, **columns: Any) -> Effects:
        """Change columns of a record, or make it: what is not named keeps its value, or takes its default."""
        self.changes.append(Change(table, id, columns, scope))
        return self

    def move(self, table: str, id: str, to: str) -> Effects:
        """A record of the operation's scope leaves it for another; what falls due on it goes along."""
        self.changes.append(Change(table, id, {}, None, to))
        return self

    def delete(self, table: str, id: str, *, scope: str | None = None) -> Effects:
        """Delete a record."""
        self.changes.append(Change(table, id, None, scope))
        return self

    def later(self, at: int, kind: str, id: str, *, scope: str | None = None, **args: Any) -> Effects:
        """Something falls due."""
        self.due.append(Due(at, kind, id, args, scope))
        return self


class Refusal(msgspec.Struct, frozen=True):
    """Why not: words for `code` stand in the catalogue under `refusal.<code>`."""

    code: str
    params: Mapping[str, Any] = {}


class Conflict(msgspec.Struct, frozen=True):
    """A clash of values; `effects` are the record of it that the server writes."""

    effects: Effects
    params: Mapping[str, Any] = {}


Outcome = Effects | Refusal | Conflict


class Refused(Exception):
    """Raised inside a rule to answer with a refusal from anywhere."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, params)


class UnknownRow(Exception):
    """A preview met a record of a scope that this replica does not hold: the server will see it."""
