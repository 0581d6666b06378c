"""Working days, deadlines and hall-open time. Arithmetic on days only: nothing here knows what day it is.

    plain week     Mon Tue Wed Thu Fri  –   –   Mon …
    moved days                  –   –  Sat           notices of the State Council (`calendar_table.csv`, imported years)
    rank(day)       1   2   3           4            working days up to and with it: plain weeks + what was moved

Everything is rank and its inverse, so days outside the table need no case of their own: there nothing is moved. But
nothing is known there either, and each `Deadline` says so: `certain` is False where a day outside `covered_from …
covered_until` took part. A screen shows that; it never passes a guess on as a date.

Periods of days begin on the day after (民法典 art. 201); those of the licensing law are working days (行政许可法
art. 82); the last day ends at 24:00 (民法典 art. 203). Hall time is UTC+08:00 all year.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import accumulate, count, pairwise
from pathlib import Path
from typing import NamedTuple

from sync.errors import InputError
from sync.holiday_notice import SETTLED_UNTIL, HolidayDay, check_year, read_file, read_rows
from sync.open_hours import WHOLE_DAY, OpenHours, Span

__all__ = ["Calendar", "Deadline", "HolidayDay", "OpenHours", "day_of", "end_of_day_ms", "start_of_day_ms"]

MINUTE_MS = 60_000
DAY_MS = 86_400_000
HALL_OFFSET_MS = 8 * 3_600_000

_EPOCH = date(1970, 1, 1).toordinal()
_LAST = date.max.toordinal()
_TABLE = Path(__file__).with_name("calendar_table.csv")


class Deadline(NamedTuple):
    """The last day of a period; `certain` is False where the calendar does not reach so far."""

    day: str
    certain: bool

    @property
    def end_ms(self) -> int:
        """The midnight that ends the day: overdue when now ≥ this."""
        return end_of_day_ms(self.day)


def day_of(ms: int) -> str:
    """The hall's day (ISO) of a time in ms since the epoch."""
    return date.fromordinal(_ordinal_of(ms)).isoformat()


def start_of_day_ms(day: str | date) -> int:
    """The midnight that begins a hall day, in ms since the epoch."""
    return _midnight(_ordinal(day))


