"""Bugs that other systems had, one at a time, put into the real code for as long as a block lasts.

with BUGS["no_dedupe"](): …      whoever says that the tests would notice, shows it here
"""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from server_stub.apply import admit, applier, group
from server_stub.apply.results import Results
from server_stub.routes import pull as pull_route
from sync.protocol.messages import Result
from sync.records.states import Role
from sync.replica import exchange, pull, push, restored, rows, withdrawal
from sync.rules import rule as rules
from sync.rules.outcome import Effects

Bug = Callable[[], AbstractContextManager[None]]
BUGS: dict[str, Bug] = {}


def bug(make: Callable[[], Iterator[None]]) -> Bug:
    made = contextlib.contextmanager(make)
    BUGS[make.__name__] = made
    return made


@contextlib.contextmanager
def instead(owner: Any, name: str, other: Any) -> Iterator[None]:
    """Another thing under a name."""
    kept = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, kept)


# -- at the centre


@bug
def no_role_check() -> Iterator[None]:
    """Roles of the session's device are believed for ever."""
    with instead(admit.Roles, "of", lambda self, incoming, view: frozenset(Role)):
        yield


@bug
def no_dedupe() -> Iterator[None]:
    """A repeated push is decided again."""

    class Forgetful(Results):
        def known(self, device: str, n: int) -> tuple[str, Result] | None:
            return None

        async def load(self, group: Any, reached: Any) -> None:
            for each in group:
                await self._tx.execute("DELETE FROM result WHERE device = ? AND n = ?", (each.device, each.envelope.n))

    with instead(group, "Results", Forgetful):
        yield


@bug
def built_on_refused() -> Iterator[None]:
    """`after` is not looked at."""

    class Trusting(group.Group):
        def _decide(self, incoming: Any, *rest: Any) -> Any:
            alone = msgspec.structs.replace(incoming, operation=_without_after(incoming.operation))
            return super()._decide(alone, *rest)

    with instead(applier, "Group", Trusting):
        yield


def _without_after(operation: Any) -> Any:
    return None if operation is None else msgspec.structs.replace(operation, after=None)


@bug
def retry_goes_on() -> Iterator[None]:
    """What stands behind an operation that broke is applied before it."""

    class Hasty(group.Group):
        async def run(self) -> Any:
            answers = [await group.Group(self._store, self._hall, [one]).run() for one in self._group]
            moved = {scope: seq for _, heads in answers for scope, seq in heads.items()}
            return [result for results, _ in answers for result in results], moved

    with instead(applier, "Group", Hasty):
        yield


@bug
def page_split() -> Iterator[None]:
    """`limit` counts rows, and a page ends in the middle of an operation."""

    async def by_rows(tx: Any, scope: str, since: int, head: tuple[int, str], limit: int) -> Any:
        page = await whole(tx, scope, since, head, limit)
        page.rows = page.rows[:limit]
        page.to = page.rows[-1].seq if page.rows else since
        page.more = page.to < head[0]
        return page

    whole = pull_route._page
    with instead(pull_route, "_page", by_rows):
        yield


@bug
def last_writer_wins() -> Iterator[None]:
    """A field is overwritten whatever its author saw."""
    edit = rules.RULES["case.edit@1"]

    def decide(op: Any, facts: Any) -> Any:
        case = facts.need("case", op.id)
        return Effects().put("case", op.id, form={**case.form, op.args.field: op.args.value})

    rules.RULES["case.edit@1"] = dataclasses.replace(edit, decide=decide)
    try:
        yield
    finally:
        rules.RULES["case.edit@1"] = edit


@bug
def called_twice() -> Iterator[None]:
    """Two windows may call the same ticket: nobody looks whether it still waits."""
    from sync.rules.ticket.call import place_call

    looks = rules.RULES["ticket.call@1"]

    def decide(op: Any, facts: Any) -> Any:
        session = facts.need("window_session", op.args.session)
        return place_call(op, facts, facts.need("ticket", op.id), session, op.args.call, "called")

    rules.RULES["ticket.call@1"] = dataclasses.replace(looks, decide=decide)
    try:
        yield
    finally:
        rules.RULES["ticket.call@1"] = looks


@bug
def unchained_delete() -> Iterator[None]:
    """A deletion is written without a link."""
    import server_stub.apply.write
    from sync.protocol.chain import digest
    from sync.protocol.chain import link as chained

    def link(previous: str, **row: Any) -> str:
        return previous if row["digest"] == digest(None) else chained(previous, **row)

    write: Any = server_stub.apply.write
    with instead(write, "link", link):
        yield


# -- on a replica


@bug
def shadow_passed_over() -> Iterator[None]:
    """A pulled image overwrites the preview, and the old shadow comes back over it."""
    straight = lambda connection, columns, id, scope, v, body: rows.put_row(connection, columns, id, scope, v, body)  # noqa: E731
    with instead(pull, "put_image", straight):
        yield


