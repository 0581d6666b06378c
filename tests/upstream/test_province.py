"""The province's platform: whatever is lost, late, doubled or refused on the way, in the end it has what we have.

The simulator is a real HTTP server on loopback; the connector is stepped by hand over a real store and a driven clock.
"""

import asyncio
import contextlib
import gzip
import shutil
import socket
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_stub.central.seed import SeedRow, seed
from server_stub.central.store import Tx
from server_stub.services import Services
from server_stub.upstream.province.client import ANSWER_BYTES, NoAnswer, Province, read_key
from server_stub.upstream.province.connector import Connector
from server_stub.upstream.province.message import digest_of, item_of, number_of
from server_stub.upstream.province.simulator import FAULTS, Simulator
from sync.clock import DrivenClock
from sync.errors import InputError
from sync.protocol.messages import ProvinceState
from sync.records.settings import DAY, HOUR
from sync.rules.facts import Row
from tests.sync.small_hall import BASE, MONDAY, RATING, SCOPES, SmallHall, first_rows

KEY = b"a key for the tests only"
PLANTED = ("赵一二", "13912345678", "370213199001011234", "0307", "t-secret")
LEVELS = ("very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied")
T = TypeVar("T")


def rating(id: str, at: int, **more: object) -> SeedRow:
    told = {"level": LEVELS[at // 60_000 % 5], "tags": ["late"], "tag_version": 1, "channel": "phone", "matter": "m1"}
    told |= {"window": "w1", "staff": "0307", "site": "hall", "rated_at": at, "words": " ".join(PLANTED)}
    return SeedRow("rating", id, RATING, told | more)


RATINGS = [rating(f"r-t-secret-{n}", MONDAY - DAY * (n % 3) + n * 60_000) for n in range(24)]


def make(folder: Path, url: str, ratings: list[SeedRow]) -> Path:
    """A store in which so many ratings stand."""
    path = folder / "central.db"
    services = Services.open(f"sqlite:///{path}", DrivenClock(MONDAY))
    setting = SeedRow("setting", "province_url", BASE, {"value": {"value": url}})
    seed(services.store, SCOPES, [*first_rows(), setting, *ratings], {}, MONDAY)
    services.store.close()
    return path


class World:
    """A hall's server parts without its loop, and the province."""

    def __init__(self, path: Path, province: Simulator) -> None:
        self.url, self.province, self.clock = f"sqlite:///{path}", province, DrivenClock(MONDAY)
        self.services = Services.open(self.url, self.clock, province_key=KEY)
        self.connector = self.services.province

    async def steps(self, most: int = 400) -> None:
        """Round by round until there is no more to do now."""
        for _ in range(most):
            if not await self.connector.round():
                return
        raise AssertionError("the connector never rests")

    async def days(self, many: int, *, hours: int = 1) -> None:
        """So many days pass, some hours at a time."""
        for _ in range(24 // hours * many):
            await self.steps()
            self.clock.advance(hours * HOUR)

    async def again(self) -> None:
        """The process ended and another begins."""
        await self.connector.stop()
        self.connector = Connector(self.services.store, self.services.applier, self.clock, KEY)

    async def ours(self) -> dict[str, str]:
        """What the province should have, told from the records alone."""
        secret = self.services.store.secret("province-numbers")
        columns, records = self.services.store.columns["rating"], self.services.store.records["rating"]

        async def work(tx: Tx) -> list[Row]:
            return [Row(r[0], r[1], r[2], columns.body(r)) for r in await tx.fetch(records.all)]

        items = [item_of(secret, row) for row in await self.services.store.read(work)]
        return {item.number: digest_of(item) for item in items}

    async def close(self) -> None:
        await self.connector.stop()
        self.services.store.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Simulator]]:
    """A store to be copied, and the province that it names; what the province has is forgotten for each test."""
    with Simulator(KEY) as province:
        yield make(tmp_path_factory.mktemp("made"), province.url, RATINGS), province


def in_world(place: tuple[Path, Simulator], folder: Path, body: Callable[[World], Awaitable[T]]) -> T:
    async def run() -> T:
        world = World(Path(shutil.copy(place[0], folder / "central.db")), place[1])
        await world.services.applier.start()
        try:
            return await body(world)
        finally:
            await world.close()

    place[1].forget(KEY)
    return asyncio.run(run())


def test_every_rating_reaches_the_province_once_and_each_day_is_equal(
    place: tuple[Path, Simulator], tmp_path: Path
) -> None:
    async def body(world: World) -> None:
        await world.steps()
        assert world.province.digests() == await world.ours()
        assert len(world.province.heard) == 1 + 2  # one batch, two days that are over
        said = [body for body in world.province.heard if body]
        await world.days(2)
        assert world.province.digests() == await world.ours()
        assert await world.connector.outbox.counts() == {"acknowledged": 24}
        await world.again()
        await world.days(1)
        assert [body for body in world.province.heard if body] == said  # nothing is said twice

    in_world(place, tmp_path, body)


def test_nothing_of_a_person_leaves_the_hall(place: tuple[Path, Simulator], tmp_path: Path) -> None:
    async def body(world: World) -> None:
        await world.steps()
        said = b"".join(world.province.heard).decode()
        assert "m1" in said
        assert not [planted for planted in PLANTED if planted in said]

    in_world(place, tmp_path, body)
    assert number_of(b"one", "r") != number_of(b"two", "r")


@pytest.mark.parametrize("url", ["", "http://[", "file:///etc/passwd", "http://a b", "http://127.0.0.1:1"])
async def test_an_address_that_is_none_is_no_answer(url: str) -> None:
    province = Province(url, "licang", KEY)
    with pytest.raises(NoAnswer, match="unreachable"):
        await province.day("2026-03-02")
    await province.close()


@pytest.mark.parametrize("packed", [True, False])
async def test_an_answer_without_end_is_not_kept_in_memory(packed: bool) -> None:
    """What counts is what comes out: so many blanks pack into a few kilobytes."""
    blanks = b" " * (2 * ANSWER_BYTES)
    coding, body = (b"gzip", gzip.compress(blanks)) if packed else (b"identity", blanks)

    def answer(door: socket.socket) -> None:
        connection, _ = door.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            head = b"HTTP/1.1 200 OK\r\ncontent-encoding: %b\r\ntransfer-encoding: chunked\r\n\r\n" % coding
            connection.sendall(head + b"%x\r\n%b\r\n" % (len(body), body))  # and no end of it
            connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(1) as thread:
        answered = thread.submit(answer, door)
        province = Province(f"http://127.0.0.1:{door.getsockname()[1]}", "licang", KEY)
        with pytest.raises(NoAnswer, match="not_understood"):
            await province.day("2026-03-02")
        await province.close()
        await asyncio.to_thread(answered.result)


PLANS = st.lists(st.sampled_from(("fine", "restart", *FAULTS)), max_size=24)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(plan=PLANS)
def test_after_any_mix_of_faults_the_province_has_what_we_have(
    place: tuple[Path, Simulator], tmp_path_factory: pytest.TempPathFactory, plan: list[str]
) -> None:
    _survives(place, tmp_path_factory.mktemp("province"), plan)


@pytest.mark.prove
@settings(max_examples=1000, deadline=None)
@given(plan=st.lists(st.sampled_from(("fine", "restart", *FAULTS)), max_size=120))
def test_after_a_thousand_mixes_of_faults(
    place: tuple[Path, Simulator], tmp_path_factory: pytest.TempPathFactory, plan: list[str]
) -> None:
    _survives(place, tmp_path_factory.mktemp("province"), plan)


def _survives(place: tuple[Path, Simulator], folder: Path, plan: list[str]) -> None:
    async def body(world: World) -> None:
        for fault in plan:
            if fault == "restart":
                await world.again()
            else:
                world.province.will([fault])
                for _ in range(200):  # an hour passes until the connector has something to say
                    await world.connector.round()
                    if not world.province.plan:
                        break
                    world.clock.advance(HOUR)
                world.province.plan.clear()
        await world.days(3, hours=6)
        assert world.province.digests() == await world.ours()
        counts = await world.connector.outbox.counts()
        assert counts == {"acknowledged": len(RATINGS)}
        rows = await world.services.store.read(lambda tx: tx.fetch("SELECT state FROM upload_day"))
        assert {state for (state,) in rows} == {"equal"}

    in_world(place, folder, body)
    shutil.rmtree(folder, ignore_errors=True)


def test_what_the_province_forgot_or_altered_is_a_difference_and_sent_again(
    place: tuple[Path, Simulator], tmp_path: Path
) -> None:
    async def body(world: World) -> None:
        await world.steps()
        day = min(item.day for item in world.province.items.values())
        numbers = sorted(world.province.digests(day))
        del world.province.items[numbers[0]]
        world.province.items["beyond"] = next(iter(world.province.items.values()))
        await world.services.store.write(lambda tx: tx.execute("UPDATE upload_day SET state = 'open', next_at = 0"))
        await world.steps()
        rows = await world.services.store.read(
            lambda tx: tx.fetch("SELECT day, state, missing, extra FROM upload_day WHERE state = 'different'")
        )
        assert (day, "different") in [(row[0], row[1]) for row in rows]
        assert numbers[0] in world.province.items  # sent again at once
        assert "beyond" in world.province.items  # what is beyond ours is told, not deleted

    in_world(place, tmp_path, body)


def test_a_batch_that_is_judged_as_a_whole_is_halved_to_the_one_item(
    place: tuple[Path, Simulator], tmp_path: Path
) -> None:
    async def body(world: World) -> None:
        world.province.will(["judge"] * 5)  # 24, 12, 6, 3, and the first of these
        world.clock.advance(15 * HOUR)  # midnight: no day is compared before two
        await world.steps()
        assert await world.connector.outbox.counts() == {"refused": 1, "acknowledged": 23}
        world.clock.advance(3 * HOUR)
        await world.steps()
        assert world.province.digests() == await world.ours()  # it was of a day that is over, and sent again with it

    in_world(place, tmp_path, body)


def test_without_a_key_nothing_is_sent_and_the_outbox_fills_all_the_same(
    place: tuple[Path, Simulator], tmp_path: Path
) -> None:
    async def body(world: World) -> None:
        await world.connector.stop()
        world.connector = Connector(world.services.store, world.services.applier, world.clock, None)
        await world.steps()
        assert await world.connector.outbox.counts() == {"waiting": 24}
        assert world.province.heard == []

    in_world(place, tmp_path, body)


def test_a_wrong_key_is_said_and_waited_out(place: tuple[Path, Simulator], tmp_path: Path) -> None:
    async def body(world: World) -> None:
        world.province.key = b"another key than the hall has"
        await world.steps()
        trouble = await world.services.store.read(lambda tx: tx.fetch_one("SELECT trouble FROM connector"))
        assert trouble[0] == "http_401"
        tried = len(world.province.heard)
        await world.steps()
        assert len(world.province.heard) == tried  # not before its time
        world.province.key = KEY
        world.clock.advance(HOUR)
        await world.steps()
        assert await world.connector.outbox.counts() == {"acknowledged": 24}

    in_world(place, tmp_path, body)


def test_two_processes_and_one_speaks(place: tuple[Path, Simulator], tmp_path: Path) -> None:
    async def body(world: World) -> None:
        await world.steps()
        other = Connector(world.services.store, world.services.applier, world.clock, KEY)
        assert await other.round() is False
        world.clock.advance(HOUR)  # the first is silent: its lease ends
        heard = len(world.province.heard)
        await world.services.store.write(lambda tx: tx.execute("UPDATE upload SET state = 'waiting', next_at = 0"))
        assert await other.round() is True
        assert len(world.province.heard) > heard
        await other.stop()

    in_world(place, tmp_path, body)


def test_the_key_comes_from_a_file_that_nobody_else_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert read_key(None) is None
    path = tmp_path / "province.key"
    path.write_bytes(KEY + b"\n")
    if sys.platform != "win32":
        path.chmod(0o644)
        with pytest.raises(InputError, match="key_open"):
            read_key(path)
    path.chmod(0o600)
    assert read_key(path) == KEY
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_key(None) == KEY
    path.write_bytes(b"short")
    with pytest.raises(InputError, match="key_short"):
        read_key(path)
    with pytest.raises(InputError, match="key_unreadable"):
        read_key(tmp_path / "none")


async def test_supervisors_and_duty_managers_are_told_how_it_stands(tmp_path: Path) -> None:
    hall = SmallHall(tmp_path)
    with Simulator(KEY) as province:
        setting = SeedRow("setting", "province_url", BASE, {"value": {"value": province.url}})
        hall.make([setting, *RATINGS])
        async with hall.open():
            supervisor, clerk = await hall.machine("0001"), await hall.machine("0307")
            for machine, on in ((supervisor, True), (clerk, False)):
                while True:
                    state = await machine.transport.ask("GET", "/v1/province", ProvinceState)
                    if not on or state.waiting:  # the connector's own loop, which has no key here
                        break
                    await asyncio.sleep(0.05)
                assert state.on is on
                assert state.waiting == (24 if on else 0)
            async with asyncio.timeout(60):
                while state.trouble != "no_key":
                    state = await supervisor.transport.ask("GET", "/v1/province", ProvinceState)
            assert [day.state for day in state.days] == ["open"] * 3
    with sqlite3.connect(tmp_path / "central.db") as connection:
        assert connection.execute("SELECT count(*) FROM upload").fetchone() == (24,)
