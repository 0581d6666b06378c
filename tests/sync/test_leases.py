"""Leases end to end: real replicas, the real server, every clock in the test's hand; 10 hours offline cost no time."""

from __future__ import annotations

import asyncio

import pytest

from sync.clock import DrivenClock
from sync.errors import ServerRefused
from sync.protocol.messages import Result
from sync.protocol.verbs import lease as verbs
from sync.protocol.verbs import ticket as tickets
from sync.replica.leases import GUARD_MS, LeaseKeeper, take, usable
from sync.replica.submit import Submitted, submit
from sync.rules.outcome import Refusal
from tests.sync.small_hall import MONDAY, QUEUE, Machine, SmallHall, new

MINUTE, HOUR = 60_000, 3_600_000
LASTS, MARGIN = 10 * MINUTE, 30_000


class Window:
    """A machine at a window, with its leases."""

    def __init__(self, machine: Machine, session: str) -> None:
        self.machine, self.session = machine, session
        self.keeper = LeaseKeeper(machine.store, machine.transport, machine.clock)

    @classmethod
    async def sit(cls, hall: SmallHall, staff: str, window: str, *, own_clock: bool = False) -> Window:
        clock = DrivenClock(hall.clock.now()) if own_clock else None
        machine = await hall.machine(staff, clock=clock)
        session = new("s")
        assert (await machine.ended(tickets.OpenWindow(window=window), id=session)).status == "accepted"
        return cls(machine, session)

    async def renew(self) -> list[str]:
        """Ask for leases and pull; the tickets that may be called offline now."""
        await self.keeper.renew(self.session)
        await self.machine.pull()
        return self.callable()

    def callable(self) -> list[str]:
        return [each.ticket for each in usable(self.machine.store, self.machine.clock)]

    def call_offline(self) -> str:
        """Call what is leased: the ticket, or the code of the refusal."""
        leased = usable(self.machine.store, self.machine.clock)
        lease, ticket = (leased[0].lease, leased[0].ticket) if leased else ("none", "t1")
        taking = take(self.machine.clock, lease, session=self.session, call=new("c"))
        actor = self.machine.actors[self.machine.staff]
        outcome = submit(self.machine.store, self.machine.clock, actor, taking, id=ticket, scope=QUEUE)
        return ticket if isinstance(outcome, Submitted) else outcome.code

    async def call_next(self) -> Result:
        return await self.machine.ended(tickets.CallNext(call=new("c")), id=self.session)


async def take_tickets(machine: Machine, count: int) -> list[str]:
    ids = [new("t") for _ in range(count)]
    for id in ids:
        machine.do(tickets.Issue(matter="m1", site="hall"), id=id)
    await machine.push()
    await machine.pull()
    return ids


def ticket_of(hall: SmallHall, window: Window) -> str | None:
    [(ticket,)] = hall.all("SELECT ticket FROM window_session WHERE id = ?", window.session)
    return ticket  # type: ignore[no-any-return]


async def test_a_leased_ticket_is_called_offline_and_reconciled(hall: SmallHall) -> None:
    one = await Window.sit(hall, "0307", "w1")
    two = await Window.sit(hall, "0308", "w2")
    first, second = await take_tickets(one.machine, 2)
    assert await one.renew() == [first]
    one.machine.network.down = True
    assert one.call_offline() == first
    assert one.callable() == []
    assert one.call_offline() == "lease_over"
    one.machine.do(tickets.Serve(segment="g1"), id=first)
    assert (await two.call_next()).status == "accepted"
    assert ticket_of(hall, two) == second, "the leased one is passed over"
    hall.clock.advance(5 * MINUTE)
    one.machine.network.down = False
    assert [result.status for result in await one.machine.push()] == ["accepted", "accepted"]
    await one.machine.pull()
    assert one.machine.outbox() == []
    assert ticket_of(hall, one) == first
    assert hall.all("SELECT state FROM ticket_lease") == [("used",)]
    assert hall.faults() == []


async def test_a_withdrawn_call_can_be_made_again(hall: SmallHall) -> None:
    from sync.replica.submit import withdraw

    one = await Window.sit(hall, "0307", "w1")
    [first] = await take_tickets(one.machine, 1)
    await one.renew()
    one.machine.network.down = True
    assert one.call_offline() == first
    [(n, _)] = one.machine.outbox()
    assert withdraw(one.machine.store, n)
    assert one.callable() == [first]


