"""Several halls at once: four on PostgreSQL behind two server processes, against one behind one; and what an operation
costs a server process with one hall and with many.

python tests/benchmarks/bench_halls.py [--tiny]      each hall a store of its own, clients in processes apart

    per_second   operations of all halls together; each hall has as many clients, who say one operation at a time
    cpu_ms       processor time of the server processes for an operation; of PostgreSQL's and of the clients' beside it
    spread, own  the clients of each of four halls come to both processes, or to one, as a proxy would have them that
                 knows which process has which hall
    bound        four halls ÷ one, at most, were each server process given a core of its own and PostgreSQL and the
                 clients enough of others: what two such cores could do ÷ what the one hall was measured at
    idle_cpu     processor time of a server process with so many halls, in which nobody does anything, ms a second
    connections  of that process to PostgreSQL, some seconds after they were at work

A hall is asked by an address of its own: 127.0.0.0/8 is all this machine. Two cores carry the clients, PostgreSQL and
the servers alike; where they are all busy with one process, a second one finds nothing left. So what it costs is told
beside the ratio.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import asyncpg
import msgspec

from server_stub.central.people import new_code
from server_stub.central.seed import SeedRow, seed
from server_stub.central.store import Tx
from server_stub.services import Services
from tests.benchmarks.light import Crowd, soon
from tests.benchmarks.processor import TICK_MS, cpu_ms, postgresql_ms
from tests.benchmarks.sync_bench import CLOCK, POSTGRESQL, SQLITE, process, ratios, report, spread
from tests.postgres import database, named, with_cluster
from tests.sync.crowded import crowd_of
from tests.sync.hall_names import BASE, CASES, SCOPES
from tests.sync.small_hall import VERIFIER, first_rows

MUST = 2


def make(url: str, hall: str, clients: int) -> list[str]:
    """A hall's store with so many clerks, and their enrolment codes."""
    roles = [
        SeedRow("role_assignment", f"s{i}-cases", BASE, {"staff": f"s{i}", "role": "clerk", "over": CASES})
        for i in range(clients)
    ]
    rows = [*first_rows(), *crowd_of(clients, 0, CLOCK.now()), *roles]
    told = msgspec.json.encode([rows, SCOPES]).replace(b"licang", hall.encode())
    rows, scopes = msgspec.json.decode(told, type=tuple[list[SeedRow], list[str]])
    services = Services.open(url, CLOCK)
    staff = dict.fromkeys([row.id for row in rows if row.table == "staff"], VERIFIER)
    seed(services.store, scopes, rows, staff, CLOCK.now())

    async def codes(tx: Tx) -> list[str]:
        return [await new_code(tx, CLOCK.now()) for _ in range(clients)]

    given = services.store.transact(codes)
    services.store.close()
    return given


class Measured(NamedTuple):
    """Operations a second, and ms of the processor for one: of the servers, of PostgreSQL, of the clients."""

    speed: float
    servers: float
    database: float
    clients: float


@dataclass
class Halls:
    """So many halls behind so many server processes, and their clients."""

    count: int
    crowd: Crowd
    clients: int
    pids: list[int] = field(default_factory=list)

    def cpu(self) -> float:
        """Of the server processes so far, ms."""
        return sum(cpu_ms(pid) for pid in self.pids)

    def measure(self, each: int) -> Measured:
        """Every client says so many."""
        before, began = (self.cpu(), postgresql_ms(), self.crowd.cpu()), soon()
        ended = max(done for done, *_ in self.crowd.all("notes", each=each, at=began))
        total = self.count * self.clients * each
        after = (self.cpu(), postgresql_ms(), self.crowd.cpu())
        servers, *rest = (b - a for a, b in zip(before, after, strict=True))
        servers = max(servers, TICK_MS)  # where it is less, that is as much as can be told
        return Measured(total / (ended - began), servers / total, *(ms / total for ms in rest))

    def idle(self, seconds: float) -> float:
        """Nobody does anything: ms of the servers, a second."""
        before = self.cpu()
        time.sleep(seconds)
        return (self.cpu() - before) / seconds


def connections() -> int:
    """Of the server processes to PostgreSQL, as it counts them."""

    async def count() -> int:
        connection = await asyncpg.connect(with_cluster(durable=True))
        try:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sync-server'"
            return int(await connection.fetchval(asked))
        finally:
            await connection.close()

    return asyncio.run(count())


