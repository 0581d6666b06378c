"""The rows of a hall with many windows, and of the days it has behind it: tickets that were called and served.

crowd_rows(windows, terminals)     places, people and what they may
past_rows(tickets, now)            so many tickets of days before `now`, each with its call
"""

from __future__ import annotations

from collections.abc import Iterator

from server_stub.central.seed import SeedRow
from sync.calendar import DAY_MS, MINUTE_MS, day_of, start_of_day_ms
from tests.sync.small_hall import BASE, QUEUE

A_DAY = 850
SKILLS = (["A", "B", "C"], ["A", "B"], ["C", "A"])
MATTERS = {"m2": ("食品经营", "B", 9), "m3": ("印章刻制", "C", 4)}
MINE = "crowd"


def crowd_rows(windows: int, terminals: int) -> list[SeedRow]:
    """Window i is `c<i>` and its clerk `s<i>`; terminal i signs on as `k<i>`."""
    rows = [SeedRow("setting", "missed_pause", BASE, {"value": {"value": 300}})]
    for id, (name, prefix, minutes) in MATTERS.items():
        matter = {"name": name, "office": "registration", "prefix": prefix, "expected_minutes": minutes}
        rows.append(
            SeedRow("matter", id, BASE, {**matter, "promised_days": 5, "statutory_days": 20, "basis": "样例法第一条"})
        )
    for i in range(windows):
        body = {"label": f"{50 + i}", "site": "hall", "skills": SKILLS[i % len(SKILLS)], "queue_scope": QUEUE}
        rows += [SeedRow("window", f"c{i}", BASE, body), *_person(f"s{i}", "clerk")]
    for i in range(terminals):
        rows += _person(f"k{i}", "kiosk")
    return rows


def _person(staff: str, role: str) -> list[SeedRow]:
    return [
        SeedRow("staff", staff, BASE, {"name": "赵某", "site": "hall"}),
        SeedRow("role_assignment", f"{MINE}-{staff}", BASE, {"staff": staff, "role": role, "over": QUEUE}),
    ]


def past_rows(tickets: int, now: int) -> Iterator[SeedRow]:
    """The newest of them yesterday's, `A_DAY` a day."""
    for n in range(tickets):
        back, of_day = divmod(n, A_DAY)
        day = day_of(now - (back + 1) * DAY_MS)
        at = start_of_day_ms(day) + 9 * 60 * MINUTE_MS + of_day * 30_000
        window = {"window": f"c{n % 30}", "session": f"past-{day}-{n % 30}"}
        called, done, id = at + 4 * MINUTE_MS, at + 10 * MINUTE_MS, f"past{n}"
        yield SeedRow(
            "ticket",
            id,
            QUEUE,
            {
                **window,
                "number": f"A{of_day + 1:03d}",
                "day": day,
                "matter": "m1",
                "prefix": "A",
                "state": "done",
                "site": "hall",
                "issued_at": at,
                "arrived_at": at,
                "called_at": called,
                "calls": 1,
                "serving_at": called,
                "finished_at": done,
            },
        )
        by = {**window, "ticket": id, "staff": f"s{n % 30}"}
        call = {**by, "called_at": called, "ended_at": called, "open": False, "outcome": "served"}
        yield SeedRow("call", f"{id}-c", QUEUE, call)
