"""Pull into an empty replica, chain verified, against the bare loop's pull into its copy.

python tests/benchmarks/bench_pull.py [--tiny]      the loop's pages of 500; the product's grow from there

Fewer rows than make a scope LARGE: those are given to a newcomer as a whole, a file that is made first, and that is
what bench_snapshot.py measures.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks.sync_bench import Loop, documents, floor, hall, painted, ratios, report, rounds, spread, window

PAGE = 500


async def bare(size: int) -> float:
    with floor() as (folder, url):
        writer, reader = Loop(url, folder / "writer.db"), Loop(url, folder / "reader.db")
        writer.queue(documents(size))
        writer.push(PAGE)
        painted()
        began = time.perf_counter()
        assert reader.pull(PAGE) == size
        took = time.perf_counter() - began
        writer.close()
        reader.close()
        return size / took


async def product(size: int) -> float:
    with hall() as (folder, url, codes):
        writer = await window(folder, url, codes[0], "0307")
        writer.queue(size)
        while await writer.exchange.push():
            pass
        reader = await window(folder, url, codes[1], "0308", pull=False)
        painted()
        began = time.perf_counter()
        await reader.exchange.pull_pages()
        took = time.perf_counter() - began
        assert not reader.exchange.wanted, "a snapshot is no pull"
        [(count,)] = reader.store.connection.execute("SELECT count(*) FROM case_note").fetchall()
        assert count == size
        await writer.close()
        await reader.close()
        return size / took


def main(tiny: bool) -> None:
    size, times = (100, 1) if tiny else (4_800, 5)
    found = rounds(times, size, bare=bare, product=product)
    report(
        "pull",
        operations=size,
        page=PAGE,
        rounds=times,
        bare_per_second=spread(found["bare"]),
        product_per_second=spread(found["product"]),
        ratio=ratios(found["product"], found["bare"]),
        must=0.9,
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
