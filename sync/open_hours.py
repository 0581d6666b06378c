"""When a hall is open in an ordinary week: spans of minutes since midnight, hall time.

    Mon–Fri   |--------|   |---------|        on working days
              540    720   810      1020
    Sat, Sun  spans of their own (服务延时), on weekends that belong to no holiday
    make-up   a Saturday or Sunday that is worked: Monday's spans unless said otherwise

Which days are worked, only `sync.calendar` knows; this is the dated setting beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync.errors import InputError

Span = tuple[int, int]
"""First minute and the minute after the last, 0 ≤ first < last ≤ 1440."""

DAY_MINUTES = 24 * 60
WHOLE_DAY: tuple[Span, ...] = ((0, DAY_MINUTES),)

_SPAN = re.compile(r"([0-9]{2}):([0-5][0-9])-([0-9]{2}):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Spans for Monday to Sunday and for make-up days, or `always_open`. Impossible ones raise InputError `hours.*`."""

    week: tuple[tuple[Span, ...], ...]
    makeup: tuple[Span, ...]
    always_open: bool = False

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise InputError("hours.not_seven_days", days=len(self.week))
        for spans in (*self.week, self.makeup):
            end = 0
            for first, last in spans:
                if not end <= first < last <= DAY_MINUTES:
                    raise InputError("hours.bad_span", value=f"{_clock(first)}-{_clock(last)}")
                end = last
        if not self.always_open and not any(self.week):
            raise InputError("hours.never_open")

    @classmethod
    def of(cls, weekdays: str, *, saturday: str = "", sunday: str = "", makeup: str | None = None) -> OpenHours:
        """From settings such as `09:00-12:00 13:30-17:00`; `makeup` defaults to the weekdays' spans."""
        usual = parse_spans(weekdays)
        week = (*(usual,) * 5, parse_spans(saturday), parse_spans(sunday))
        return cls(week, usual if makeup is None else parse_spans(makeup))

    @classmethod
    def always(cls) -> OpenHours:
        """Open day and night, holidays too (a demo, a replay, a terminal hall)."""
        return cls((WHOLE_DAY,) * 7, WHOLE_DAY, always_open=True)


def parse_spans(text: str) -> tuple[Span, ...]:
    """`09:00-12:00 13:30-17:00` as minutes; an empty text is a closed day. Raises InputError `hours.bad_span`."""
    spans = []
    for part in text.replace(",", " ").split():
        match = _SPAN.fullmatch(part)
        if not match:
            raise InputError("hours.bad_span", value=part[:40])
        first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
        spans.append((first_hour * 60 + first_minute, last_hour * 60 + last_minute))
    return tuple(spans)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
