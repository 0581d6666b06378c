"""The live channel: it tells which head moved, to whom it may, and ends when the server or the session does."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from server_stub.central.people import Caller
from server_stub.live import Hub
from server_stub.routes.live import _events
from sync.protocol.messages import Contacts
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from tests.sync.small_hall import BASE, CASES, QUEUE, Machine, SmallHall

SOON = 5.0


@asynccontextmanager
async def listening(hall: SmallHall, machine: Machine) -> AsyncIterator[AsyncGenerator[bytes, None]]:
    """The stream of a machine's session, behind its first line. (In memory HTTP answers are whole; real HTTP is in
    test_engine.py.)"""
    session = machine.actors[machine.staff].session
    events = _events(Caller(session, machine.device, machine.staff), hall.services)
    assert await anext(events) == b": here\n\n"
    try:
        yield events
    finally:
        await events.aclose()


async def soon(events: AsyncGenerator[bytes, None]) -> bytes:
    return await asyncio.wait_for(anext(events), SOON)


async def test_heads_are_told_and_nothing_else(hall: SmallHall) -> None:
    one, two = await hall.machine("0307"), await hall.machine("0308")
    async with listening(hall, two) as events:
        one.do(tickets.Issue(matter="m1", holder="孙某", site="hall"), id="t1")
        await one.push()
        [(seq,)] = hall.all("SELECT seq FROM head WHERE scope = ?", QUEUE)
        assert await soon(events) == b'event: head\ndata: {"%s":%d}\n\n' % (QUEUE.encode(), seq)


async def test_a_slow_listener_hears_the_last_word(hall: SmallHall) -> None:
    one, two = await hall.machine("0307"), await hall.machine("0308")
    async with listening(hall, two) as events:
        for i in range(5):
            one.do(tickets.Issue(matter="m1", site="hall"), id=f"t{i}")
            await one.push()
        [(seq,)] = hall.all("SELECT seq FROM head WHERE scope = ?", QUEUE)
        assert str(seq).encode() in await soon(events)


async def test_scopes_out_of_reach_are_not_told(hall: SmallHall) -> None:
    one, approver = await hall.machine("0307"), await hall.machine("0201")
    async with listening(hall, approver) as events:
        one.do(tickets.Issue(matter="m1", site="hall"), id="t1")
        await one.push()  # a queue that the approver has no part in
        hall.services.hub.publish({CASES: 99})
        assert await soon(events) == b'event: head\ndata: {"%s":99}\n\n' % CASES.encode()


async def test_a_role_given_is_told_and_so_is_the_loss_of_the_last(hall: SmallHall) -> None:
    approver, admin = await hall.machine("0201"), await hall.machine("0901")
    async with listening(hall, approver) as events:
        given = people.AssignRole(staff="0201", role="clerk", over=QUEUE)
        await admin.ended(given, id="r1", scope=BASE)
        assert BASE.encode() in await soon(events)
        hall.services.hub.publish({QUEUE: 7})
        assert await soon(events) == b'event: head\ndata: {"%s":7}\n\n' % QUEUE.encode()
        for role in ("r1", f"0201-approver-{CASES}"):
            await admin.ended(people.RemoveRole(), id=role, scope=BASE)
        assert BASE.encode() in await soon(events), "so that the replica pulls, and learns what it must drop"
        await approver.pull()
        assert approver.all("SELECT * FROM cursor") == []
        hall.services.hub.publish({QUEUE: 8, CASES: 9, BASE: 10})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 0.05)


async def test_every_stream_ends_when_the_server_stops(hall: SmallHall) -> None:
    one = await hall.machine("0307")
    async with listening(hall, one) as events:
        last = asyncio.ensure_future(soon(events))
        await asyncio.sleep(0)
        hall.services.hub.close()
        with pytest.raises(StopAsyncIteration):
            await last
    late = _events(Caller(one.actors["0307"].session, one.device, "0307"), hall.services)
    assert [line async for line in late] == [b": here\n\n"], "one that comes while it stops is not kept"


async def test_a_stream_ends_with_its_session(hall: SmallHall) -> None:
    one = await hall.machine("0307")
    async with listening(hall, one) as events:
        hall.services.hub.publish({QUEUE: 1})
        assert await soon(events)
        await hall.services.sessions.end(one.actors["0307"].session, hall.clock.now())
        hall.clock.advance(15_000)
        hall.services.hub.publish({QUEUE: 2})
        with pytest.raises(StopAsyncIteration):
            await soon(events)


async def test_the_hub_forgets_who_left() -> None:
    hub = Hub()
    async with hub.listen() as listener:
        hub.publish({"a": 1})
        assert await listener.wait(SOON) == {"a": 1}
        assert await listener.wait(0.01) == {}, "a time without news"
        hub.publish({})
    hub.publish({"a": 2})
    assert listener.heads == {}


async def test_whose_connection_is_there_is_heard_of_now(hall: SmallHall) -> None:
    """An idle workstation asks nothing; its site is not shown as away for that."""
    supervisor, idle = await hall.machine("0001"), await hall.machine("0307")

    async def heard() -> int:
        return (await supervisor.transport.ask("GET", "/v1/contacts", Contacts)).sites["hall"]

    hall.services.contacts.clear()
    hall.clock.advance(38 * 60_000)
    now = hall.clock.now()
    assert await heard() < now
    async with listening(hall, idle):
        assert await heard() == now
    assert await heard() < now
