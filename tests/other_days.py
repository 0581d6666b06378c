"""The tests that ask what day it is, on three other days: a Sunday night, 31 December, and after the calendar's end.

python -m tests.other_days [pytest arguments]     exit 0: they pass on each
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HALL_TIME = timezone(timedelta(hours=8))
DAYS = ("2026-11-29 23:40", "2026-12-31 10:30", "2027-03-02 23:58")
ASKING = (
    *(
        "tests/sample",
        "tests/test_demo.py",
        "tests/headless",
        "tests/test_calendar.py",
        "tests/test_calendar_import.py",
    ),
    *(
        "tests/test_calendar_import.py",
        "tests/sync/test_clock.py",
        "tests/sync/test_engine.py",
        "tests/screens/test_real_terminals.py",
    ),
)


def offset_s(day: str) -> int:
    """Seconds from now to a moment of the hall's time."""
    moment = datetime.strptime(day, "%Y-%m-%d %H:%M").replace(tzinfo=HALL_TIME)
    return round(moment.timestamp() - time.time())


def main(arguments: list[str]) -> int:
    """Run pytest once a day; the number of days on which something failed."""
    path = os.pathsep.join([str(ROOT / "tests" / "other_day"), str(ROOT)])
    failed = 0
    for day in DAYS:
        print(f"== {day}", flush=True)
        environment = {**os.environ, "PYTHONPATH": path, "HALL_TEST_OFFSET_S": str(offset_s(day))}
        chosen = arguments or list(ASKING)
        command = [sys.executable, "-m", "pytest", "-q", *chosen]
        failed += subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