def end_of_day_ms(day: str | date) -> int:
    """The midnight that ends a hall day (24:00): the first ms that is too late."""
    return _midnight(_ordinal(day) + 1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that the notices for `first_year … last_year` name; equal and hashed by them."""

    days: tuple[HolidayDay, ...]
    first_year: int
    last_year: int
    _moved: tuple[int, ...] = field(init=False, compare=False, repr=False)
    _shift: tuple[int, ...] = field(init=False, compare=False, repr=False)
    _named: Mapping[str, HolidayDay] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        moved = [row for row in self.days if row.moved]
        set_once = object.__setattr__
        set_once(self, "_moved", tuple(_ordinal(row.day) for row in moved))
        set_once(self, "_shift", tuple(accumulate((1 if row.working else -1 for row in moved), initial=0)))
        set_once(self, "_named", {row.day: row for row in self.days})

    @staticmethod
    def standard() -> Calendar:
        """The table that comes with the program, read once a process."""
        return _standard()

    @classmethod
    def from_rows(cls, rows: Iterable[HolidayDay | Mapping[str, object]]) -> Calendar:
        """From rows as `rows()` gave them, judged when they were imported. Raises InputError `calendar.*`."""
        days = tuple(sorted(read_rows(rows)))
        if not days:
            raise InputError("calendar.empty")
        for first, second in pairwise(days):
            if first.day == second.day:
                raise InputError("calendar.duplicate_day", day=second.day)
        years = sorted({int(row.day[:4]) for row in days if row.day[5:] <= SETTLED_UNTIL})
        for before, after in pairwise(years):
            if after != before + 1:
                raise InputError("calendar.gap", year=before + 1)
        return cls(days, years[0], years[-1])

    def with_year(self, rows: Iterable[HolidayDay | Mapping[str, object]], *, statutory: int | None = None) -> Calendar:
        """With one more year, or a year of this table replaced, by the rows of its notice (`check_year` judges them).

        Raises InputError `calendar.*`; `calendar.gap` where the year before is not there yet.
        """
        year, days = check_year(rows, statutory)
        if not self.first_year <= year <= self.last_year + 1:
            missing = self.last_year + 1 if year > self.last_year else year + 1
            raise InputError("calendar.gap", year=missing)
        kept = {row.day: row for row in self.days if not f"{year}-01-01" <= row.day <= f"{year}-{SETTLED_UNTIL}"}
        merged = kept | {row.day: row for row in days}
        told = tuple(sorted(row for row in merged.values() if row.moved or (row.name and not row.working)))
        return Calendar(told, self.first_year, max(year, self.last_year))

    def with_imported(
        self, rows: Iterable[HolidayDay | Mapping[str, object]], *, statutory: Mapping[int, int] | None = None
    ) -> Calendar:
        """With every whole year among the imported rows of the scope `base`, from the next or a known year on.

        Never raises for a year that does not balance yet: its days stay uncertain. The rows of a year belong into one
        push, in the order of `read_file`: half a year that balances by chance cannot be told from a whole one.
        `statutory` = public holidays of the years that the law of today does not foresee.
        """
        years: dict[int, list[HolidayDay]] = {}
        with suppress(InputError):
            for row in sorted(read_rows(rows)):
                years.setdefault(int(row.day[:4]) + (row.day[5:] > SETTLED_UNTIL), []).append(row)
        calendar = self
        for year in sorted(years):
            with suppress(InputError):
                calendar = calendar.with_year(years[year], statutory=(statutory or {}).get(year))
        return calendar

    def rows(self) -> list[dict[str, str | bool]]:
        """The days as rows of the scope `base`: `day`, `working`, `name`."""
        return [row._asdict() for row in self.days]

    @property
    def covered_from(self) -> str:
        """The first day (ISO) of which this calendar is sure."""
        return f"{self.first_year}-01-01"

    @property
    def covered_until(self) -> str:
        """The last day (ISO) of which this calendar is sure: the days after it are still the next notice's to move."""
        return f"{self.last_year}-{SETTLED_UNTIL}"

    def covers(self, day: str | date) -> bool:
        """Whether this calendar is sure of a day."""
        return self.covered_from <= date.fromordinal(_ordinal(day)).isoformat() <= self.covered_until

    def name_of(self, day: str | date) -> str:
        """The holiday that a day off belongs to or that a make-up day is worked for; else empty."""
        row = self._named.get(date.fromordinal(_ordinal(day)).isoformat())
        return row.name if row else ""

    def is_working_day(self, day: str | date) -> bool:
        """Whether a day is worked, make-up days (调休) included."""
        return self._is_working(_ordinal(day))

    def add_working_days(self, day: str | date, n: int) -> Deadline:
        """The n-th working day after `day`, which itself never counts, worked or not; `day` itself for n = 0.

        Raises InputError `calendar.bad_period` for n < 0 or a period that leaves the calendar of years to 9999.
        """
        start = _ordinal(day)
        if n < 0:
            raise InputError("calendar.bad_period", days=n)
        end = start
        if n:
            target, high = self._rank(start) + n, start + 2 * n
            while high < _LAST and self._rank(high) < target:
                high += n + 30
            if high > _LAST and self._rank(_LAST) < target:
                raise InputError("calendar.bad_period", days=n)
            # The first day whose rank reaches the target is worked: only on worked days does the rank rise.
            end = bisect_left(range(high + 1), target, lo=start + n, key=self._rank)
        until = date.fromordinal(end).isoformat()
        since = date.fromordinal(start).isoformat()
        return Deadline(until, self.covered_from <= since and until <= self.covered_until)

    def working_days_between(self, after: str | date, until: str | date) -> int:
        """Working days after one day up to and with another: the inverse of adding; negative backwards."""
        return self._rank(_ordinal(until)) - self._rank(_ordinal(after))

    def is_open(self, ms: int, hours: OpenHours) -> bool:
        """Whether the hall is open at a time."""
        minute = (ms + HALL_OFFSET_MS) % DAY_MS // MINUTE_MS
        return any(first <= minute < last for first, last in self._spans(_ordinal_of(ms), hours))

    def open_spans(self, day: str | date, hours: OpenHours) -> tuple[Span, ...]:
        """When the hall is open on a day, in minutes since its midnight."""
        return self._spans(_ordinal(day), hours)

    def add_open_time(self, start_ms: int, duration_ms: int, hours: OpenHours) -> int:
        """The earliest time by which the hall was open for `duration_ms` since `start_ms`; ms since the epoch.

        Raises InputError `calendar.bad_period` for a negative duration.
        """
        if duration_ms < 0:
            raise InputError("calendar.bad_period", ms=duration_ms)
        if duration_ms == 0 or hours.always_open:
            return start_ms + duration_ms
        left = duration_ms
        for begin, end in self._open_from(start_ms, hours):
            if left <= end - begin:
                return begin + left
            left -= end - begin
        raise InputError("calendar.bad_period", ms=duration_ms)

    def open_time_between(self, since_ms: int, until_ms: int, hours: OpenHours) -> int:
        """The ms for which the hall is open between two times; negative when `until_ms` is earlier."""
        if until_ms < since_ms:
            return -self.open_time_between(until_ms, since_ms, hours)
        if hours.always_open:
            return until_ms - since_ms
        total = 0
        for begin, end in self._open_from(since_ms, hours):
            if begin >= until_ms:
                break
            total += min(end, until_ms) - begin
        return total

    def _rank(self, ordinal: int) -> int:
        # Ordinal 1 is a Monday, so whole weeks and Mon–Fri fall out of division by 7.
        weeks, rest = divmod(ordinal, 7)
        return weeks * 5 + (rest if rest < 5 else 5) + self._shift[bisect_right(self._moved, ordinal)]

    def _is_working(self, ordinal: int) -> bool:
        return self._rank(ordinal) > self._rank(ordinal - 1)

    def _spans(self, ordinal: int, hours: OpenHours) -> tuple[Span, ...]:
        if hours.always_open:
            return WHOLE_DAY
        weekday = (ordinal - 1) % 7
        if weekday < 5:
            return hours.week[weekday] if self._is_working(ordinal) else ()
        row = self._named.get(date.fromordinal(ordinal).isoformat())
        if row is None:
            return hours.week[weekday]
        return hours.makeup if row.working else ()

    def _open_from(self, ms: int, hours: OpenHours) -> Iterator[tuple[int, int]]:
        for ordinal in count(_ordinal_of(ms)):
            if ordinal > _LAST:
                return
            midnight = _midnight(ordinal)
            for first, last in self._spans(ordinal, hours):
                begin, end = midnight + first * MINUTE_MS, midnight + last * MINUTE_MS
                if end > ms:
                    yield max(begin, ms), end


@cache
def _standard() -> Calendar:
    years = read_file(_TABLE.read_text(encoding="utf-8"))
    return Calendar.from_rows(row for rows in years.values() for row in rows)


def _ordinal(day: str | date) -> int:
    if isinstance(day, date):
        return day.toordinal()
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        raise InputError("calendar.bad_day", value=day[:40]) from None


def _ordinal_of(ms: int) -> int:
    return (ms + HALL_OFFSET_MS) // DAY_MS + _EPOCH


def _midnight(ordinal: int) -> int:
    return (ordinal - _EPOCH) * DAY_MS - HALL_OFFSET_MS
