"""An encrypted copy against the same copy plain: what the screens ask of 100,000 cases, by their own views, and opening
the file until the first rows are there.

python tests/benchmarks/bench_encrypted.py [--tiny]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import msgspec

from sync.records.shape import shapes
from sync.replica.store import ReplicaStore
from tests.benchmarks.rounds import figures, fill
from tests.benchmarks.sync_bench import report
from tests.screens.live_hall import CASES
from workstation.views import find, worklist

KEY = bytes(range(32))
MINE = worklist.Wanted("mine", (CASES,), owner="0307")
ALL = worklist.Wanted("offices", (CASES,))
MIDDLE = ("2026-06-15", "case-050000")
SCREENS: dict[str, Callable[[worklist.Read], object]] = {
    "mine_first_page": lambda read: worklist.page(read, MINE, "d1", None, 20),
    "mine_count": lambda read: worklist.count(read, MINE),
    "all_first_page": lambda read: worklist.page(read, ALL, "d1", None, 20),
    "all_from_the_middle": lambda read: worklist.page(read, ALL, "d1", MIDDLE, 64),
    "all_count": lambda read: worklist.count(read, ALL),
    "one_case": lambda read: read('SELECT * FROM "case" WHERE id = ?', ("case-000500",)),
    "two_characters": lambda read: worklist.search(read, "设备"),
    "number_tail": lambda read: worklist.search(read, "000999"),
    "find": lambda read: find.cases(read, "000777", "000777", 20),
}
"""What the screens ask, by their own views."""


def timed(work: Callable[[], object], times: int) -> float:
    """Milliseconds of the processor for one: all of it lies in memory, and other programs take their turns as they
    like."""
    began = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - began) * 1000 / times


def first_rows(path: Path, key: bytes | None) -> float:
    """Opening the copy and the first twenty rows, ms."""

    began = time.perf_counter()
    store = ReplicaStore(path, key)
    assert worklist.page(store.read, MINE, "d1", None, 20)
    store.close()
    return (time.perf_counter() - began) * 1000


def main(tiny: bool) -> None:
    count, rounds, times = (1_000, 1, 2) if tiny else (100_000, 7, 20)
    found: dict[str, list[float]] = {}
    ratios: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        sides = {"plain": (Path(folder) / "plain.db", None), "encrypted": (Path(folder) / "encrypted.db", KEY)}
        for path, key in sides.values():
            ReplicaStore.create(path, device="d1", hall="licang", shapes=msgspec.to_builtins(shapes()), key=key)
            fill(path, count, owners=50, key=key)
        for _ in range(rounds):
            for name, (path, key) in sides.items():
                found.setdefault(f"{name}_first_rows_ms", []).append(first_rows(path, key))
        stores = {name: ReplicaStore(path, key) for name, (path, key) in sides.items()}
        for query, ask in SCREENS.items():
            for store in stores.values():
                ask(store.read)
            for _ in range(rounds):
                took = {name: timed(partial(ask, store.read), times) for name, store in stores.items()}
                ratios.setdefault(query, []).append(took["encrypted"] / took["plain"])
                for name, value in took.items():
                    found.setdefault(f"{name}_{query}_ms", []).append(value)
        for store in stores.values():
            store.close()
    opening = [e / p for e, p in zip(found["encrypted_first_rows_ms"], found["plain_first_rows_ms"], strict=True)]
    report(
        "encrypted",
        cases=count,
        rounds=rounds,
        milliseconds={name: figures(values) for name, values in found.items()},
        must=1.5,
        ratio={
            query: [round(statistics.median(values), 2), round(min(values), 2), round(max(values), 2)]
            for query, values in {**ratios, "open_and_first_rows": opening}.items()
        },
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
