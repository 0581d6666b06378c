"""docs/policies.md: the policies of calling on six recorded days, held to the marks.

    ../shared/data/queue ─▶ read_days ─▶ report of each policy ─▶ means, what is over its mark, the longest class

Made by `python -m tests.policies_page > docs/policies.md`; a test makes it anew and compares. Marks: the own policy's
mean at most 1.25 of the pool's; the wait that 95 of 100 of a service do not exceed at most the longer of 5 min and 1.1
of what it is with skills that were chosen from other hours.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from workstation.simulate.day import read_days
from workstation.simulate.report import POLICIES, report

QUEUES = Path(__file__).parents[2] / "shared/data/queue"
FILES = {"bank_one_day.csv": "a bank", "warsaw_wola_week.csv.gz": "a district office"}
MEAN, SHARE, FLOOR_MIN = 1.25, 1.1, 5.0

HEAD = """# Policies of calling on recorded days

`workstation simulate` on {count} days that others recorded, each with the least windows for which the pool's mean is at
most 5 min; minutes, mean / the wait that 95 of 100 do not exceed. Made by `python -m tests.policies_page`, checked by a
test. Skills are chosen from other hours than they are scored on; `balanced`, the hall's own, sees only what was known
then.

| day | tickets, services, windows | fixed | skills | pool | balanced | of the pool's mean | services over the mark |
|---|---|---|---|---|---|---|---|
"""
TAIL = """
The mark of a service is the longer of 5 min and 1.1 × what fixed skills give it.

## The service that waits longest, by policy

| day | skills | pool | balanced |
|---|---|---|---|
"""


class Told(NamedTuple):
    """One day: its name, the report, and each service over its mark with (minutes, mark)."""

    name: str
    found: Mapping[str, Any]
    over: Mapping[str, tuple[float, float]]

    @property
    def ratio(self) -> float:
        """The own policy's mean as a share of the pool's."""
        policies = self.found["policies"]
        return float(policies["balanced"]["mean_min"] / policies["pool"]["mean_min"])


def tell_all(folder: Path = QUEUES) -> list[Told]:
    """Every recorded day."""
    told = []
    for file, whose in FILES.items():
        for date, day in read_days(folder / file).items():
            found = report(day, None, POLICIES)
            told.append(Told(f"{whose}, {date}" if date else whose, found, _over(found["policies"])))
    return told


def _over(policies: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    marks = {s: max(SHARE * each["p95_min"], FLOOR_MIN) for s, each in policies["skills"]["classes"].items()}
    own = policies["balanced"]["classes"]
    return {s: (own[s]["p95_min"], mark) for s, mark in marks.items() if own[s]["p95_min"] > mark}


def page(told: Sequence[Told]) -> str:
    """The page's text."""
    rows, longest = [], []
    for day in told:
        policies = day.found["policies"]
        size = f"{day.found['tickets']}, {len(policies['pool']['classes'])}, {day.found['windows']}"
        waits = [_both(policies[name]) for name in ("fixed", "skills", "pool", "balanced")]
        over = "; ".join(f"{name}: {has:.1f}, mark {mark:.1f}" for name, (has, mark) in day.over.items())
        rows.append(f"| {day.name} | {size} | {' | '.join(waits)} | {day.ratio:.2f} | {over or 'none'} |")
        longest.append(f"| {day.name} | {' | '.join(_longest(policies[n]) for n in ('skills', 'pool', 'balanced'))} |")
    return HEAD.format(count=len(told)) + "\n".join(rows) + "\n" + TAIL + "\n".join(longest) + "\n"


def _both(figures: Mapping[str, float]) -> str:
    return f"{figures['mean_min']:.2f} / {figures['p95_min']:.1f}"


def _longest(figures: Mapping[str, Any]) -> str:
    name, each = max(figures["classes"].items(), key=lambda item: (item[1]["p95_min"], item[0]))
    return f"{name} {each['p95_min']:.1f}"


if __name__ == "__main__":
    sys.stdout.write(page(tell_all()))
