"""Bugs that need an end in the middle, a night or a second process to show; as in `bugs.py`, put into the real code.

Imported for its effect: it adds to BUGS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from server_stub import services
from server_stub.apply import applier, group, results
from server_stub.apply.incoming import Incoming
from server_stub.apply.working import WorkingSet
from server_stub.central.trouble import StoreBusy
from server_stub.routes import pull as pull_route
from server_stub.snapshots import Snapshots
from sync.errors import ServerRefused
from sync.protocol.messages import ACCEPTED, Result, Snapshot
from sync.replica import exchange, snapshot
from sync.replica.store import ReplicaStore
from sync.rules.facts import Row
from tests.sync.bugs import bug, instead

# -- at the centre


@bug
def numbered_anew_after_a_restoration() -> Iterator[None]:
    """What is offered again gets the next number, whatever stands on the slip of paper."""
    from sync.rules import series

    with instead(series, "_claim", lambda gaps, period, n: False):
        yield


@bug
def accepted_is_not_kept() -> Iterator[None]:
    """An operation is forgotten once its effects have come back, before any backup holds it."""
    from sync.replica import push

    with instead(push, "_KEEP", push._KEEP + " AND n < 0"):
        yield


@bug
def resurrected_by_a_late_edit() -> Iterator[None]:
    """A deleted record is only marked so, and an edit that comes late finds it still."""

    class Undead(WorkingSet):
        graves: ClassVar[dict[tuple[str, str], Row]] = {}

        def remove(self, table: str, id: str) -> None:
            row = self.rows[table].get(id)
            if row is not None:
                self.graves[table, id] = row
            super().remove(table, id)

        async def _keys(self, table: str, ids: Sequence[str]) -> None:
            await super()._keys(table, ids)
            for id in ids:
                if self.rows[table][id] is None and (table, id) in self.graves:
                    self._hold(table, self.graves[table, id])

    with instead(group, "WorkingSet", Undead):
        yield


@bug
def poison_is_tried_for_ever() -> Iterator[None]:
    """An operation whose rule breaks keeps all behind it from the server."""
    with instead(results, "TRIES", 1 << 30):
        yield


@bug
def acknowledged_before_durable() -> Iterator[None]:
    """The answer does not wait for the commit."""

    class Hasty(group.Group):
        async def run(self) -> Any:
            try:
                return await super().run()
            except StoreBusy:
                return [Result(n=incoming.envelope.n, status=ACCEPTED) for incoming in self._group], {}

    with instead(applier, "Group", Hasty):
        yield


@bug
def clone_not_noticed() -> Iterator[None]:
    """The number alone says whether an operation is known."""
    with instead(Incoming, "said", "the same"):
        yield


@bug
def booked_on_another() -> Iterator[None]:
    """A push is booked on one person, whoever said what in it."""

    async def submit(self: applier.Applier, operations: Sequence[Incoming]) -> list[Result]:
        return await whole(self, [_by_the_last(each, operations[-1]) for each in operations])

    whole = applier.Applier.submit
    with instead(applier.Applier, "submit", submit):
        yield


def _by_the_last(incoming: Incoming, last: Incoming) -> Incoming:
    by = last.envelope.by
    said = None if incoming.operation is None else msgspec.structs.replace(incoming.operation, by=by)
    envelope = msgspec.structs.replace(incoming.envelope, by=by)
    return Incoming(envelope, incoming.device, incoming.at, incoming.received, said, incoming.trouble)


@bug
def committed_out_of_order() -> Iterator[None]:
    """What got its number first is committed last: a pull between the two sees the second, and goes past the first."""

    async def early(tx: Any, scope: str, since: int, head: tuple[int, str], limit: int) -> Any:
        page = await whole(tx, scope, since, head, limit)
        if since and page.rows and page.rows[0].op != page.rows[-1].op:
            page.rows = [row for row in page.rows if row.op != page.rows[0].op]
        return page

    whole = pull_route._page
    with instead(pull_route, "_page", early):
        yield


@bug
def roles_are_remembered() -> Iterator[None]:
    """What a device may hold is asked once."""
    remembered: dict[str, Any] = {}

    async def once(tx: Any, device: str, now: int) -> Any:
        if device not in remembered:
            remembered[device] = await whole(tx, device, now)
        return remembered[device]

    route: Any = pull_route
    whole = route.scopes_for
    with instead(route, "scopes_for", once):
        yield


# -- on a replica


@bug
def expired_session_wipes_the_queue() -> Iterator[None]:
    """Whoever has to sign on again begins anew."""

    class Clean(exchange.Exchange):
        async def push(self, limit: int = 100) -> list[Result]:
            try:
                return await super().push(limit)
            except ServerRefused as refused:
                if refused.code == "session_expired":
                    with self.store.write() as connection:
                        connection.execute("DELETE FROM outbox WHERE state = 'new'")
                raise

    from tests.sync import small_hall

    with instead(small_hall, "Exchange", Clean):
        yield


@bug
def number_reused_after_a_crash() -> Iterator[None]:
    """After a restart the last number is that of the outbox, which may be empty."""

    class Counting(ReplicaStore):
        def __init__(self, *told: Any) -> None:
            super().__init__(*told)
            with self.write() as connection:
                connection.execute(
                    "UPDATE meta SET value = (SELECT coalesce(max(n), 0) FROM outbox) WHERE name = 'last_n'"
                )

    from tests.sync import small_hall

    with instead(small_hall, "ReplicaStore", Counting):
        yield


@bug
def outbox_after_the_preview() -> Iterator[None]:
    """The preview and the outbox row are two transactions."""
    import sync.replica.submit

    submitting: Any = sync.replica.submit

    def apart(connection: Any, columns: Any, op: Any, seen: Any) -> None:
        whole(connection, columns, op, seen)
        connection.execute("DELETE FROM outbox WHERE n = ?", (op.n,))
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(*kept.pop())

    def keep(connection: Any, op: Any, said: str, boot: str, boot_at: int, after: Any) -> None:
        insert(connection, op, said, boot, boot_at, after)
        row = (op.n, op.kind, op.id, op.scope, said, op.by, op.session, op.said_at, boot, boot_at, after)
        kept.append((submitting._OUTBOX, row))

    kept: list[Any] = []
    whole, insert = submitting.lay, submitting._insert
    with instead(submitting, "lay", apart), instead(submitting, "_insert", keep):
        yield


@bug
def snapshot_whose_cursor_is_its_end() -> Iterator[None]:
    """A snapshot is told with the head as it is when it is asked for."""

    class Late(Snapshots):
        async def of(self, scope: str) -> Snapshot:
            made = await super().of(scope)
            sql = "SELECT seq, hash FROM head WHERE scope = ?"
            seq, hashed = await self._store.read(lambda tx: tx.fetch_one(sql, (scope,)))
            return msgspec.structs.replace(made, seq=seq, hash=hashed)

    with instead(services, "Snapshots", Late):
        yield


@bug
def snapshot_over_own_work() -> Iterator[None]:
    """A snapshot's rows are written whether or not a preview lies there."""

    def over(connection: Any, columns: Any, id: str, scope: str, v: int, body: Any) -> None:
        if body is not None:
            connection.execute(columns.upsert, columns.params(id, scope, v, body))

    with instead(snapshot, "put_image", over):
        yield


@bug
def cut_above_what_is_pulled_by_pages() -> Iterator[None]:
    """Whoever lies below the floor is given pages without bodies."""

    async def careless(tx: Any, caller: Any, held: Any, limit: int, now: int, large: int) -> Any:
        await tx.fetch("SELECT 1")
        return await whole(_Floorless(tx), caller, held, limit, now, large)

    whole = pull_route._pull
    with instead(pull_route, "_pull", careless):
        yield


class _Floorless:
    """A transaction that knows of no floor."""

    def __init__(self, tx: Any) -> None:
        self._tx = tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def fetch(self, sql: str, params: Sequence[Any] = ()) -> Any:
        return await self._tx.fetch(sql.replace("hash, floor FROM head", "hash, 0 FROM head"), params)
