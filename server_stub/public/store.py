"""What the pages need of the server, and nothing more: rows, settings, the time, and the one write path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sync.calendar import Calendar
from sync.clock import Clock
from sync.protocol.messages import Result
from sync.protocol.operation import Args
from sync.rules.facts import Row


class PublicStore(Protocol):
    """The server as the citizens' pages see it; they write only by `submit`, as the actor `citizen`."""

    @property
    def clock(self) -> Clock:
        """The server's time."""

    @property
    def secret(self) -> bytes:
        """32 bytes that seal tokens; the same in every process of the server."""

    @property
    def hall(self) -> str:
        """The hall's id; empty where the store has none yet."""

    @property
    def calendar(self) -> Calendar:
        """The hall's working days."""

    def setting(self, name: str) -> Any:
        """A setting of the hall, or its default."""

    async def read(self, table: str, *, newest: str = "", limit: int = 0, skip: int = 0, **where: Any) -> Sequence[Row]:
        """The rows whose columns (id, scope too) equal these values, ordered by id; or the `limit` greatest by the
        column `newest`, greatest first, after the `skip` that are greater."""

    async def heads(self, *scopes: str) -> Sequence[int]:
        """How far the log of each scope has come: what was made of its rows holds until this moves."""

    async def asks(self, what: str, address: str, most: int) -> int | None:
        """An address of the network asks for `what`, a seat or a ticket: None where it may – at most so often within
        the hour –, else when it may again, ms."""

    async def submit(self, args: Args, id: str, scope: str) -> Result:
        """A citizen's operation; the same one again gets the same answer."""


async def one(store: PublicStore, table: str, id: str | None) -> Any:
    """The row of this id, or None."""
    if id is None:
        return None
    found = await store.read(table, id=id)
    return found[0] if found else None