async def test_ten_hours_in_a_tunnel(hall: SmallHall) -> None:
    """A laptop that sleeps: its boot clock goes on, so its lease ends in time; what it called before is not lost."""
    one = await Window.sit(hall, "0307", "w1", own_clock=True)
    two = await Window.sit(hall, "0308", "w2")
    first, second = await take_tickets(two.machine, 2)
    await one.machine.pull()
    assert await one.renew() == [first]
    one.machine.network.down = True

    def pass_time(ms: int) -> None:
        hall.clock.advance(ms)
        one.machine.clock.advance(ms)

    pass_time(LASTS - GUARD_MS - 1_000)
    assert one.call_offline() == first
    one.machine.do(tickets.Serve(segment="g1"), id=first)
    pass_time(9 * MINUTE)
    one.machine.do(tickets.Finish(invite="a" * 32), id=first)
    pass_time(10 * HOUR)
    assert one.call_offline() == "lease_over"
    await hall.services.timers.catch_up()
    assert (await two.call_next()).status == "accepted"
    assert ticket_of(hall, two) == first, "after expiry and margin it is anybody's, as far as is known"
    await two.machine.ended(tickets.Miss(), id=first)  # nobody came: the person was served long ago
    one.machine.network.down = False
    assert [result.status for result in await one.machine.push()] == ["accepted"] * 3
    [(state, window)] = hall.all('SELECT state, "window" FROM ticket WHERE id = ?', first)
    assert (state, window) == ("done", "w1")
    [(called,)] = hall.all("SELECT called_at FROM call WHERE ticket = ? AND outcome = 'served'", first)
    assert called == MONDAY + LASTS - GUARD_MS - 1_000
    assert hall.faults() == []
    assert second != first


async def test_a_wrong_wall_clock_and_a_restart_decide_nothing(hall: SmallHall) -> None:
    one = await Window.sit(hall, "0307", "w1", own_clock=True)
    [first] = await take_tickets(one.machine, 1)
    await one.renew()
    one.machine.clock.skew_ms = 24 * HOUR
    assert one.callable() == [first]
    one.machine.clock.skew_ms = -24 * HOUR
    one.machine.clock.advance(LASTS - GUARD_MS)
    assert one.callable() == [], "a clock put back does not make it longer"
    hall.clock.advance(LASTS - GUARD_MS)
    await one.renew()
    assert one.callable() == [first]
    one.machine.clock.reboot("another")
    assert one.callable() == [], "nobody knows how long the machine was off"
    assert one.call_offline() == "lease_over"


async def test_without_a_boot_clock_nothing_is_called_offline(hall: SmallHall) -> None:
    one = await Window.sit(hall, "0307", "w1", own_clock=True)
    await take_tickets(one.machine, 1)
    one.machine.clock.boot_id = ""
    assert await one.renew() == []
    assert one.call_offline() == "lease_over"


async def test_the_answer_counts_from_the_sending(hall: SmallHall) -> None:
    """A request that takes its time shortens the lease: the server counted from its receipt, which came later."""
    one = await Window.sit(hall, "0307", "w1", own_clock=True)
    [first] = await take_tickets(one.machine, 1)
    sent = one.machine.clock.boot()[1]
    await one.keeper.renew(one.session)
    [(until,)] = one.machine.all("SELECT until FROM lease")
    assert until == sent + LASTS - GUARD_MS
    [(expires,)] = hall.all("SELECT expires_at FROM ticket_lease")
    assert expires == hall.clock.now() + LASTS
    assert first


async def test_a_wanted_ticket_is_taken_back_from_a_window_that_is_there(hall: SmallHall) -> None:
    one = await Window.sit(hall, "0307", "w1")
    two = await Window.sit(hall, "0308", "w2")
    [first] = await take_tickets(one.machine, 1)
    assert await one.renew() == [first]
    call = asyncio.create_task(two.call_next())

    async def asked() -> bool:
        await one.machine.pull()
        return one.machine.all("SELECT state FROM ticket_lease") == [("asked",)]

    while not await asked():
        await asyncio.sleep(0)
    assert one.callable() == [], "from the moment it is asked for it is not called here"
    assert one.keeper.low(one.session, hall.clock.now())
    await one.renew()
    assert (await call).status == "accepted"
    assert ticket_of(hall, two) == first
    assert hall.all("SELECT state FROM ticket_lease") == [("returned",)]


async def test_a_call_and_a_lease_at_the_same_moment(hall: SmallHall) -> None:
    """Whichever comes first: a window that is there never makes another's call fail."""
    one = await Window.sit(hall, "0307", "w1")
    two = await Window.sit(hall, "0308", "w2")
    for turn in range(24):
        [ticket] = await take_tickets(two.machine, 1)
        asked = asyncio.create_task(one.keeper.renew(one.session))
        for _ in range(2 * turn):  # a little later each time
            await asyncio.sleep(0)
        call = asyncio.create_task(two.call_next())
        await asked
        while not call.done():  # as the engine does: pull, strike, ask anew
            await one.machine.pull()
            await one.keeper.renew(one.session)
        assert (await call).status == "accepted"
        assert ticket_of(hall, two) == ticket
        assert (await two.machine.ended(tickets.Miss(), id=ticket)).status == "accepted"


