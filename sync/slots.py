"""Half hours that can be booked: the hall's hours on a day, cut in pieces. Arithmetic on days only, as in `calendar`.

hours 09:00-12:00 13:00-17:00 ─▶ 09:00 09:30 … 11:30   13:00 … 16:30
a holiday, a weekend ─▶ none        a make-up day ─▶ the weekdays' hours
a day that the calendar does not reach ─▶ none: it might be a holiday
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sync.calendar import MINUTE_MS, Calendar, OpenHours, start_of_day_ms
from sync.records.settings import DEFAULTS

SLOT_MINUTES = 30


def hours_of(settings: Mapping[str, Any]) -> OpenHours:
    """When the hall is open, by its settings."""
    if settings.get("always_open", DEFAULTS["always_open"]):
        return OpenHours.always()
    spans = settings.get("open_hours", DEFAULTS["open_hours"])
    return OpenHours.of(" ".join(f"{first}-{last}" for first, last in spans))


def minutes_of(day: str, calendar: Calendar, settings: Mapping[str, Any]) -> tuple[int, ...]:
    """The minutes of `day` at which a whole half hour of opening begins, earliest first."""
    hours = hours_of(settings)
    if not (hours.always_open or calendar.covers(day)):
        return ()
    found: list[int] = []
    for first, last in calendar.open_spans(day, hours):
        found.extend(range(first, last - SLOT_MINUTES + 1, SLOT_MINUTES))
    return tuple(found)


def days_from(today: str, calendar: Calendar, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The days, today counted, on which something can be booked."""
    ahead: int = settings.get("appointment_days", DEFAULTS["appointment_days"])
    first = date.fromisoformat(today)
    days = ((first + timedelta(n)).isoformat() for n in range(ahead))
    return tuple(day for day in days if minutes_of(day, calendar, settings))


def begins_at(day: str, minute: int) -> int:
    """A minute of a hall day in ms since the epoch."""
    return start_of_day_ms(day) + minute * MINUTE_MS


def clock_of(minute: int) -> str:
    """A minute of the day as in 09:30."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
