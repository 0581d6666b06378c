"""What is read on the server's own loop: a few rows by an index, whatever lies in the store beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_stub.central.statements import Keyed
from server_stub.central.store import Tx, Work
from server_stub.timers import BATCH
from sync.protocol.verbs import ticket as tickets
from sync.replica.leases import LeaseKeeper
from tests.sync.small_hall import SmallHall, new

SMALL = {"SCAN head"}
"""Read whole: one row a scope."""


class Watched:
    """A transaction whose queries are noted with how many rows they gave."""

    def __init__(self, tx: Tx, noted: dict[str, int], plans: set[str]) -> None:
        self._tx, self._noted, self._plans = tx, noted, plans

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} on the loop")

    async def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """As the transaction's."""
        self._plans |= {step for *_, step in await self._tx.fetch(f"EXPLAIN QUERY PLAN {sql}", params)}
        rows = await self._tx.fetch(sql, params)
        self._noted[sql] = max(self._noted.get(sql, 0), len(rows))
        return rows

    async def fetch_keys(self, statement: Keyed, keys: Sequence[Sequence[Any]]) -> list[Any]:
        """As the transaction's, of one key."""
        [key] = keys
        return await self.fetch(statement.one, key)

    async def fetch_one(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """As the transaction's."""
        return next(iter(await self.fetch(sql, params)), None)


async def test_nothing_is_searched_on_the_loop_but_by_an_index(hall: SmallHall) -> None:
    noted: dict[str, int] = {}
    plans: set[str] = set()
    store = hall.services.store
    whole = store.glance

    async def glance(work: Work[Any]) -> Any:
        return await whole(lambda tx: work(Watched(tx, noted, plans)))  # type: ignore[arg-type]

    one, two = await hall.machine("0307"), await hall.machine("0308")
    store.glance = glance  # type: ignore[method-assign]
    hall.services.leases.patience = 0.01
    sessions = {one: new("s"), two: new("s")}
    for machine, window in ((one, "w1"), (two, "w2")):
        await machine.ended(tickets.OpenWindow(window=window), id=sessions[machine])
    for _ in range(300):
        one.do(tickets.Issue(matter="m1", site="hall"), id=new("t"))
    while one.outbox():
        await one.push()
        await one.pull()
    await two.pull()
    await LeaseKeeper(one.store, one.transport, one.clock).renew(sessions[one])
    await two.ended(tickets.CallNext(call=new("c")), id=sessions[two])  # who waits is read elsewhere
    hall.clock.advance(3_600_000)
    await hall.services.timers.catch_up()
    await hall.services.news.look()
    assert len(noted) >= 6
    searched = {step for step in plans if step.startswith("SCAN")}
    assert searched <= SMALL, searched
    assert max(noted.values()) <= BATCH, noted


async def test_a_queue_s_leases_are_found_among_those_that_ended(hall: SmallHall) -> None:
    steps = hall.all(
        "EXPLAIN QUERY PLAN SELECT id FROM ticket_lease WHERE scope = ? AND ended_at IS NULL", "licang:queue"
    )
    assert "ix_ticket_lease_live" in steps[0][-1]
