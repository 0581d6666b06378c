"""Every benchmark still runs, at its tiny size, and prints what `./run bench` promises: one JSON object with numbers.

Figures are not judged here: a shared machine's are noise, and their PostgreSQL is the tests' own. A benchmark is
`tests/benchmarks/bench_NAME.py [--tiny]`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py"))


def has_a_number(value: object) -> bool:
    if isinstance(value, dict):
        return any(has_a_number(part) for part in value.values())
    return isinstance(value, int | float) and not isinstance(value, bool)


def test_there_are_benchmarks() -> None:
    assert len(PROGRAMS) >= 10


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: str(program.stem))
def test_a_benchmark_prints_one_json_object_with_numbers(program: Path, postgres: str) -> None:
    done = subprocess.run(
        [sys.executable, program, "--tiny"],
        cwd=ROOT,
        env={**os.environ, "HALL_PG_DSN": postgres},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    report = json.loads(line)
    assert isinstance(report, dict)
    assert has_a_number(report)
