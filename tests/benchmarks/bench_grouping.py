"""Sixty-four clients that push one operation at a time: requests grouped into one transaction, against each in its own.

python tests/benchmarks/bench_grouping.py [--tiny]      on SQLite and on PostgreSQL; clients in processes apart

Both servers work on the same store, one after the other, the clients staying the same devices. An operation is a note
on one case: nothing in it can be refused, all of it is in one scope, and so under one head.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from server_stub.central.seed import SeedRow
from tests.benchmarks.light import Crowd, processes, soon
from tests.benchmarks.processor import cpu_ms, postgresql_ms
from tests.benchmarks.sync_bench import (
    CLOCK,
    POSTGRESQL,
    SQLITE,
    codes_of,
    process,
    ratios,
    report,
    small_hall,
    spread,
)
from tests.sync.crowded import crowd_of
from tests.sync.hall_names import BASE, CASES

MUST = {SQLITE: 2, POSTGRESQL: 4}


def rows(clients: int) -> list[SeedRow]:
    """A clerk of the cases for each client."""
    roles = [
        SeedRow("role_assignment", f"s{i}-cases", BASE, {"staff": f"s{i}", "role": "clerk", "over": CASES})
        for i in range(clients)
    ]
    return [*crowd_of(clients, 0, CLOCK.now()), *roles]


def server(side: str, url: str) -> AbstractContextManager[tuple[str, int]]:
    """The product's, or what it is measured against; its URL and process."""
    if side == "grouped":
        return process("-m", "server_stub", "serve", "--store", url, "--port", "0")
    return process("-m", "tests.benchmarks.ungrouped", url)


@contextmanager
def clients(engine: str, count: int) -> Iterator[Callable[[str, int], tuple[float, float]]]:
    """A hall and its clients: measure(side, each) → operations a second, and ms of the processor for one, of server and
    database together."""
    with small_hall(engine, rows(count)) as small, Crowd(processes(count)) as crowd:
        codes = codes_of(small, count)
        database = postgresql_ms if engine == POSTGRESQL else float

        def measure(side: str, each: int) -> tuple[float, float]:
            with server(side, small.url) as (url, pid):
                crowd.all("take", codes=[(code, i, url) for i, code in enumerate(codes)])
                codes.clear()  # they have their devices now
                crowd.all("move", urls=[url])
                crowd.all("notes", each=1, at=soon())
                began = soon()
                before = cpu_ms(pid) + database()
                ended = max(done for done, *_ in crowd.all("notes", each=each, at=began))
                cpu = cpu_ms(pid) + database() - before
                return count * each / (ended - began), cpu / (count * each)

        yield measure


def main(tiny: bool) -> None:
    count, each, times = (4, 2, 1) if tiny else (64, 20, 3)
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    with clients(SQLITE, count) as sqlite, clients(POSTGRESQL, count) as postgresql:
        for i in range(times):
            for side in sorted(("grouped", "ungrouped"), reverse=bool(i % 2)):
                for engine, measure in ((SQLITE, sqlite), (POSTGRESQL, postgresql)):
                    found.setdefault(engine, {}).setdefault(side, []).append(measure(side, each))
    speeds = {
        engine: {side: [speed for speed, _ in values] for side, values in sides.items()}
        for engine, sides in found.items()
    }
    costs = {
        engine: {side: [cpu for _, cpu in values] for side, values in sides.items()} for engine, sides in found.items()
    }
    report(
        "grouping",
        clients=count,
        operations=count * each,
        rounds=times,
        per_second={
            engine: {side: spread(values) for side, values in sides.items()} for engine, sides in speeds.items()
        },
        ratio={engine: ratios(sides["grouped"], sides["ungrouped"]) for engine, sides in speeds.items()},
        must=MUST,
        cpu_ms={engine: {side: spread(values, 2) for side, values in sides.items()} for engine, sides in costs.items()},
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
