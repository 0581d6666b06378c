"""Pushes that follow each other before the first is answered: lost, overtaken, stopped, judged by the clock."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from server_stub.central.store import Tx
from sync.clock import DrivenClock
from sync.errors import TransportError
from sync.protocol.messages import Result
from tests.sync.extra_verbs import Break, extra_verbs
from tests.sync.one_case import note
from tests.sync.small_hall import CASES, Machine, SmallHall

DEADLINE = 60.0
HOUR = 3_600_000


async def pushed(window: Machine, limit: int = 2) -> list[list[Result]]:
    return [results async for results in window.exchange.pushes(limit)]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():
            await asyncio.sleep(0.001)


def numbers(ended: list[list[Result]]) -> list[list[int]]:
    return [[result.n for result in results] for results in ended]


def written(hall: SmallHall, window: Machine) -> list[int]:
    """What the centre has taken, in its order."""
    found = hall.all("SELECT n FROM log WHERE device = ? AND scope = ? ORDER BY seq", window.device, CASES)
    return [n for (n,) in found]


async def test_one_that_overtakes_waits_for_the_one_before(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    ns = [window.do(note(i), id="c0", scope=CASES) for i in range(6)]
    window.network.late, requests = asyncio.Event(), len(window.network.kept)
    late, pushing = window.network.late, asyncio.create_task(pushed(window))
    await window.network.over.wait()  # the second, while the first is on its way
    assert written(hall, window) == []
    late.set()
    assert numbers(await pushing) == [ns[:2], ns[2:4], ns[4:]]
    assert written(hall, window) == ns
    assert len(window.network.kept) - requests == 5, "the second and what followed it were said again"


@pytest.mark.parametrize("lost", ["request", "response"])
async def test_nothing_is_taken_after_one_that_was_lost(hall: SmallHall, lost: str) -> None:
    window = await hall.machine("0307")
    ns = [window.do(note(i), id="c0", scope=CASES) for i in range(6)]
    window.network.lose = lost
    with pytest.raises(TransportError, match="unreachable"):
        await pushed(window)
    await hall.services.applier.stop()
    assert written(hall, window) in ([], ns[:2], ns[:4]), "in order, whatever got through"
    assert numbers(await pushed(window)) == [ns[:2], ns[2:4], ns[4:]]
    assert written(hall, window) == ns


async def test_after_one_that_breaks_all_is_told_anew_and_counted_once(hall: SmallHall) -> None:
    with extra_verbs():
        window = await hall.machine("0307")
        ns = [window.do(note(0), id="c0", scope=CASES), window.do(Break(), id="c0", scope=CASES)]
        ns += [window.do(note(i), id="c0", scope=CASES) for i in range(1, 4)]
        assert numbers(await pushed(window)) == [ns[:1]], "the second try ended nothing"
        assert hall.all("SELECT n, tries FROM failed_try") == [(ns[1], 2)], "what followed it was not tried"
        [quarantined, *rest] = await pushed(window)
        assert [(result.n, result.status) for result in quarantined] == [(ns[1], "quarantined"), (ns[2], "accepted")]
        assert numbers(rest) == [ns[3:]]


async def test_an_answer_by_which_nothing_ended_is_not_asked_for_again(hall: SmallHall) -> None:
    window = await hall.machine("0307")
    ns = [window.do(note(i), id="c0", scope=CASES) for i in range(4)]
    window.network.instead = [b'{"results":[],"expect":1,"now":0}'] * 8
    assert await pushed(window) == []
    assert len(window.network.instead) >= 6, "two were under way, and no third"
    window.network.instead.clear()
    assert numbers(await pushed(window)) == [ns[:2], ns[2:]]


async def test_a_slow_line_has_one_at_a_time(hall: SmallHall) -> None:
    window = await hall.machine("0307", clock=(clock := DrivenClock(hall.clock.now())))
    ns = [window.do(note(i), id="c0", scope=CASES) for i in range(6)]
    window.network.lose = "request"
    with pytest.raises(TransportError):
        await window.push()
    follows = []

    def passes() -> None:
        follows.append(len(window.network.kept))
        clock.advance(1_000)

    window.network.passes = passes
    began = len(window.network.kept)
    assert numbers(await pushed(window)) == [ns[:2], ns[2:4], ns[4:]]
    assert [count - began for count in follows] == [1, 2, 3], "each was sent after the answer to the one before"


async def test_it_is_not_judged_earlier_than_what_was_not_written_yet(hall: SmallHall) -> None:
    window = await hall.machine("0307", clock=(clock := DrivenClock(hall.clock.now())))
    hall.clock.advance(5 * HOUR)
    await window.sign_on("0307")  # a session that ran out would be renewed on the way, and that is written
    start = clock.now()
    for i, skew in enumerate((3 * HOUR, 2 * HOUR)):
        clock.skew_ms = skew
        window.do(note(i), id="c0", scope=CASES)
    clock.reboot("another")  # so that the wall clock counts
    free = threading.Event()

    async def hold(tx: Tx) -> None:
        free.wait(DEADLINE)

    holding = asyncio.create_task(hall.services.store.write(hold))
    pushing = asyncio.create_task(pushed(window, 1))
    try:
        await until(lambda: bool(hall.services.applier._waiting))  # the second, behind the first
    finally:
        free.set()
    await holding
    assert len(await pushing) == 2
    assert hall.all("SELECT at FROM result WHERE kind = 'case.note@1' ORDER BY n") == [(start + 3 * HOUR,)] * 2