async def test_what_was_called_offline_is_not_given_back(hall: SmallHall) -> None:
    one = await Window.sit(hall, "0307", "w1")
    two = await Window.sit(hall, "0308", "w2")
    [first] = await take_tickets(one.machine, 1)
    await one.renew()
    one.machine.network.down = True
    assert one.call_offline() == first
    refused = await two.call_next()
    assert (refused.code, refused.params["window"]) == ("leased", "w1")
    one.machine.network.down = False
    await one.machine.pull()  # it hears that the ticket is wanted before it has said that it called it
    await one.renew()
    assert hall.all("SELECT state FROM ticket_lease") == [("asked",)]
    assert [result.status for result in await one.machine.push()] == ["accepted"]
    assert ticket_of(hall, one) == first


async def test_a_holder_that_crashed_goes_on_with_its_leases(hall: SmallHall) -> None:
    one = await Window.sit(hall, "0307", "w1")
    [first] = await take_tickets(one.machine, 1)
    await one.renew()
    one.machine.store.close()
    one.machine.open()
    one.machine.network.down = True
    assert one.callable() == [first]
    assert one.call_offline() == first
    one.machine.store.close()
    one.machine.open()
    one.machine.network.down = False
    assert [result.status for result in await one.machine.push()] == ["accepted"]


async def test_two_devices_ask_and_no_ticket_has_two_leases(hall: SmallHall) -> None:
    windows = [await Window.sit(hall, staff, window) for staff, window in (("0307", "w1"), ("0308", "w2"))]
    tickets_there = await take_tickets(windows[0].machine, 3)
    await asyncio.gather(*(window.keeper.renew(window.session) for window in windows))
    leased = [ticket for (ticket,) in hall.all("SELECT ticket FROM ticket_lease WHERE ended_at IS NULL")]
    assert sorted(leased) == sorted(tickets_there[:2])


async def take_window(machine: Machine) -> str:
    """What is said to somebody who sits down at w1, by the copy or by the centre."""
    await machine.pull()
    outcome = machine.ask(tickets.OpenWindow(window="w1"), id=new("s"))
    if isinstance(outcome, Refusal):
        return outcome.code
    [result] = await machine.push()
    return result.code or result.status


async def test_a_silent_window_can_be_taken_and_one_that_beats_cannot(hall: SmallHall) -> None:
    one = await Window.sit(hall, "0307", "w1")
    two = await hall.machine("0308")
    for _ in range(8):
        await one.keeper.beat(one.session)
        hall.clock.advance(15_000)
        await hall.services.timers.catch_up()
    assert await take_window(two) == "window_taken"
    log = hall.all("SELECT count(*) FROM log")
    await one.keeper.beat(one.session)
    assert hall.all("SELECT count(*) FROM log") == log, "a heartbeat is no operation"
    hall.clock.advance(59_000)
    assert await take_window(two) == "window_taken"
    hall.clock.advance(2_000)
    await hall.services.timers.catch_up()
    assert hall.all("SELECT silent_at IS NULL FROM window_session WHERE id = ?", one.session) == [(0,)]
    await one.keeper.beat(one.session)  # it is there again, in time
    assert await take_window(two) == "window_taken"
    hall.clock.advance(61_000)
    await hall.services.timers.catch_up()
    assert await take_window(two) == "accepted"
    with pytest.raises(ServerRefused, match="window_closed"):
        await one.keeper.beat(one.session)


async def test_after_a_restart_of_the_server_everyone_has_a_minute(closed_hall: SmallHall) -> None:
    async with closed_hall.open():
        one = await Window.sit(closed_hall, "0307", "w1")
        session = one.session
        await one.keeper.beat(session)
    closed_hall.clock.advance(HOUR)
    async with closed_hall.open():
        await closed_hall.services.timers.catch_up()
        assert closed_hall.all("SELECT silent_at FROM window_session WHERE id = ?", session) == [(None,)]
        closed_hall.clock.advance(61_000)
        await closed_hall.services.timers.catch_up()
        assert closed_hall.all("SELECT silent_at IS NULL FROM window_session WHERE id = ?", session) == [(0,)]


async def test_another_s_window_is_no_door_to_leases(hall: SmallHall) -> None:
    one = await Window.sit(hall, "0307", "w1")
    two = await Window.sit(hall, "0308", "w2")
    await take_tickets(one.machine, 1)
    await one.renew()
    [(lease,)] = hall.all("SELECT id FROM ticket_lease")
    with pytest.raises(ServerRefused, match="window_closed") as refused:
        await two.keeper.renew(one.session)
    assert refused.value.params["status"] == 409
    forged = two.machine.ask(verbs.ReturnLease(), id=lease)
    assert isinstance(forged, Refusal)
    assert forged.code == "forbidden"
