"""What a rule may look at: the moment, the actor and the rows that its `reads` named – frozen.

    Key(table, id)            one record
    Match(table, {col: v})    the records whose columns have these values

Rows are read-only objects with the table's columns as attributes; rules annotate them with the record's class
for the type checker only, so no rule loads SQLModel.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from sync.calendar import Calendar
from sync.records.settings import DEFAULTS
from sync.rules.outcome import Refused, UnknownRow


class Row:
    """A read-only row: `row.state`, `row.id`, `row.scope`, `row.v`, and `row.body` with the other columns.

    The body is the object's own dictionary, so a column is read as any attribute is: asked for by a `__getattr__`, each
    took some ten times as long, and a call walks all who wait.
    """

    __slots__ = ("__dict__", "body", "id", "scope", "v")
    body: dict[str, Any]
    id: str
    scope: str
    v: int

    def __init__(self, id: str, scope: str, v: int, body: dict[str, Any]) -> None:
        put = object.__setattr__
        put(self, "id", id)
        put(self, "scope", scope)
        put(self, "v", v)
        put(self, "body", body)
        put(self, "__dict__", body)

    def __setattr__(self, column: str, value: Any) -> None:
        raise AttributeError(f"{column} of a row is read-only")

    if TYPE_CHECKING:

        def __getattr__(self, column: str) -> Any:
            """Any column of its table."""

    def __repr__(self) -> str:
        return f"Row({self.id!r}, {self.scope!r}, v={self.v}, {self.body!r})"


class Key(msgspec.Struct, frozen=True):
    """Read one record; `scope` is where it would lie if it exists (None: the operation's own)."""

    table: str
    id: str | None
    scope: str | None = None


class Match(msgspec.Struct, frozen=True):
    """Read the records whose columns equal these values, as (column, value) pairs."""

    table: str
    where: tuple[tuple[str, Any], ...]
    scope: str | None = None


def match(table: str, /, *, in_scope: str | None = None, **where: Any) -> Match:
    """`match("material", case=op.id)`."""
    return Match(table, tuple(sorted(where.items())), in_scope)


Read = Key | Match
UNKNOWN: Final = object()
RESTORED: Final = "restored"
"""The setting that says so; nobody sets it but the clock."""


class Rows(Protocol):
    """Where facts get their rows from: loaded before at the centre, read as needed on a replica."""

    def get(self, table: str, id: str) -> Row | object | None:
        """The row, None where there is none, UNKNOWN where this end cannot know."""

    def match(self, table: str, where: tuple[tuple[str, Any], ...]) -> Sequence[Row]:
        """The rows that match, ordered by id."""

    def line(self, table: str, where: tuple[tuple[str, Any], ...], key: Callable[[Any], Any]) -> Sequence[Row]:
        """The rows that match, in the order of `key`, in which no two are equal."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """`now` is the operation's judged time, `received` the server's receipt (equal in a preview); `authority` is true
    at the centre alone: only there are numbers given."""

    now: int
    received: int
    actor: str
    roles: frozenset[str]
    device: str
    authority: bool
    calendar: Calendar
    rows: Rows
    settings: Mapping[str, Any]
    earlier: Mapping[str, Any] | None = None
    """What a centre that was lost had answered to this operation; only for one that is offered again."""
    secret: bytes = b""
    """The centre's own, for ids that nobody else may reckon."""

    def get(self, table: str, id: str | None) -> Any:
        """The row or None; raises UnknownRow where only the server can know."""
        if id is None:
            return None
        row = self.rows.get(table, id)
        if row is UNKNOWN:
            raise UnknownRow(table, id)
        return row

    def need(self, table: str, id: str | None) -> Any:
        """The row; refused `not_found` without one."""
        row = self.get(table, id)
        if row is None:
            raise Refused("not_found", table=table, id=id)
        return row

    def absent(self, table: str, id: str) -> None:
        """Refused `exists` where a record to be made is there already."""
        if self.get(table, id) is not None:
            raise Refused("exists", table=table, id=id)

    def match(self, table: str, /, **where: Any) -> Sequence[Any]:
        """The rows that match, ordered by id."""
        return self.rows.match(table, tuple(sorted(where.items())))

    def line(self, table: str, key: Callable[[Any], Any], /, **where: Any) -> Sequence[Any]:
        """The rows that match, in the order of `key`, in which no two are equal: kept in it for all operations that ask
        for them together, where the same function is asked for."""
        return self.rows.line(table, tuple(sorted(where.items())), key)

    def hidden(self, *parts: object) -> str:
        """An id of these parts that only the centre can reckon: who knows the parts finds no record by it."""
        said = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
        return hmac.digest(self.secret, said, "sha256").hex()[:32]

    @property
    def restored(self) -> Mapping[str, Any] | None:
        """The centre's last restoration from a backup: {epoch, at (ms), skip: numbers passed over in each series}."""
        found: Mapping[str, Any] | None = self.settings.get(RESTORED)
        return found

    def number_before(self, series: str) -> tuple[str, int] | None:
        """The period and number that the lost centre had given to this operation in a series."""
        numbers = (self.earlier or {}).get("numbers")
        match numbers.get(series) if isinstance(numbers, dict) else None:
            case [str(period), int(n)]:
                return period, n
        return None

    def setting(self, name: str) -> Any:
        """A setting of the hall, or its default."""
        return self.settings.get(name, DEFAULTS[name])
