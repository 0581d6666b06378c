"""The course of a case's delivery: what was tried in vain, the notice that runs, what is missing for one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sync.records.states import NoticeState
from sync.rules.case.notice import lacking, of_now

Rows = Callable[..., list[Any]]


@dataclass(frozen=True, slots=True)
class Course:
    """`attempts` by their days; `notice` is the one on the page, None without; `lacking` the ways still to be tried."""

    attempts: tuple[Any, ...]
    notice: Any
    lacking: tuple[str, ...]


def read_course(rows: Rows, case: str, needed: Sequence[str]) -> Course:
    """Of one case."""
    attempts = sorted(rows("delivery_attempt", case=case), key=lambda each: (each.day, each.at or 0, each.id))
    posted = [each for each in rows("public_notice", case=case) if each.state == NoticeState.POSTED]
    tried = [each for row in rows("case", id=case) for each in of_now(attempts, row)]
    return Course(tuple(attempts), posted[0] if posted else None, tuple(lacking(tried, needed)))


def last_carrier(read: Callable[..., list[sqlite3.Row]]) -> str:
    """Whom the last parcel of this copy went with; empty before the first."""
    found = read("SELECT carrier FROM parcel ORDER BY sent_at DESC, id DESC LIMIT 1")
    return str(found[0]["carrier"]) if found else ""
