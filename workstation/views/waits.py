"""How long who takes a ticket now would wait, by prefix: the centre's estimate, made from a copy of the queue."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from sync.records.settings import DEFAULTS
from sync.staffing import PRIOR_SPREAD
from sync.waits import Desk, minutes_of, newcomers
from workstation.views.learned import known

Read = Callable[..., list[sqlite3.Row]]
Rows = Callable[..., Sequence[Any]]
DAYS = 7
MINUTE_MS = 60_000
POLICY = ("queue_policy", "missed_pause", "ageing")


def waits(read: Read, rows: Rows, scope: str, day: str, now: int) -> Mapping[str, tuple[int, int]]:
    """Minutes from and to of each prefix that an open window of the queue takes."""
    settings = {name: DEFAULTS[name] for name in POLICY}
    for row in read("SELECT id, value FROM setting WHERE id IN ('queue_policy', 'missed_pause', 'ageing')"):
        settings[row["id"]] = msgspec.json.decode(row["value"])["value"]
    since = (date.fromisoformat(day) - timedelta(days=DAYS)).isoformat()
    learned = known(read, scope, since)
    prefixes = {row["prefix"] for row in read("SELECT DISTINCT prefix FROM matter WHERE active")}

    def lasts(ticket: Any) -> int:
        return round(learned[ticket.matter].minutes * MINUTE_MS) if ticket.matter in learned else MINUTE_MS

    def off(ticket: Any) -> float:
        return learned[ticket.matter].spread * MINUTE_MS if ticket.matter in learned else PRIOR_SPREAD * MINUTE_MS

    windows = {window.id: window for window in rows("window", queue_scope=scope)}
    desks = []
    for session in rows("window_session", scope=scope, closed_at=None, state="open"):
        if session.window in windows:
            [here] = rows("ticket", id=session.ticket) if session.ticket else [None]
            free_at = (here.serving_at or now) + lasts(here) if here is not None else now
            busy = here.prefix if here is not None else None
            desks.append(Desk(session.window, windows[session.window].skills, free_at, busy))
    waiting = rows("ticket", scope=scope, day=day, state="waiting")
    layout = next(iter(rows("layout", id=scope)), None)
    found = newcomers(prefixes, waiting, desks, lasts, now, settings, off, layout)
    return {prefix: minutes_of(each) for prefix, each in found.items()}