@bug
def tombstone_drops_shadow() -> Iterator[None]:
    """A deletion takes the shadow with it, so that the preview stays as if it were the server's."""

    def put(connection: sqlite3.Connection, columns: Any, id: str, scope: str, v: int, body: Any) -> None:
        if body is None:
            gone = connection.execute(
                'DELETE FROM shadow WHERE "table" = ? AND id = ?', (columns.shape.name, id)
            ).rowcount
            if gone:
                return
        kept(connection, columns, id, scope, v, body)

    kept = rows.put_image
    with instead(pull, "put_image", put):
        yield


@bug
def only_the_named_row_restored() -> Iterator[None]:
    """Effects on rows that the operation does not name stay behind."""

    def restore(connection: sqlite3.Connection, columns: Any) -> None:
        named = {id for (id,) in connection.execute("SELECT id FROM outbox UNION SELECT id FROM refusal")}
        for (id,) in connection.execute("SELECT id FROM shadow").fetchall():
            if id not in named:
                connection.execute("DELETE FROM shadow WHERE id = ?", (id,))
        whole(connection, columns)

    import sync.replica.fold

    fold: Any = sync.replica.fold
    whole = fold.restore
    with instead(fold, "restore", restore):
        yield


@bug
def own_operation_not_recognised() -> Iterator[None]:
    """What comes back is previewed a second time on top of itself."""

    class Deaf:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection
            self.executemany = connection.executemany

        def execute(self, sql: str, *rest: Any) -> Any:
            return self._connection.execute(
                "SELECT 1" if "SET seen = 1" in sql else sql, *(() if "SET seen = 1" in sql else rest)
            )

    def take(connection: Any, *rest: Any) -> Any:
        deaf: Any = Deaf(connection)
        return whole(deaf, *rest)

    whole = pull._take_page
    with instead(pull, "_take_page", take):
        yield


@bug
def accepted_is_forgotten() -> Iterator[None]:
    """An accepted operation leaves at once, before its effects have come back: the screen flickers."""

    def settle(connection: sqlite3.Connection, ended: Sequence[Result]) -> None:
        kept(connection, ended)
        connection.executemany("DELETE FROM outbox WHERE n = ?", [(result.n,) for result in ended])

    kept = push._settle
    with instead(push, "_settle", settle):
        yield


@bug
def withdrawn_scope_wipes_the_queue() -> Iterator[None]:
    """With the scope goes what was not sent."""

    def withdraw(connection: sqlite3.Connection, columns: Any, scope: str) -> None:
        kept(connection, columns, scope)
        connection.execute("DELETE FROM outbox WHERE scope = ?", (scope,))

    kept = withdrawal.withdraw
    with instead(pull, "withdraw", withdraw), instead(restored, "withdraw", withdraw):
        yield


@bug
def withdrawn_scope_stays() -> Iterator[None]:
    """A role taken back leaves the rows on the laptop."""

    def withdraw(connection: sqlite3.Connection, columns: Any, scope: str) -> None:
        connection.execute("DELETE FROM cursor WHERE scope = ?", (scope,))

    with instead(pull, "withdraw", withdraw), instead(restored, "withdraw", withdraw):
        yield


@bug
def sent_is_done() -> Iterator[None]:
    """Acknowledged before durable: a lost answer counts as an answer."""

    class Careless(exchange.Exchange):
        async def push(self, limit: int = 100) -> list[Result]:
            try:
                return await super().push(limit)
            except Exception:
                with self.store.write() as connection:
                    connection.execute("DELETE FROM outbox WHERE n = (SELECT min(n) FROM outbox)")
                raise

    from tests.sync import small_hall

    with instead(small_hall, "Exchange", Careless):
        yield


@bug
def refused_silently() -> Iterator[None]:
    """A refusal leaves the outbox and is told nobody."""
    silent = 'INSERT INTO refusal SELECT n, kind, id, scope, args, "by", said_at, ?, ?, ?, 0 FROM outbox WHERE n = -?'
    with instead(push, "_REFUSED", silent):
        yield


@bug
def cursor_before_data() -> Iterator[None]:
    """The cursor moves on though the last row of a page was not written."""

    def take(connection: Any, store: Any, scope: str, page: Any) -> Any:
        changed = whole(connection, store, scope, page)
        last = page.rows[-1]
        connection.execute(store.columns[last.table].delete, (last.id,))
        return changed

    whole = pull._take_page
    with instead(pull, "_take_page", take):
        yield


@bug
def renumbered_after_a_loss() -> Iterator[None]:
    """What may have arrived is sent again under another number."""

    class Renumbering(exchange.Exchange):
        async def push(self, limit: int = 100) -> list[Result]:
            try:
                return await super().push(limit)
            except Exception:
                with self.store.write() as connection:
                    connection.execute("UPDATE outbox SET n = n + 1000 WHERE state = 'new'")
                raise

    from tests.sync import small_hall

    with instead(small_hall, "Exchange", Renumbering):
        yield
