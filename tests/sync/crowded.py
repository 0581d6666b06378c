"""A hall with many windows: a device and a clerk for each, and people who wait."""

from __future__ import annotations

from server_stub.central.seed import SeedRow
from sync.calendar import day_of
from tests.sync.hall_names import BASE, QUEUE


def crowd_of(windows: int, tickets: int, now: int) -> list[SeedRow]:
    """The windows c0 … with a clerk each, and people who wait from now on."""
    rows: list[SeedRow] = []
    for i in range(windows):
        window = {"label": f"c{i}", "site": "hall", "skills": ["A"], "queue_scope": QUEUE}
        rows.append(SeedRow("window", f"c{i}", BASE, window))
        rows.append(SeedRow("staff", f"s{i}", BASE, {"name": "赵某", "site": "hall"}))
        rows.append(SeedRow("role_assignment", f"s{i}", BASE, {"staff": f"s{i}", "role": "clerk", "over": QUEUE}))
    ticket = {"day": day_of(now), "matter": "m1", "prefix": "A", "state": "waiting", "site": "hall", "arrived_at": now}
    rows += [SeedRow("ticket", f"t{i}", QUEUE, {**ticket, "number": f"A{i:03d}"}) for i in range(tickets)]
    return rows
