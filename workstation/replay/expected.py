"""What a replay must come to, counted from the file alone. Imports nothing of the product: it is the other opinion.

permits    a case for every case_id, a step for every event, an issued decision for every case that ends
queue      tickets = served + abandoned + unusable
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import datetime
from pathlib import Path

CLOCK_ERROR_SECONDS = 5.0  # two machines wrote the queue trace; a call may seem to come a little before the arrival


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, gzip or not."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    return [{k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(text.splitlines())]


def when(text: str) -> datetime | None:
    """A time of the log, or None; without a zone it is the hall's own."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None) if text else None
    except ValueError:
        return None


def expected_permits(path: Path) -> dict[str, int]:
    """Cases, review steps and issued decisions."""
    rows = rows_of(path)
    has_end = bool(rows) and "enddate" in rows[0]
    steps: Counter[str] = Counter()
    ends: dict[str, bool] = {}
    for row in rows:
        if row.get("case_id") and row.get("resource") and row.get("activity") and when(row.get("timestamp", "")):
            steps[row["case_id"]] += 1
            ends[row["case_id"]] = ends.get(row["case_id"], False) or not has_end or bool(when(row["enddate"]))
    return {"cases": len(steps), "steps": sum(steps.values()), "issued": sum(ends.values())}


def expected_queue(path: Path) -> dict[str, int]:
    """Tickets, those served and those abandoned."""
    counted: Counter[str] = Counter()
    seen: set[str] = set()
    for row in rows_of(path):
        counted["tickets"] += 1
        arrival, called = when(row.get("arrival", "")), when(row.get("called", ""))
        finished, abandoned = when(row.get("finished", "")), when(row.get("abandoned", ""))
        ticket = row.get("ticket_id", "")
        if not ticket or ticket in seen or not arrival or not row.get("service_type"):
            continue
        seen.add(ticket)
        if called and finished and row.get("server"):
            early = (arrival - called).total_seconds()
            counted["served"] += early <= CLOCK_ERROR_SECONDS and finished >= max(called, arrival)
        elif abandoned and not called:
            counted["abandoned"] += abandoned >= arrival
    return {name: counted[name] for name in ("tickets", "served", "abandoned")}
