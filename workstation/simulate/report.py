"""The figures of a what-if, and how they are shown: waits of each policy and class, in minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sync.rules.balanced import BALANCED
from sync.rules.policy import FIXED, POOL, SKILLS
from workstation.cells import pad, width
from workstation.locale import say
from workstation.simulate.day import Day, Job
from workstation.simulate.hall import Policy, run
from workstation.simulate.policies import Balanced, fixed, pool, skills

GOAL_MIN = 5.0
WINDOWS_MOST = 400
BAR = 40

POLICIES: Mapping[str, Callable[[Sequence[Job], int], Policy]] = {
    FIXED: fixed,
    SKILLS: skills,
    POOL: pool,
    BALANCED: lambda jobs, windows: Balanced({job.service for job in jobs}, windows),
}


def least_windows(jobs: Sequence[Job]) -> int:
    """The least number for which the pool's mean wait is at most five minutes; it never rises with another window."""
    low, high = 1, 1
    while _mean(jobs, high) > GOAL_MIN and high < WINDOWS_MOST:
        low, high = high + 1, min(2 * high, WINDOWS_MOST)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _mean(jobs, middle) <= GOAL_MIN else (middle + 1, high)
    return low


def _mean(jobs: Sequence[Job], windows: int) -> float:
    return sum(run(jobs, windows, pool(jobs, windows))) / len(jobs) / 60_000


def report(day: Day, windows: int | None, policies: Iterable[str], date: str = "") -> dict[str, Any]:
    """The JSON report; `recorded` beside the policies where the file tells what people waited."""
    number = windows or least_windows(day.jobs)
    found: dict[str, Any] = {}
    for name in policies:
        policy = POLICIES[name](day.jobs, number)
        waits = run(day.jobs, number, policy)
        found[name] = _figures((job.service, wait) for job, wait in zip(day.jobs, waits, strict=True))
        if isinstance(policy, Balanced):
            found[name]["changes"] = policy.changes
            found[name]["expected_minutes"] = {
                service: {"minutes": round(known.minutes, 2), "error": _rounded(known.error)}
                for service, known in policy.known.items()
            }
    answer: dict[str, Any] = {
        "windows": number,
        "tickets": len(day.jobs),
        "unusable": dict(day.unusable),
        "policies": found,
    }
    if date:
        answer["day"] = date
    if day.waited:
        answer["recorded"] = _figures(day.waited)
    return answer


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _figures(waits: Iterable[tuple[str, int]]) -> dict[str, Any]:
    by_class: dict[str, list[float]] = {}
    for service, wait in waits:
        by_class.setdefault(service, []).append(wait / 60_000)
    return {
        **_summary([wait for each in by_class.values() for wait in each]),
        "classes": {service: _summary(each) for service, each in sorted(by_class.items())},
    }


def _summary(minutes: list[float]) -> dict[str, Any]:
    """Count, mean, and the wait that 95 of 100 do not exceed (the nearest rank)."""
    ordered = sorted(minutes)
    rank = max(0, -(-95 * len(ordered) // 100) - 1)
    return {
        "tickets": len(ordered),
        "mean_min": round(sum(ordered) / len(ordered), 3),
        "p95_min": round(ordered[rank], 3),
    }


def plot(report: Mapping[str, Any]) -> list[str]:
    """Lines for a terminal: for each policy a bar of the mean (#) up to the 95th percentile (.), then each class's."""
    rows = dict(report["policies"])
    if "recorded" in report:
        rows = {"recorded": report["recorded"], **rows}
    longest = max((each["p95_min"] for figures in rows.values() for each in _all(figures)), default=0.0) or 1.0
    names = [service for figures in rows.values() for service in figures["classes"]]
    column = max(width(name) for name in [*names, *(say(f"simulate.policy.{name}") for name in rows)]) + 2
    lines = [say("simulate.head", windows=report["windows"], tickets=report["tickets"]), ""]
    for name, figures in rows.items():
        lines.append(_line(say(f"simulate.policy.{name}"), figures, column, longest))
        lines += [_line("  " + service, each, column, longest) for service, each in figures["classes"].items()]
        lines.append("")
    return lines


def _all(figures: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [figures, *figures["classes"].values()]


def _line(label: str, figures: Mapping[str, Any], column: int, longest: float) -> str:
    mean, p95 = figures["mean_min"], figures["p95_min"]
    filled, upto = round(BAR * min(mean, longest) / longest), round(BAR * p95 / longest)
    bar = "#" * filled + "." * max(upto - filled, 0)
    return f"{pad(label, column)}{figures['tickets']:>6}  {mean:>7.2f} {p95:>7.2f}  {bar}".rstrip()
