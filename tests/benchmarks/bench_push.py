"""Push, end to end: from the client's outbox to the durable server and back into the outbox, against the bare loop.

python tests/benchmarks/bench_push.py [--tiny]      batches of 100, one client; the server on SQLite and on PostgreSQL
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks.sync_bench import (
    POSTGRESQL,
    SQLITE,
    Loop,
    floor,
    hall,
    operations,
    painted,
    ratios,
    report,
    rounds,
    spread,
    window,
)

BATCH = 100


async def bare(size: int) -> float:
    with floor() as (folder, url):
        loop = Loop(url, folder / "client.db")
        loop.queue(operations(size))
        painted()
        began = time.perf_counter()
        assert loop.push(BATCH) == size
        took = time.perf_counter() - began
        loop.close()
        return size / took


async def product(size: int, engine: str) -> float:
    with hall(engine) as (folder, url, codes):
        one = await window(folder, url, codes[0], "0307")
        one.queue(size)
        painted()
        began = time.perf_counter()
        ended = 0
        async for results in one.exchange.pushes(BATCH):
            assert all(result.status == "accepted" for result in results)
            ended += len(results)
        took = time.perf_counter() - began
        assert ended == size
        await one.close()
        return size / took


def main(tiny: bool) -> None:
    size, times = (100, 1) if tiny else (3_000, 5)
    found = rounds(
        times, size, bare=bare, sqlite=partial(product, engine=SQLITE), postgresql=partial(product, engine=POSTGRESQL)
    )
    report(
        "push",
        operations=size,
        batch=BATCH,
        rounds=times,
        bare_per_second=spread(found["bare"]),
        product_per_second=spread(found[SQLITE]),
        ratio=ratios(found[SQLITE], found["bare"]),
        must=0.5,
        postgresql_per_second=spread(found[POSTGRESQL]),
        postgresql_ratio=ratios(found[POSTGRESQL], found["bare"]),
        postgresql_must=0.35,
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
