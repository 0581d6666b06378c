"""Numbers without a network: blocks on a device, used in the operation's own transaction, each accounted for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server_stub.central.gaps import accounts
from server_stub.central.opening import look
from server_stub.central.store import Tx
from sync.protocol.verbs import block as verbs
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import staff as people
from sync.protocol.verbs import ticket as tickets
from sync.protocol.verbs.block import BlockNumber
from sync.records.settings import DAY
from sync.replica.blocks import Series, left, numbered
from sync.replica.leases import LeaseKeeper
from sync.replica.submit import Submitted, submit, withdraw
from tests.sync.small_hall import BASE, CASES, QUEUE, Machine, SmallHall, new
from tests.sync.test_revocation import DEVICES, decide, duty, held, revoked

RECEIPTS = Series("material_receipt", CASES)
TICKETS = Series("ticket", QUEUE, "A")


def receive(number: BlockNumber | None) -> cases.Receive:
    return cases.Receive(matter="m1", site="hall", applicant="吴某", document=new("doc"), number=number)


def give_out(number: BlockNumber | None) -> tickets.Issue:
    return tickets.Issue(matter="m1", site="hall", number=number)


class Laptop:
    """A machine that numbers by itself."""

    def __init__(self, hall: SmallHall, machine: Machine) -> None:
        self.hall, self.machine = hall, machine
        self.keeper = LeaseKeeper(machine.store, machine.transport, machine.clock)

    async def renew(self, *series: Series) -> None:
        await self.keeper.renew_blocks(series or (RECEIPTS,), self.hall.clock.now())

    def do(self, make: Callable[[BlockNumber | None], cases.Receive | tickets.Issue], series: Series) -> int:
        taking = numbered(make, series, self.hall.clock.now())
        scope = series.scope
        outcome = submit(
            self.machine.store, self.machine.clock, self.machine.actors["0307"], taking, id=new("r"), scope=scope
        )
        assert isinstance(outcome, Submitted), outcome
        return outcome.n

    def left(self, series: Series = RECEIPTS) -> int:
        return left(self.machine.store, series, self.hall.clock.now())


@pytest.fixture
async def laptop(hall: SmallHall) -> Laptop:
    return Laptop(hall, await hall.machine("0307"))


def sums(hall: SmallHall) -> list[str]:
    """The register's own account, nothing unexplained."""
    found = look(hall.url, accounts)
    assert [each.unexplained for each in found if each.unexplained] == []
    return [line for each in found for line in each.lines()]


def account(hall: SmallHall) -> tuple[int, int, int, int]:
    """Given, used, void, still open of all blocks."""
    [(given, used)] = hall.all("SELECT sum(last - first + 1), sum(json_array_length(used)) FROM number_block")
    [(still,)] = hall.all(
        "SELECT coalesce(sum(last - first + 1 - json_array_length(used)), 0) FROM number_block WHERE state = 'out'"
    )
    [(void,)] = hall.all("SELECT count(*) FROM void_number WHERE block IS NOT NULL")
    assert given == used + void + still
    return given, used, void, still


async def test_a_receipt_has_its_number_at_once_and_keeps_it(hall: SmallHall, laptop: Laptop) -> None:
    await laptop.renew()
    assert laptop.left() == 10
    laptop.machine.network.down = True
    laptop.do(receive, RECEIPTS)
    laptop.do(receive, RECEIPTS)
    printed = laptop.machine.all("SELECT number FROM document ORDER BY number")
    assert printed == [("样例局收字(2026)第00001号",), ("样例局收字(2026)第00002号",)]
    laptop.machine.network.down = False
    assert [result.status for result in await laptop.machine.push()] == ["accepted"] * 2
    await laptop.machine.pull()
    assert laptop.machine.all("SELECT number FROM document ORDER BY number") == printed
    assert account(hall) == (10, 2, 0, 8)
    other = await hall.machine("0308")
    assert (await other.ended(receive(None), id=new("r"), scope=CASES)).status == "accepted"
    assert hall.all("SELECT max(number) FROM document") == [("样例局收字(2026)第00011号",)], "behind the block"
    assert hall.faults() == []


