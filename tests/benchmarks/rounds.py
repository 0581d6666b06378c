"""What the benchmarks of the terminal share: figures over rounds, a copy with many cases."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sync.replica.store import ReplicaStore
from tests.screens.live_hall import CASES, NOW


def figures(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most, rounded to tenths."""
    return {
        "median": round(statistics.median(values), 1),
        "least": round(min(values), 1),
        "most": round(max(values), 1),
    }


def case_bodies(count: int, owners: int = 1) -> Iterator[tuple[str, dict[str, Any]]]:
    """So many cases, id and body: all of 0307's, or of so many clerks, 0307 one of them."""
    for n in range(count):
        owner = f"{307 + n % owners:04d}"
        yield (
            f"case-{n:06d}",
            {
                "number": f"registration-20260101-{n:06d}",
                "matter": "m-change",
                "office": "registration",
                "site": "hall",
                "state": "in_review",
                "applicant": f"某设备{n:06d}有限公司",
                "form": {"company": f"某设备{n:06d}有限公司", "address": "振华路1号"},
                "owner": owner,
                "handlers": [owner],
                "received_at": NOW - 1000 * n,
                "promised_day": f"2026-{1 + n % 12:02d}-{1 + n % 28:02d}",
                "statutory_day": "2026-12-31",
            },
        )


def fill(path: Path, count: int, owners: int = 1, key: bytes | None = None) -> None:
    """Put such cases into a local copy, as if they had been pulled."""
    store = ReplicaStore(path, key)
    columns = store.columns["case"]
    rows = (columns.params(id, CASES, 1, columns.image(None, body)) for id, body in case_bodies(count, owners))
    with store.write() as connection:
        connection.executemany(columns.upsert, rows)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
