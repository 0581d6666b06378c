"""Push, end to end: from the client's outbox to the durable server and back into the outbox, against the bare loop.

python tests/benchmarks/bench_push.py [--tiny]      batches of 100, one client
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks.sync_bench import Loop, documents, floor, hall, ratios, report, rounds, spread, window

BATCH = 100


async def bare(size: int) -> float:
    with floor() as (folder, url):
        loop = Loop(url, folder / "client.db")
        loop.queue(documents(size))
        began = time.perf_counter()
        assert loop.push(BATCH) == size
        took = time.perf_counter() - began
        loop.close()
        return size / took


async def product(size: int) -> float:
    with hall() as (folder, url, codes):
        one = await window(folder, url, codes[0], "0307")
        one.queue(size)
        began = time.perf_counter()
        ended = 0
        while results := await one.exchange.push(BATCH):
            assert all(result.status == "accepted" for result in results)
            ended += len(results)
        took = time.perf_counter() - began
        assert ended == size
        await one.close()
        return size / took


def main(tiny: bool) -> None:
    size, times = (100, 1) if tiny else (3_000, 5)
    found = rounds(times, size, bare=bare, product=product)
    report(
        "push",
        operations=size,
        batch=BATCH,
        rounds=times,
        bare_per_second=spread(found["bare"]),
        product_per_second=spread(found["product"]),
        ratio=ratios(found["product"], found["bare"]),
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
