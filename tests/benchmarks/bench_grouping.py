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
from tests.benchmarks.sync_bench import (
    CLOCK,
    POSTGRESQL,
    SQLITE,
    child,
    codes_of,
    ratios,
    report,
    serving,
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


def ungrouped(url: str) -> AbstractContextManager[str]:
    """The server that is measured against; its URL."""
    return child("-m", "tests.benchmarks.ungrouped", url)


@contextmanager
def clients(engine: str, count: int) -> Iterator[Callable[[str, int], float]]:
    """A hall and its clients: measure(side, each) → operations a second."""
    with small_hall(engine, rows(count)) as small, Crowd(processes(count)) as crowd:
        codes = codes_of(small, count)

        def measure(side: str, each: int) -> float:
            with (serving if side == "grouped" else ungrouped)(small.url) as url:
                crowd.all("take", codes=[(code, i, url) for i, code in enumerate(codes)])
                codes.clear()  # they have their devices now
                crowd.all("move", urls=[url])
                crowd.all("notes", each=1, at=soon())
                began = soon()
                ended = max(done for done, *_ in crowd.all("notes", each=each, at=began))
                return count * each / (ended - began)

        yield measure


def main(tiny: bool) -> None:
    count, each, times = (4, 2, 1) if tiny else (64, 30, 5)
    found: dict[str, dict[str, list[float]]] = {}
    with clients(SQLITE, count) as sqlite, clients(POSTGRESQL, count) as postgresql:
        for i in range(times):
            for side in sorted(("grouped", "ungrouped"), reverse=bool(i % 2)):
                for engine, measure in ((SQLITE, sqlite), (POSTGRESQL, postgresql)):
                    found.setdefault(engine, {}).setdefault(side, []).append(measure(side, each))
    report(
        "grouping",
        clients=count,
        operations=count * each,
        rounds=times,
        per_second={
            engine: {side: spread(values) for side, values in sides.items()} for engine, sides in found.items()
        },
        ratio={engine: ratios(sides["grouped"], sides["ungrouped"]) for engine, sides in found.items()},
        must=MUST,
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
