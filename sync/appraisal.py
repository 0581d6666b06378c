"""A month's figures, so that anyone who holds its ratings can count them again and meet the same hash.

    invites opened and ratings given in the month ──▶ figures: total, and by staff, window, matter, site
    figures ──▶ canonical JSON (RFC 8785 for whole numbers and texts: keys sorted, no blanks) ──▶ SHA-256

invited    invitations opened          rated      ratings that somebody gave, defaults apart
bad        of these, matter or person  defaulted  invitations that lapsed unanswered

Nothing but counts goes in: no name, so renaming a matter later changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from sync.calendar import day_of, start_of_day_ms
from sync.records.states import BAD_LEVELS

GROUPS: Final = ("staff", "window", "matter", "site")
FIGURES: Final = ("invited", "rated", "bad", "defaulted")
Figures = dict[str, Any]
_canonical = msgspec.json.Encoder(order="sorted").encode


def month_of(ms: int) -> str:
    """`2026-03`, in the hall."""
    return day_of(ms)[:7]


def bounds(month: str) -> tuple[int, int]:
    """The month's first ms, and the next one's. Raises ValueError for what is no month."""
    first = date.fromisoformat(f"{month}-01")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return start_of_day_ms(first), start_of_day_ms(after)


def is_bad(rating: Mapping[str, Any]) -> bool:
    """Matter or person was rated with one of the two bad levels."""
    return rating["level"] in BAD_LEVELS or rating["person_level"] in BAD_LEVELS


def figures(month: str, invites: Iterable[Mapping[str, Any]], ratings: Iterable[Mapping[str, Any]]) -> Figures:
    """Counts of one month; rows of other months are left out. A group without a name is ""."""
    start, end = bounds(month)
    total = dict.fromkeys(FIGURES, 0)
    groups: dict[str, dict[str, dict[str, int]]] = {group: {} for group in GROUPS}

    def count(row: Mapping[str, Any], figure: str) -> None:
        total[figure] += 1
        for group, lines in groups.items():
            line = lines.setdefault(str(row[group] or ""), dict.fromkeys(FIGURES, 0))
            line[figure] += 1

    for invite in invites:
        if start <= (invite["opened_at"] or 0) < end:
            count(invite, "invited")
    for rating in ratings:
        if start <= (rating["rated_at"] or 0) < end:
            if rating["defaulted"]:
                count(rating, "defaulted")
                continue
            count(rating, "rated")
            if is_bad(rating):
                count(rating, "bad")
    return {"month": month, "total": total, **groups}


def hash_of(figures: Figures) -> str:
    """What a frozen month is known by."""
    return hashlib.sha256(_canonical(figures)).hexdigest()


def corrected(figures: Figures, corrections: Iterable[Mapping[str, Any]]) -> Figures:
    """The figures as they count after every correction; the frozen ones stay as they are."""
    found: Figures = msgspec.json.decode(_canonical(figures))
    for entry in corrections:
        figure, by = entry["figure"], entry["by"]
        found["total"][figure] += by
        for group in GROUPS:
            line = found[group].setdefault(str(entry[group] or ""), dict.fromkeys(FIGURES, 0))
            line[figure] += by
    return found
