"""What the State Council's yearly notice on holidays says, read and judged before anyone counts by it.

    notice      year,name,off,worked
                2026,国庆节,2026-10-01..2026-10-07,2026-09-20 2026-10-10  ─┐
    day list    date,is_workday[,holiday_name]                             ├─▶ HolidayDay … ─▶ check_year
                2026-10-01,0,国庆节                                       ─┤
    scope base  {"day": "2026-10-01", "working": false, "name": "国庆节"} ─┘

A notice may reach into December of the year before (2018-12-31 belongs to that of 2019), but never before the 29th.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from sync.errors import InputError

SETTLED_UNTIL = "12-28"
"""The last day of a year (MM-DD) that no later notice has ever moved; 29 December was moved in 2007 and in 2018."""

_NEIGHBOURHOOD_DAYS = 14
_EXTRA_DAYS = {2015: 1, 2020: 2}  # a memorial day; the Spring Festival prolonged nationwide
_ALWAYS_OFF = ("01-01", "05-01", "10-01", "10-02", "10-03")


class HolidayDay(NamedTuple):
    """One day on which the notice decides: a day off, or a Saturday or Sunday that is worked. `day` is ISO."""

    day: str
    working: bool
    name: str = ""

    @property
    def moved(self) -> bool:
        """Whether the day differs from a plain Monday-to-Friday week."""
        return self.working != (date.fromisoformat(self.day).weekday() < 5)


def statutory_days(year: int) -> int:
    """Public holidays a year, 全国年节及纪念日放假办法 as then in force; one on a weekend is made up for."""
    return _EXTRA_DAYS.get(year, 0) + (10 if year <= 2007 else 11 if year <= 2024 else 13)


def read_file(text: str) -> dict[int, list[HolidayDay]]:
    """Rows by the notice's year, from a notice or a day list (told apart by the header; lines with `#` are remarks).

    Days off come first, then days worked: sent in this order no beginning of any year of the table balances by chance.

    Raises InputError with `calendar.unknown_format`, `.bad_day`, `.bad_line`, `.wrong_year`, `.empty`.
    """
    import csv

    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(lines)
    columns = set(reader.fieldnames or ())
    if {"year", "name", "off", "worked"} <= columns:
        read = _notice_line
    elif {"date", "is_workday"} <= columns:
        read = _day_line
    else:
        raise InputError("calendar.unknown_format", columns=",".join(reader.fieldnames or ())[:80])
    years: dict[int, list[HolidayDay]] = {}
    for line in reader:
        year, rows = read(line)
        years.setdefault(year, []).extend(rows)
    if not years:
        raise InputError("calendar.empty")
    return {year: sorted(rows, key=lambda row: (row.working, row.day)) for year, rows in years.items()}


def _notice_line(line: Mapping[str, str | None]) -> tuple[int, list[HolidayDay]]:
    name, year = (line["name"] or "").strip(), (line["year"] or "").strip()
    if not (year.isascii() and year.isdigit()):
        raise InputError("calendar.bad_line", field="year", value=year[:40])
    off = [HolidayDay(day, False, name) for span in (line["off"] or "").split() for day in _days_of(span)]
    worked = [HolidayDay(parse_day(day).isoformat(), True, name) for day in (line["worked"] or "").split()]
    for row in off + worked:
        if not f"{int(year) - 1}-{SETTLED_UNTIL}" < row.day <= f"{int(year)}-12-31":
            raise InputError("calendar.wrong_year", day=row.day, year=int(year))
    return int(year), off + worked


def _day_line(line: Mapping[str, str | None]) -> tuple[int, list[HolidayDay]]:
    working = (line["is_workday"] or "").strip()
    if working not in {"0", "1"}:
        raise InputError("calendar.bad_line", field="is_workday", value=working[:40])
    day = parse_day(line["date"] or "")
    return day.year, [HolidayDay(day.isoformat(), working == "1", (line.get("holiday_name") or "").strip())]


def _days_of(span: str) -> Iterator[str]:
    first, _, last = span.partition("..")
    begin, end = parse_day(first), parse_day(last or first)
    if not 0 <= (end - begin).days <= _NEIGHBOURHOOD_DAYS:
        raise InputError("calendar.bad_line", field="off", value=span[:40])
    for ordinal in range(begin.toordinal(), end.toordinal() + 1):
        yield date.fromordinal(ordinal).isoformat()


def parse_day(text: str) -> date:
    """An ISO day `YYYY-MM-DD`; other spellings that Python's parser takes (20260101, 2026-W01-1) are refused."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise InputError("calendar.bad_day", value=text[:40]) from None
    if day.isoformat() != text.strip():
        raise InputError("calendar.bad_day", value=text[:40])
    return day


def read_rows(rows: Iterable[HolidayDay | Mapping[str, object]]) -> list[HolidayDay]:
    """Rows as they travel – mappings with `day`, `working` (bool or 0/1), `name`. Raises InputError `calendar.*`."""
    read = []
    for row in rows:
        if isinstance(row, HolidayDay):
            values: tuple[object, object, object] = row
        else:
            values = (row.get("day"), row.get("working"), row.get("name", ""))
        day, working, name = values
        if working not in (0, 1):
            raise InputError("calendar.bad_line", field="working", value=str(working)[:40])
        read.append(HolidayDay(parse_day(str(day)).isoformat(), bool(working), str(name or "")))
    return read


def check_year(
    rows: Iterable[HolidayDay | Mapping[str, object]], statutory: int | None = None
) -> tuple[int, list[HolidayDay]]:
    """The notice's year and its rows in order, if they can be a notice; the year is that of the last row.

    `statutory` = the year's public holidays where the law has changed or a day was added; by default `statutory_days`.
    Raises InputError: `calendar.empty`, `.bad_day`, `.bad_line`, `.duplicate_day` (day), `.wrong_year` (day, year),
    `.must_be_off` (day), `.lonely_day` (day: no holiday within 14 days), `.unbalanced` (year, expected, found).
    """
    days = sorted(read_rows(rows))
    if not days:
        raise InputError("calendar.empty")
    year = int(days[-1].day[:4])
    for before, after in pairwise(days):
        if before.day == after.day:
            raise InputError("calendar.duplicate_day", day=after.day)
    for row in days:
        if not f"{year - 1}-{SETTLED_UNTIL}" < row.day:
            raise InputError("calendar.wrong_year", day=row.day, year=year)
    _check_holidays(year, days)
    # A list of days may hold the end of December, which the next notice decides: it does not count in this balance.
    moved = [row for row in days if row.moved and row.day <= f"{year}-{SETTLED_UNTIL}"]
    found = sum(-1 if row.working else 1 for row in moved)
    expected = statutory_days(year) if statutory is None else statutory
    if found != expected:
        raise InputError("calendar.unbalanced", year=year, expected=expected, found=found)
    return year, days


def _check_holidays(year: int, days: list[HolidayDay]) -> None:
    told = {row.day: row for row in days}
    for month_day in _ALWAYS_OFF:
        day = f"{year}-{month_day}"
        weekend = date.fromisoformat(day).weekday() >= 5
        if told[day].working if day in told else not weekend:
            raise InputError("calendar.must_be_off", day=day)
    weekdays_off = [date.fromisoformat(row.day).toordinal() for row in days if row.moved and not row.working]
    for row in days:
        if row.moved and row.working:
            ordinal = date.fromisoformat(row.day).toordinal()
            if all(abs(ordinal - other) > _NEIGHBOURHOOD_DAYS for other in weekdays_off):
                raise InputError("calendar.lonely_day", day=row.day)
