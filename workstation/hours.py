"""Milliseconds as a person reads them: hall time (Asia/Shanghai, +08:00 without summer time) and spans.

Pure functions of integers; the time itself comes from `sync.clock`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

HALL_OFFSET_MS = 8 * 3_600_000
SECOND = 1_000
MINUTE = 60_000
HOUR = 3_600_000
DAY = 24 * HOUR
EPOCH = date(1970, 1, 1).toordinal()


def hhmm(at_ms: int) -> str:
    """Hall time of day, `10:32`."""
    minutes = (at_ms + HALL_OFFSET_MS) // MINUTE % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def hhmmss(at_ms: int) -> str:
    """Hall time of day, `10:32:05`."""
    return f"{hhmm(at_ms)}:{(at_ms + HALL_OFFSET_MS) // SECOND % 60:02d}"


def moment(at_ms: int, now_ms: int, of_today: Callable[[int], str] = hhmm) -> str:
    """`10:32` on the day of `now_ms` (or as `of_today` says it), `11-23 10:32` on any other: a time without its day is
    taken for today's."""
    if (at_ms + HALL_OFFSET_MS) // DAY == (now_ms + HALL_OFFSET_MS) // DAY:
        return of_today(at_ms)
    return f"{date.fromordinal(EPOCH + (at_ms + HALL_OFFSET_MS) // DAY):%m-%d} {hhmm(at_ms)}"


def clock_span(span_ms: int) -> str:
    """A span as `04:12` (minutes:seconds), or `1:04:12` from an hour on; negative spans get a minus."""
    seconds = abs(span_ms) // SECOND
    sign = "-" if span_ms < 0 else ""
    if seconds < 3600:
        return f"{sign}{seconds // 60:02d}:{seconds % 60:02d}"
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def age(span_ms: int) -> tuple[str, dict[str, int]]:
    """A phrase for how long ago something was: minutes, then hours, then days."""
    minutes = max(span_ms, 0) // MINUTE
    if minutes < 120:
        return "hours.minutes_ago", {"count": minutes}
    return (
        ("hours.hours_ago", {"count": minutes // 60})
        if minutes < 2880
        else ("hours.days_ago", {"count": minutes // 1440})
    )