_numbers = itertools.count()


@contextmanager
def halls(engine: str, count: int, *, servers: int, clients: int, own: bool = False) -> Iterator[Halls]:
    """Made, served and joined; with `own` each hall by one of the processes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lines, codes = [], []
        for i in range(count):
            hall = f"hall{next(_numbers)}"
            url = f"sqlite:///{folder / hall}.db"
            if engine == POSTGRESQL:
                dsn = stack.enter_context(database(with_cluster(durable=True)))
                url = named(dsn, "", blobs=str(folder / f"{hall}.blobs"))
            codes.append(make(url, hall, clients))
            lines.append(f'[{hall}]\nhost = "127.0.0.{i + 2}"\nstore = "{url}"\n')
        (folder / "halls.toml").write_text("".join(lines))
        asked = ("serve", "--halls", str(folder / "halls.toml"), "--host", "0.0.0.0", "--port", "0")
        served = [stack.enter_context(process("-m", "server_stub", *asked)) for _ in range(servers)]
        made = Halls(count, stack.enter_context(Crowd(2 if count * clients > 8 else 1)), clients)
        made.pids = [pid for _, pid in served]
        made.crowd.all(
            "take",
            codes=[
                (code, i, f"http://127.0.0.{hall + 2}:{urlsplit(served[(hall if own else i) % servers][0]).port}")
                for hall, theirs in enumerate(codes)
                for i, code in enumerate(theirs)
            ],
        )
        made.crowd.all("notes", each=1, at=soon())
        yield made


def at_once(tiny: bool) -> dict[str, object]:
    """Four halls against one."""
    clients, each, rounds, count = (1, 1, 1, 2) if tiny else (16, 20, 5, 4)
    with (
        halls(POSTGRESQL, 1, servers=1, clients=clients) as one,
        halls(POSTGRESQL, count, servers=2, clients=clients) as spread_out,
        halls(POSTGRESQL, count, servers=2, clients=clients, own=True) as own,
    ):
        sides = {"one": one, "spread": spread_out, "own": own}
        found: dict[str, list[Measured]] = {name: [] for name in sides}
        for i in range(rounds):
            for name in sorted(sides, reverse=bool(i % 2)):
                found[name].append(sides[name].measure(each))
    speeds = {name: [value.speed for value in values] for name, values in found.items()}
    bounds = {
        name: [2 * 1000 / four.servers / alone.speed for four, alone in zip(found[name], found["one"], strict=True)]
        for name in ("spread", "own")
    }
    return {
        "clients_a_hall": clients,
        "rounds": rounds,
        "per_second": {name: spread(values) for name, values in speeds.items()},
        "cpu_ms": {name: spread([value.servers for value in values], 2) for name, values in found.items()},
        "postgresql_cpu_ms": {name: spread([value.database for value in values], 2) for name, values in found.items()},
        "clients_cpu_ms": {name: spread([value.clients for value in values], 2) for name, values in found.items()},
        "ratio": {name: ratios(speeds[name], speeds["one"]) for name in ("spread", "own")},
        "bound": {name: spread(values, 2) for name, values in bounds.items()},
        "must": MUST,
    }


def by_number(engine: str, numbers: tuple[int, ...], *, tiny: bool) -> dict[int, dict[str, object]]:
    """What an operation costs with so many halls in one server process."""
    clients, each, rounds, seconds = (1, 1, 1, 0.1) if tiny else (2, 20, 3, 5.0)
    found: dict[int, dict[str, object]] = {}
    for number in numbers:
        with halls(engine, number, servers=1, clients=clients) as made:
            values = [made.measure(each) for _ in range(rounds)]
            found[number] = {
                "cpu_ms": spread([value.servers for value in values], 2),
                "per_second": spread([value.speed for value in values]),
                "idle_cpu": round(made.idle(seconds), 1),
            }
            if engine == POSTGRESQL:
                found[number]["postgresql_cpu_ms"] = spread([value.database for value in values], 2)
                found[number]["connections"] = connections()
    return found


def main(tiny: bool) -> None:
    report(
        "halls",
        cores=os.cpu_count(),
        at_once=at_once(tiny),
        sqlite=by_number(SQLITE, (2,) if tiny else (1, 4, 35, 140), tiny=tiny),
        postgresql={} if tiny else by_number(POSTGRESQL, (1, 4, 35, 140), tiny=tiny),
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
