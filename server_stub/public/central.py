"""The pages' store over the server's own parts: reads on a reading connection, writes by the applier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from server_stub.apply.applier import Applier
from server_stub.apply.incoming import PUBLIC_DEVICE, Incoming
from server_stub.central.store import Store, Tx
from server_stub.public import often
from server_stub.public.plain import is_plain
from sync.calendar import Calendar
from sync.clock import Clock
from sync.protocol.identifiers import once
from sync.protocol.messages import Result
from sync.protocol.operation import Args, Envelope, decode, kind_of
from sync.records.columns import quoted
from sync.records.settings import DEFAULTS
from sync.rules.facts import Row

SEALS = "public-pages"  # the name of the secret in the store
ACTOR = "citizen"
_encode = msgspec.json.Encoder(order="sorted").encode


class CentralStore:
    """A `PublicStore` for the server's process. Make it before the server listens: it may have to make its secret."""

    def __init__(self, store: Store, applier: Applier, clock: Clock) -> None:
        self._store = store
        self._applier = applier
        self.clock = clock
        self.secret = store.secret(SEALS)

    @property
    def hall(self) -> str:
        """The hall's id."""
        return self._applier.hall.hall

    @property
    def calendar(self) -> Calendar:
        """The hall's working days."""
        return self._applier.hall.calendar

    def setting(self, name: str) -> Any:
        """A setting of the hall, or its default."""
        return self._applier.hall.settings.get(name, DEFAULTS[name])

    async def read(self, table: str, *, newest: str = "", limit: int = 0, skip: int = 0, **where: Any) -> Sequence[Row]:
        """As `PublicStore.read` says."""
        columns, records = self._store.columns[table], self._store.records[table]
        given = {name: value for name, value in where.items() if value is not None}
        if not all(is_plain(value) for value in given.values() if isinstance(value, str)):
            return []  # no engine holds such a text, and one would not even be asked for it
        sql = records.match(given, where.keys() - given).one if where else records.all
        values = list(given.values())
        if newest:
            if newest not in columns.names:
                raise ValueError(newest)
            sql, values = f"{sql} ORDER BY {quoted(newest)} DESC, id DESC LIMIT ? OFFSET ?", [*values, limit, skip]
        else:
            sql += " ORDER BY id"

        async def work(tx: Tx) -> list[Row]:
            return [Row(row[0], row[1], row[2], columns.body(row)) for row in await tx.fetch(sql, values)]

        return await self._store.read(work)

    async def heads(self, *scopes: str) -> Sequence[int]:
        """As `PublicStore.heads` says."""

        async def work(tx: Tx) -> list[int]:
            return [
                (await tx.fetch_one("SELECT seq FROM head WHERE scope = ?", (scope,)) or (0,))[0] for scope in scopes
            ]

        return await self._store.glance(work)

    async def asks(self, what: str, address: str, most: int) -> int | None:
        """As `PublicStore.asks` says."""
        now, known_as = self.clock.now(), often.known_as(self.secret, what, address)
        return None if known_as is None else await self._store.write(lambda tx: often.asks(tx, known_as, most, now))

    async def submit(self, args: Args, id: str, scope: str) -> Result:
        """As `PublicStore.submit` says: the number is made of what was said."""
        said = _encode(args)
        now = self.clock.now()
        envelope = Envelope(
            n=once(ACTOR, kind_of(args), id, said),
            kind=kind_of(args),
            id=id,
            scope=scope,
            args=msgspec.Raw(said),
            by=ACTOR,
            session="",
            said_at=now,
        )
        [result] = await self._applier.submit(
            [Incoming(envelope, PUBLIC_DEVICE, now, now, decode(envelope, PUBLIC_DEVICE))]
        )
        return result