async def test_a_kiosk_gives_tickets_without_a_network(hall: SmallHall, laptop: Laptop) -> None:
    await laptop.renew(TICKETS)
    laptop.machine.network.down = True
    for _ in range(3):
        laptop.do(give_out, TICKETS)
    laptop.machine.network.down = False
    other = await hall.machine("0308")
    assert (await other.ended(give_out(None), id=new("t"))).status == "accepted"
    assert [result.status for result in await laptop.machine.push()] == ["accepted"] * 3
    numbers = [number for (number,) in hall.all("SELECT number FROM ticket ORDER BY number")]
    assert numbers == ["A001", "A002", "A003", "A021"]
    assert sums(hall) == ["licang:queue:A 2026-03-02: given 21 = used 4 + void 0 + open 17"]
    hall.clock.advance(DAY)
    assert laptop.left(TICKETS) == 0, "yesterday's numbers are nobody's"
    await laptop.machine.sign_on("0307")
    await laptop.renew(TICKETS)
    assert laptop.left(TICKETS) == 20
    assert account(hall) == (40, 3, 17, 20)


async def test_a_number_never_comes_back(hall: SmallHall, laptop: Laptop) -> None:
    await laptop.renew()
    n = laptop.do(receive, RECEIPTS)
    assert withdraw(laptop.machine.store, n)
    laptop.do(receive, RECEIPTS)
    assert laptop.machine.all("SELECT n FROM document") == [(2,)]
    laptop.machine.store.close()
    laptop.machine.open()
    laptop.keeper = LeaseKeeper(laptop.machine.store, laptop.machine.transport, laptop.machine.clock)
    laptop.do(receive, RECEIPTS)
    assert sorted(laptop.machine.all("SELECT n FROM document")) == [(2,), (3,)]
    await laptop.machine.push()
    hall.clock.advance(4 * DAY)
    await laptop.machine.sign_on("0307")
    await laptop.renew()
    assert (1,) in hall.all("SELECT n FROM void_number")
    assert account(hall) == (20, 2, 8, 10)


async def test_an_operation_that_the_rule_refuses_takes_no_number(hall: SmallHall, laptop: Laptop) -> None:
    await laptop.renew()
    bad = lambda number: cases.Receive(matter="none", site="hall", applicant="吴某", document="d", number=number)  # noqa: E731
    taking = numbered(bad, RECEIPTS, hall.clock.now())
    actor = laptop.machine.actors["0307"]
    outcome = submit(laptop.machine.store, laptop.machine.clock, actor, taking, id="r", scope=CASES)
    assert not isinstance(outcome, Submitted)
    assert laptop.left() == 10


async def test_a_margin_made_longer_ends_a_block_later_and_not_never(hall: SmallHall, laptop: Laptop) -> None:
    await laptop.renew()
    admin = await hall.machine("0901")
    [(at,)] = hall.all("SELECT at FROM due WHERE kind = 'block.expire@1'")
    longer = people.PutSetting(value=30 * DAY)
    assert (await admin.ended(longer, id="number_block_margin", scope=BASE)).status == "accepted"
    [(until,)] = hall.all("SELECT expires_at FROM number_block")
    for now, state in ((at, "out"), (until + 30 * DAY - 1, "out"), (until + 30 * DAY, "ended")):
        hall.clock.advance(now - hall.clock.now())
        await hall.services.timers.catch_up()
        assert hall.all("SELECT state FROM number_block") == [(state,)], now
    assert account(hall) == (10, 0, 10, 0)
    assert hall.all("SELECT count(*) FROM due WHERE kind = 'block.expire@1'") == [(0,)]


async def test_without_a_block_the_centre_numbers(hall: SmallHall, laptop: Laptop) -> None:
    laptop.do(receive, RECEIPTS)
    assert laptop.machine.all("SELECT number FROM document") == [(None,)]
    await laptop.machine.push()
    await laptop.machine.pull()
    assert laptop.machine.all("SELECT n FROM document") == [(1,)]


async def test_a_device_that_is_not_heard_loses_its_numbers_and_one_that_returns_has_used_them(
    hall: SmallHall, laptop: Laptop
) -> None:
    await laptop.renew()
    laptop.machine.network.down = True
    laptop.do(receive, RECEIPTS)
    hall.clock.advance(12 * DAY)
    await hall.services.timers.catch_up()
    assert account(hall) == (10, 0, 10, 0)
    assert hall.all("SELECT DISTINCT reason FROM void_number") == [("block_expired",)]
    laptop.machine.network.down = False
    await laptop.machine.sign_on("0307")
    assert [result.status for result in await laptop.machine.push()] == ["accepted"]
    assert account(hall) == (10, 1, 9, 0)
    assert hall.all("SELECT n FROM void_number WHERE n = 1") == []
    assert hall.faults() == []


