"""Push and pull beside PouchDB on LevelDB → express-pouchdb: the same documents, in the same rounds.

python tests/benchmarks/bench_pouchdb.py [--tiny]   HALL_POUCHDB names a folder in which this was done once:
                                                    npm install pouchdb express-pouchdb express@4

Its side is driven by the scripts of ../shared/peers/node. What is missing is told as `skipped`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks.bench_pull import product as pull
from tests.benchmarks.bench_push import product as push
from tests.benchmarks.sync_bench import POSTGRESQL, ROOT, SQLITE, Measure, documents, ratios, report, rounds, spread

SCRIPTS = ROOT.parent / "shared" / "peers" / "node"
BATCH = 500  # PouchDB's own; with 100 it is slower
PUSH_MUST, PULL_MUST = 3, 5
_SAID = re.compile(r"(push|pull) median (\d+) docs/s")


def missing() -> str:
    """Why it cannot be measured; empty where it can."""
    modules = Path(os.environ.get("HALL_POUCHDB", "")) / "node_modules"
    if shutil.which("node") is None:
        return "node is not installed: apt-get install nodejs npm"
    if not os.environ.get("HALL_POUCHDB") or not (modules / "express-pouchdb").is_dir():
        return "HALL_POUCHDB names no folder with node_modules/pouchdb, express-pouchdb and express"
    return "" if SCRIPTS.is_dir() else "the scripts of the peers are not beside the checkout"


def pouch(size: int) -> dict[str, float]:
    """One client's push and another's pull of so many documents, documents per second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(SCRIPTS, folder / "node", ignore=shutil.ignore_patterns("node_modules"))
        (folder / "node" / "node_modules").symlink_to(Path(os.environ["HALL_POUCHDB"]).resolve() / "node_modules")
        (folder / "tmp").mkdir()
        (folder / "cases.json").write_text(f"[{','.join(documents(size))}]")
        told = subprocess.run(
            ["node", "pouch_bench.js", "leveldb"],
            cwd=folder / "node",
            env={**os.environ, "REPS": "1", "BATCH": str(BATCH)},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert told.returncode == 0, told.stderr
        return {which: float(value) for which, value in _SAID.findall(told.stdout)}


def main(tiny: bool) -> None:
    size, times = (100, 1) if tiny else (3_000, 3)
    if why := missing():
        report("pouchdb", skipped=why, push_must=PUSH_MUST, pull_must=PULL_MUST)
        return
    both: list[dict[str, float]] = []

    async def peer(count: int) -> float:
        both.append(pouch(count))
        return both[-1]["push"]

    sides: dict[str, Measure] = {
        "pouchdb": peer,
        "push_sqlite": partial(push, engine=SQLITE),
        "push_postgresql": partial(push, engine=POSTGRESQL),
        "pull": pull,
    }
    found = rounds(times, size, **sides)
    found["pouchdb_pull"] = [each["pull"] for each in both]
    report(
        "pouchdb",
        operations=size,
        rounds=times,
        version=json.loads((Path(os.environ["HALL_POUCHDB"]) / "node_modules/pouchdb/package.json").read_text())[
            "version"
        ],
        per_second={name: spread(values) for name, values in found.items()},
        push_ratio=ratios(found["push_sqlite"], found["pouchdb"]),
        push_postgresql_ratio=ratios(found["push_postgresql"], found["pouchdb"]),
        push_must=PUSH_MUST,
        pull_ratio=ratios(found["pull"], found["pouchdb_pull"]),
        pull_must=PULL_MUST,
    )


if __name__ == "__main__":
    main("--tiny" in sys.argv[1:])
