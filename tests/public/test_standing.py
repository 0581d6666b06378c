"""A queue as it stands is read and reckoned once, however many phones look; and anew once it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from public_hall import NOW, QUEUE, Hall

from server_stub.central.seed import SeedRow
from server_stub.public.central import CentralStore
from server_stub.public.queue import ticket_page
from sync.rules.facts import Row

PHONES = 200


class Counted(CentralStore):
    """Counts how often everybody who waits was read."""

    lists = 0

    async def read(self, table: str, *, newest: str = "", limit: int = 0, skip: int = 0, **where: Any) -> Sequence[Row]:
        self.lists += table == "ticket" and "state" in where
        return await super().read(table, newest=newest, limit=limit, skip=skip, **where)


async def test_many_phones_read_a_queue_once(hall: Hall) -> None:
    hall.session("w-03")
    columns = {"day": "2026-03-02", "matter": "m-1", "prefix": "A", "site": "main", "state": "waiting"}
    tickets = [
        SeedRow("ticket", f"t-{n}", QUEUE, {**columns, "number": f"A{n:03d}", "arrived_at": NOW - PHONES + n})
        for n in range(PHONES)
    ]
    hall.put_all(tickets)
    store = Counted(hall.services.store, hall.services.applier, hall.clock)
    pages = await asyncio.gather(*(ticket_page(store, f"t-{n}") for n in range(PHONES)))
    assert [page.ahead for page in pages if page is not None] == list(range(PHONES))
    assert store.lists == 1
    hall.put("ticket", "t-0", QUEUE, state="called")
    pages = await asyncio.gather(*(ticket_page(store, f"t-{n}") for n in range(1, PHONES)))
    assert [page.ahead for page in pages if page is not None] == list(range(PHONES - 1))
    assert store.lists == 2


async def test_what_failed_is_tried_again(hall: Hall) -> None:
    class Fails(Counted):
        async def read(self, table: str, **how: Any) -> Sequence[Row]:
            if table == "window_session" and self.lists == 1:
                raise ConnectionError
            return await super().read(table, **how)

    hall.ticket("t-1", "A036")
    store = Fails(hall.services.store, hall.services.applier, hall.clock)
    [first] = await asyncio.gather(ticket_page(store, "t-1"), return_exceptions=True)
    assert isinstance(first, ConnectionError)
    page = await ticket_page(store, "t-1")
    assert page is not None
    assert page.number == "A036"
