"""Bad lines between a real client and the real server: nothing is lost, nothing is done twice, and it ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import uvicorn

from server_stub.app import Application
from server_stub.door import Door
from server_stub.serve import bind
from server_stub.services import Services
from sync.errors import ServerRefused, TransportError
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from sync.replica.exchange import Exchange
from sync.transport.http import HttpTransport
from tests.served import Prompt
from tests.sync.small_hall import CASES, QUEUE, Machine, SmallHall
from tests.sync.toxic import Line, ToxicLink

WAIT = 60
GRID = Line(rate=8_000, latency=0.1, loss=0.05)  # 64 kbit/s, 200 ms there and back, 5 % loss


@contextlib.asynccontextmanager
async def listening(hall: SmallHall) -> AsyncIterator[int]:
    """The hall's server behind a real socket, in this process and by the driven clock; its port."""
    services = Services.open(hall.url, hall.clock)
    hall.services, hall.app = services, Application(services)
    sock = bind("127.0.0.1", 0)
    config = uvicorn.Config(hall.app, http=Door, log_level="critical", lifespan="on", ws="none", timeout_keep_alive=75)
    server = Prompt(config)
    serving = asyncio.create_task(server._serve([sock]))  # `serve` would take the signals of the test's own process
    async with asyncio.timeout(WAIT):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield sock.getsockname()[1]
    finally:
        for machine in hall.machines:
            await machine.close()
        hall.machines.clear()
        server.end()
        await asyncio.wait_for(serving, WAIT)


async def reached_by(machine: Machine, url: str, *, patience: float = 1.0) -> None:
    """From now on this device speaks through that address."""
    await machine.transport.close()
    machine.transport = HttpTransport(url, patience=patience)
    if machine.opened is not None:
        machine.transport.use(machine.opened)
    machine.exchange = Exchange(machine.store, machine.transport, machine.clock, machine.key)


async def rounds_until_quiet(machine: Machine, bound: int) -> int:
    """Push and pull until nothing is left to say; how many rounds it took, of `bound` at most."""
    for count in range(1, bound + 1):
        try:
            while await machine.push():
                pass
            await machine.pull()
        except TransportError as error:
            if error.code != "unreachable":
                raise
            continue
        except ServerRefused as refused:  # what a busy machine answers: too slow a request, a store that is held
            if refused.params.get("status") not in (408, 503):
                raise
            continue
        if not machine.outbox():
            return count
    raise AssertionError(f"{machine.device} is not quiet after {bound} rounds: {len(machine.outbox())} wait")


@pytest.fixture
async def port(closed_hall: SmallHall) -> AsyncIterator[int]:
    async with listening(closed_hall) as port:
        yield port


def work(machine: Machine, many: int, prefix: str) -> set[str]:
    """Notes, and a ticket for each."""
    said = {f"{prefix}{i}" for i in range(many)}
    for note in sorted(said):
        machine.do(cases.Note(note=note, text=f"{note} 有话说"), id="c0", scope=CASES)
        machine.do(tickets.Issue(matter="m1", site="hall"), id=f"t{note}", scope=QUEUE)
    return said


def once_each(hall: SmallHall, said: set[str]) -> None:
    """Nothing lost, nothing doubled, the chain whole."""
    notes = [id for (id,) in hall.all("SELECT id FROM log WHERE \"table\" = 'case_note'")]
    assert sorted(notes) == sorted(said)
    numbers = [number for (number,) in hall.all("SELECT number FROM ticket")]
    assert len(numbers) == len(set(numbers)) == len(said)
    assert hall.faults() == []


@pytest.mark.parametrize(
    ("out", "into"), [(True, False), (False, True), (True, True)], ids=["requests", "answers", "both"]
)
async def test_a_partition_of_each_direction(closed_hall: SmallHall, port: int, out: bool, into: bool) -> None:
    machine = await closed_hall.machine("0307")
    async with ToxicLink(port) as link:
        await reached_by(machine, link.url)
        said = work(machine, 5, "a")
        link.partition(out=out, into=into)
        pushing = asyncio.create_task(machine.push())
        async with asyncio.timeout(WAIT):
            while not link.told.swallowed:
                await asyncio.sleep(0.01)
        link.cut()  # the client's own timeout, ten seconds later
        with pytest.raises(TransportError, match="unreachable"):
            await pushing
        assert len(machine.outbox()) == 10
        assert len(closed_hall.results()) == (0 if out else 10)
        said |= work(machine, 5, "b")
        link.heal()
        assert await rounds_until_quiet(machine, 2) <= 2
    once_each(closed_hall, said)


async def test_a_line_that_breaks_in_the_middle_of_things(closed_hall: SmallHall, port: int) -> None:
    """One segment in five is the last of its connection, and goes half."""
    machine = await closed_hall.machine("0307")
    breaking = Line(reset=0.2)
    async with ToxicLink(port, breaking, replace(breaking), seed=3) as link:
        await reached_by(machine, link.url)
        said = work(machine, 60, "a")
        await rounds_until_quiet(machine, 100)
        assert link.told.resets > 3
    once_each(closed_hall, said)


async def test_cut_at_every_moment_of_an_exchange(closed_hall: SmallHall, port: int) -> None:
    """Ever later in the exchange the connection is reset: before the request, in it, after it, in the answer."""
    machine = await closed_hall.machine("0307")
    said: set[str] = set()
    slow = Line(rate=40_000, latency=0.01)
    async with ToxicLink(port, slow, replace(slow), speed=4) as link:
        await reached_by(machine, link.url)
        for moment in range(24):
            said |= work(machine, 2, f"m{moment}-")
            pushing = asyncio.create_task(machine.push())
            await asyncio.sleep(moment * 0.002)  # not a wait for a condition: the moment is what is tried out
            link.cut()
            with contextlib.suppress(TransportError):
                await pushing
        await rounds_until_quiet(machine, 3)
    once_each(closed_hall, said)


async def test_long_texts_pass_a_slow_line(closed_hall: SmallHall, port: int) -> None:
    """A push that takes longer than a client waits for an answer must not be sent for ever."""
    machine = await closed_hall.machine("0307")
    async with ToxicLink(port, replace(GRID), replace(GRID), speed=8) as link:
        await reached_by(machine, link.url, patience=1 / 8)
        for i in range(8):
            text = "".join(chr(0x4E00 + (i * 7919 + k * 104729) % 20_000) for k in range(20_000))  # packs badly
            machine.do(cases.Note(note=f"long{i}", text=text), id="c0", scope=CASES)
        assert await rounds_until_quiet(machine, 3) == 1, "given up before it had arrived"
    assert len(closed_hall.all("SELECT 1 FROM case_note")) == 8
