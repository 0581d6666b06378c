"""A day with its day of the week: people think in weeks."""

from __future__ import annotations

from datetime import date

from workstation.locale import say


def with_weekday(day: str) -> str:
    """`2026-11-23 星期一` for 2026-11-23."""
    return f"{day} {say(f'calendar.weekday{date.fromisoformat(day).isoweekday()}')}"
