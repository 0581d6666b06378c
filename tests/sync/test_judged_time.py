"""The time of an operation: the boot clock's distance, the wall clock after a restart, bounds on both sides."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server_stub.apply.incoming import judge
from sync.clock import DrivenClock
from sync.protocol.operation import Envelope
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from tests.sync.small_hall import CASES, QUEUE, SmallHall

MOMENT = st.integers(0, 1 << 42)
HOUR = 3_600_000


def said(at: int, boot: str = "", boot_at: int = 0) -> Envelope:
    return Envelope(
        n=1,
        kind="k",
        id="i",
        scope="s",
        args=msgspec.Raw(b"{}"),
        by="b",
        session="s",
        said_at=at,
        boot=boot,
        boot_at=boot_at,
    )


@given(received=MOMENT, distance=st.integers(0, 10 * HOUR), wrong=st.integers(-(1 << 50), 1 << 50))
def test_the_boot_clock_counts_and_the_wall_clock_does_not(received: int, distance: int, wrong: int) -> None:
    boot_now = distance + 5
    assert judge(said(wrong, "b1", 5), "b1", boot_now, received, 0) == max(0, received - distance)


@given(received=MOMENT, at=st.integers(-(1 << 50), 1 << 50), not_before=MOMENT, boot=st.sampled_from(["", "b2"]))
def test_after_a_restart_the_wall_clock_counts_within_bounds(
    received: int, at: int, not_before: int, boot: str
) -> None:
    judged = judge(said(at, boot, 5), "b1", 100, received, not_before)
    assert judged <= received
    assert judged == min(received, max(at, not_before))


@given(received=MOMENT, boot_at=st.integers(-(1 << 70), 1 << 70), boot_now=st.integers(-(1 << 70), 1 << 70))
def test_no_number_a_device_sends_puts_it_outside(received: int, boot_at: int, boot_now: int) -> None:
    assert 0 <= judge(said(1 << 70, "b1", boot_at), "b1", boot_now, received, 0) <= received


async def times(hall: SmallHall) -> dict[int, int]:
    devices = "device LIKE 'd%' AND kind NOT LIKE 'device.%'"  # what happens at the door is no device's
    return dict(hall.all(f"SELECT n, at FROM result WHERE {devices} ORDER BY n"))


def note(i: int) -> cases.Note:
    return cases.Note(note=f"n{i}", text="x")


async def test_ten_hours_offline_keep_their_times_also_over_several_pushes(hall: SmallHall) -> None:
    clock = DrivenClock(hall.clock.now(), skew_ms=-86_400_000)  # a day slow on the wall
    laptop = await hall.machine("0307", clock=clock)
    begun = hall.clock.now()
    for i in range(230):
        for each in (clock, hall.clock):
            each.advance(2 * 60_000)
        laptop.do(note(i), id="c0", scope=CASES)
    await laptop.pull()  # the network is back; the pull came first
    while await laptop.push():
        for each in (clock, hall.clock):
            each.advance(500)
    assert await times(hall) == {i + 1: begun + (i + 1) * 120_000 for i in range(230)}


async def test_a_device_that_had_nothing_to_say_cannot_have_said_it_before(hall: SmallHall) -> None:
    laptop = await hall.machine("0307", clock=(clock := DrivenClock(hall.clock.now())))
    hall.clock.advance(HOUR)
    clock.advance(HOUR)
    await laptop.pull()
    pulled = hall.clock.now()
    clock.reboot("another")
    clock.skew_ms = -3 * HOUR
    laptop.do(note(1), id="c0", scope=CASES)
    clock.reboot("once more")  # so that the wall clock is all there is
    await laptop.push()
    assert await times(hall) == {1: pulled}


async def test_operations_never_go_back_behind_the_one_before(hall: SmallHall) -> None:
    laptop = await hall.machine("0307", clock=(clock := DrivenClock(hall.clock.now())))
    hall.clock.advance(5 * HOUR)
    for i, skew in enumerate((3 * HOUR, 2 * HOUR, 4 * HOUR)):
        clock.skew_ms = skew
        laptop.do(note(i), id="c0", scope=CASES)
    clock.reboot("another")
    await laptop.push()
    start = clock.now() - clock.skew_ms
    assert await times(hall) == {1: start + 3 * HOUR, 2: start + 3 * HOUR, 3: start + 4 * HOUR}


async def test_the_bound_outlives_the_server(closed_hall: SmallHall) -> None:
    hall = closed_hall
    async with hall.open():
        laptop = await hall.machine("0307")
        await laptop.ended(tickets.OpenWindow(window="w1"), id="s1", scope=QUEUE)
        device, key, last = laptop.device, laptop.key, hall.clock.now()
    from tests.sync.small_hall import Machine

    async with hall.open():
        again = Machine(hall.folder / f"{device}.db", hall.app, DrivenClock(last, skew_ms=-HOUR), device, key)
        hall.machines.append(again)
        hall.clock.advance(HOUR)
        await again.sign_on("0307")
        again.do(note(1), id="c0", scope=CASES)
        again.clock.reboot("another")
        await again.push()
        assert (await times(hall))[2] == last
