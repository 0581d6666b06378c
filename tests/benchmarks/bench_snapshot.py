"""A snapshot of many cases into an empty replica – fetched over HTTP, verified, written beside working people – against
the same rows as zstd JSON lines decoded and bulk-inserted into the same table, no sync code.

python tests/benchmarks/bench_snapshot.py [--tiny]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import msgspec
import zstandard

from server_stub.central.people import new_code
from server_stub.central.seed import SeedRow
from server_stub.services import Services
from sync.records.shape import shapes
from sync.replica.store import ReplicaStore
from tests.benchmarks.sync_bench import CLOCK, child, ratios, report, spread, window
from tests.sync.small_hall import CASES, MONDAY, SmallHall


def rows(count: int) -> list[SeedRow]:
    form = {"company": "某设备有限公司", "address": "振华路1号"}
    body = {"matter": "m1", "office": "registration", "site": "hall", "state": "in_review", "owner": "0307"}
    return [
        SeedRow(
            "case",
            f"case-{n:06d}",
            CASES,
            {
                **body,
                "number": f"registration-20260101-{n:06d}",
                "applicant": f"某设备{n:06d}有限公司",
                "form": {**form, "phone": f"{n}"},
                "handlers": ["0307"],
                "received_at": MONDAY - 1000 * n,
                "promised_day": f"2026-{1 + n % 12:02d}-{1 + n % 28:02d}",
            },
        )
        for n in range(count)
    ]


def floor(folder: Path, count: int, number: int) -> float:
    """Rows a second."""
    path = folder / f"floor{number}.db"
    ReplicaStore.create(path, device="d", hall="licang", shapes=shapes())
    store = ReplicaStore(path)
    columns = store.columns["case"]
    lines = b"\n".join(msgspec.json.encode([row.id, columns.image(None, row.body)]) for row in rows(count))
    packed = zstandard.ZstdCompressor(level=3).compress(lines)
    began = time.perf_counter()
    decoded = map(msgspec.json.decode, zstandard.ZstdDecompressor().decompress(packed).split(b"\n"))
    with store.write() as connection:
        connection.executemany(columns.upsert, (columns.params(id, CASES, 1, body) for id, body in decoded))
    took = time.perf_counter() - began
    store.close()
    return count / took


async def product(folder: Path, url: str, code: str, count: int) -> float:
    newcomer = await window(folder, url, code, "0307", pull=False)
    await newcomer.exchange.pull_pages()
    began = time.perf_counter()
    await newcomer.exchange.snapshots()
    took = time.perf_counter() - began
    [(found,)] = newcomer.store.connection.execute('SELECT count(*) FROM "case"').fetchall()
    assert found == count + 1
    await newcomer.close()
    return count / took


def main(tiny: bool) -> None:
    count, times = (6_000, 1) if tiny else (100_000, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = SmallHall(folder / "hall").make(rows(count))
        services = Services.open(small.url, CLOCK)
        codes = [services.store.transact(lambda tx: new_code(tx, CLOCK.now())) for _ in range(times + 1)]
        services.store.close()
        found: dict[str, list[float]] = {"floor": [], "product": []}
        with child("-m", "server_stub", "serve", "--store", small.url, "--port", "0") as url:
            began = time.perf_counter()
            first = asyncio.run(product(small.folder, url, codes[times], count))  # it is made now
            made = time.perf_counter() - began
            for i in range(times):
                found["floor"].append(floor(folder, count, i))
                found["product"].append(asyncio.run(product(small.folder, url, codes[i], count)))
    report(
        "snapshot",
        cases=count,
        rounds=times,
        floor_per_second=spread(found["floor"]),
        product_per_second=spread(found["product"]),
        first_with_its_making_per_second=round(first),
        seconds_of_the_first=round(made, 2),
        time_ratio=ratios(found["floor"], found["product"]),
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
