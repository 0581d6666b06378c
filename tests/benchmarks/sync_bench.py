"""What the sync benchmarks share: processes in turn, the same work for the floor and the product, ratios with spread.

A round runs the floor and the product one after the other, each on fresh files and fresh server processes; a ratio is
taken within a round, since a machine's speed drifts.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

import sync.rules.register as _rules  # noqa: F401 - all rules, as a workstation has them
from server_stub.central.people import new_code
from server_stub.central.seed import SeedRow
from server_stub.central.store import Tx
from server_stub.services import Services
from sync.clock import SystemClock
from sync.device_key import DeviceKey
from sync.protocol.identifiers import uuid7
from sync.protocol.operation import Envelope, kind_of
from sync.protocol.verbs import case as cases
from sync.replica.exchange import Exchange
from sync.replica.sessions import Opening, enrol, open_session
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor, Submitted, submit
from sync.transport.http import HttpTransport
from tests.benchmarks.bare_loop import Loop
from tests.postgres import database, named, with_cluster
from tests.sync.small_hall import CASES, PIN, SmallHall

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ROOT = Path(__file__).resolve().parent.parent.parent
CLOCK = SystemClock()
TEXT = "申请人补交了经营场所使用证明，与原件核对一致。" * 4


@contextmanager
def child(*arguments: str) -> Iterator[str]:
    """A server process; its URL."""
    with process(*arguments) as (url, _):
        yield url


@contextmanager
def process(*arguments: str) -> Iterator[tuple[str, int]]:
    """A server process; its URL and its id."""
    started = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert started.stdout is not None
    try:
        yield started.stdout.readline().removeprefix("ready ").strip(), started.pid
    finally:
        started.kill()
        started.wait()
        started.stdout.close()


@contextmanager
def floor() -> Iterator[tuple[Path, str]]:
    """The bare loop's server and a folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with child("-m", "tests.benchmarks.bare_loop", str(path / "server.db")) as url:
            yield path, url


def documents(count: int) -> list[str]:
    """What the floor pulls: as much as a note's row, without what the product's rows carry beside their image."""
    row = {"case": "c0", "text": TEXT, "staff": "0307", "at": 1_772_413_200_000}
    return [json.dumps({"id": f"n{i}", **row}, ensure_ascii=False) for i in range(count)]


def operations(count: int) -> list[str]:
    """What the floor pushes: the operations that `Window.queue` says, as they travel, under ids of their own."""
    session, now = uuid7(CLOCK.now()), CLOCK.now()
    boot, boot_now = CLOCK.boot()

    def one(i: int) -> str:
        args = cases.Note(note=f"n{i}", text=TEXT)
        said = msgspec.Raw(msgspec.json.encode(args))
        envelope = Envelope(
            n=i + 1,
            kind=kind_of(args),
            id=f"n{i}",  # of the note: the floor keeps one row an id
            scope=CASES,
            args=said,
            by="0307",
            session=session,
            said_at=now,
            boot=boot,
            boot_at=boot_now,
        )
        return msgspec.json.encode(envelope).decode()

    return [one(i) for i in range(count)]


class Window:
    """A workstation's sync, without a screen."""

    def __init__(self, path: Path, url: str) -> None:
        self.store = ReplicaStore(path)
        self.transport = HttpTransport(url)
        self.exchange = Exchange(self.store, self.transport, CLOCK)
        self.actor = Actor("", "")

    def queue(self, count: int, start: int = 0) -> None:
        """Notes into the outbox."""
        for i in range(start, start + count):
            args = cases.Note(note=f"n{i}", text=TEXT)
            assert isinstance(submit(self.store, CLOCK, self.actor, args, id="c0", scope=CASES), Submitted)

    async def close(self) -> None:
        """Close both ends."""
        await self.transport.close()
        self.store.close()


@contextmanager
def small_hall(engine: str = SQLITE, rows: Sequence[SeedRow] = ()) -> Iterator[SmallHall]:
    """A store with a hall in it, nobody serving it: a file, or a database of a durable PostgreSQL of this run's own."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        url = ""
        if engine == POSTGRESQL:
            dsn = stack.enter_context(database(with_cluster(durable=True)))
            url = named(dsn, "", blobs=str(Path(folder) / "central.blobs"))
        yield SmallHall(Path(folder), url=url).make(rows)


def codes_of(small: SmallHall, count: int = 4, now: int | None = None) -> list[str]:
    """Enrolment codes, good from `now`."""
    services, at = Services.open(small.url, CLOCK), CLOCK.now() if now is None else now

    async def work(tx: Tx) -> list[str]:
        return [await new_code(tx, at) for _ in range(count)]

    codes = services.store.transact(work)
    services.store.close()
    return codes


def serving(url: str) -> AbstractContextManager[str]:
    """The product's server over a store; its URL."""
    return child("-m", "server_stub", "serve", "--store", url, "--port", "0")


@contextmanager
def hall(engine: str = SQLITE) -> Iterator[tuple[Path, str, list[str]]]:
    """The product's server: its folder, its URL and some enrolment codes."""
    with small_hall(engine) as small:
        codes = codes_of(small)
        with serving(small.url) as url:
            yield small.folder, url, codes


async def window(folder: Path, url: str, code: str, staff: str, *, pull: bool = True) -> Window:
    """Enrol, sign on, pull."""
    door = HttpTransport(url)
    key = DeviceKey.make()
    given = await enrol(door, code, "bench", key)
    await door.close()
    path = folder / f"{given.device}.db"
    ReplicaStore.create(path, device=given.device, hall=given.hall, shapes=given.shapes)
    made = Window(path, url)
    opened = await open_session(made.transport, Opening(given.device, key, staff, PIN))
    made.actor = Actor(staff, opened.session)
    if pull:
        await made.exchange.pull_all()
    return made


def painted() -> None:
    """What a workstation does after its first paint, before the clock starts: what is there already stays out of the
    collector's rounds. For the floor too: this process holds the server's code as well, which no client does."""
    gc.collect()
    gc.freeze()


Measure = Callable[[int], Awaitable[float]]


def rounds(count: int, size: int, **sides: Measure) -> dict[str, list[float]]:
    """Each side in turn, `count` times; operations per second."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for i in range(count):
        for name in sorted(sides, reverse=bool(i % 2)):
            found[name].append(asyncio.run(_run(sides[name], size)))
    return found


async def _run(measure: Measure, size: int) -> float:
    return await measure(size)


def spread(values: list[float], digits: int = 0) -> dict[str, float]:
    """Median, least and most."""
    told = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) if digits else round(value) for name, value in told.items()}


def ratios(above: list[float], below: list[float]) -> dict[str, float]:
    """Within each round."""
    return spread([a / b for a, b in zip(above, below, strict=True)], 3)


def report(name: str, **told: Any) -> None:
    """One line of JSON."""
    print(json.dumps({"benchmark": name, **told}, ensure_ascii=False))


__all__ = [
    "POSTGRESQL",
    "SQLITE",
    "Loop",
    "Measure",
    "codes_of",
    "documents",
    "floor",
    "hall",
    "operations",
    "painted",
    "process",
    "ratios",
    "report",
    "rounds",
    "serving",
    "small_hall",
    "spread",
    "window",
]