async def test_another_s_number_or_one_twice_is_refused(hall: SmallHall, laptop: Laptop) -> None:
    await laptop.renew()
    [(block,)] = hall.all("SELECT id FROM number_block")
    laptop.do(receive, RECEIPTS)
    await laptop.machine.push()
    for n, wanted in ((1, "bad_number"), (11, "bad_number"), (2, "accepted")):
        number = BlockNumber(block=block, period="2026", n=n)
        laptop.machine.do(receive(number), id=new("r"), scope=CASES)
        [result] = await laptop.machine.push()
        assert (result.code or result.status) == wanted
    thief = await hall.machine("0308")
    thief.do(receive(BlockNumber(block=block, period="2026", n=3)), id=new("r"), scope=CASES)
    [result] = await thief.push()
    assert result.code == "bad_number"


async def test_a_device_asks_for_no_more_than_it_may(hall: SmallHall, laptop: Laptop) -> None:
    for _ in range(6):
        await laptop.renew(Series("correction_notice", "licang:case/food"), Series("grant_decision", CASES))
    assert hall.all("SELECT count(*) FROM number_block") == [(0,)]
    forged = verbs.GiveBlock(device=laptop.machine.device, of="material_receipt", period="2026")
    assert laptop.machine.ask(forged, id=new("b"), scope=CASES).code == "forbidden"  # type: ignore[union-attr]


async def test_a_crash_between_number_and_outbox_is_before_or_after(hall: SmallHall, laptop: Laptop) -> None:
    """The number and the operation are one transaction: whatever interrupts it, both are there or neither."""
    await laptop.renew()

    class Killed(BaseException):
        pass

    def dies(number: BlockNumber | None) -> cases.Receive:
        raise Killed

    with pytest.raises(Killed):
        laptop.do(dies, RECEIPTS)
    assert (laptop.left(), laptop.machine.outbox()) == (10, [])
    laptop.do(receive, RECEIPTS)
    assert (laptop.left(), len(laptop.machine.outbox())) == (9, 1)


async def test_a_revoked_device_s_numbers_go_void_and_one_that_it_had_used_comes_back(
    hall: SmallHall, laptop: Laptop
) -> None:
    await laptop.renew()
    await laptop.renew(TICKETS)
    laptop.do(receive, RECEIPTS)
    await laptop.machine.push()
    laptop.do(receive, RECEIPTS)  # printed, and on its way when the device is lost
    manager = await duty(hall)
    await revoked(hall, manager, laptop.machine.device)
    await hall.services.timers.catch_up()
    assert account(hall) == (30, 1, 29, 0)
    assert hall.all("SELECT DISTINCT reason FROM void_number") == [("device_revoked",)]
    await laptop.machine.exchange.farewell(laptop.machine.key)
    await manager.pull()
    [row] = held(hall, laptop.machine.device)
    await manager.ended(decide(row, "accept"), id=row["id"], scope=DEVICES)
    assert hall.all("SELECT state, code FROM held_operation") == [("accepted", None)]
    assert account(hall) == (30, 2, 28, 0)
    assert sums(hall) == [
        "case/licang:case/registration 2026-03-02: given 2 = used 2 + void 0 + open 0",
        "licang/material_receipt 2026: given 10 = used 2 + void 8 + open 0",
        "  void 3-10: device_revoked",
        "licang:queue:A 2026-03-02: given 20 = used 0 + void 20 + open 0",
        "  void 1-20: device_revoked",
    ]
    assert hall.faults() == []


async def test_a_number_that_nothing_explains_is_named(hall: SmallHall, laptop: Laptop) -> None:
    for _ in range(3):
        laptop.do(give_out, TICKETS)
    await laptop.machine.push()

    async def lost(tx: Tx) -> None:
        await tx.execute("DELETE FROM ticket WHERE number = 'A002'")

    await hall.services.store.write(lost)
    [told] = look(hall.url, accounts)
    assert told.unexplained == [2]
    assert list(told.lines())[-1] == "  unexplained 2"
