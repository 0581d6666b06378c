"""Working days against two independent calendars, deadlines and open time by their laws.

calendar_table.csv ─▶ Calendar ─┬─ every day 2004 … 2026 = chinesecalendar (one day decided by the notice)
                                ├─ every day of ../shared/data/china/workdays_2024_2025.csv
                                └─ the district's own four deadlines
"""

import csv
import time
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.calendar import Calendar, Deadline, OpenHours, day_of, end_of_day_ms, start_of_day_ms
from sync.errors import InputError
from sync.holiday_notice import check_year, read_file
from sync.open_hours import parse_spans
from workstation.commands import calendar as command

CALENDAR = Calendar.standard()
TABLE = Path(command.__file__).parents[2] / "sync" / "calendar_table.csv"
HOURS = OpenHours.of("09:00-12:00 13:30-17:00", saturday="09:00-11:30")
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# The package has this Saturday free; 国办发明电〔2005〕35号 says it is worked for 3 January 2006.
NOTICE_AGAINST_PACKAGE = {"2005-12-31": True}

days = st.dates(date(2003, 6, 1), date(2027, 12, 31)).map(date.isoformat)
covered_days = st.dates(date(2004, 1, 1), date(2026, 6, 1)).map(date.isoformat)
times = st.integers(start_of_day_ms("2003-06-01"), start_of_day_ms("2027-12-31"))
durations = st.integers(0, 40 * DAY)
opening = st.sampled_from(
    [
        HOURS,
        OpenHours.of("00:00-24:00"),
        OpenHours.of("", sunday="10:00-14:01"),
        OpenHours.of("08:30-17:30", makeup=""),
        OpenHours.always(),
    ]
)


def at(day: str, clock: str) -> int:
    hours, minutes = clock.split(":")
    return start_of_day_ms(day) + int(hours) * HOUR + int(minutes) * MINUTE


def every_day(first: str, last: str) -> list[str]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(i)).isoformat() for i in range((end - begin).days + 1)]


# ---- the table ----------------------------------------------------------------------------------------------------


def test_every_day_since_2004_is_as_an_independent_calendar_has_it() -> None:
    span = every_day("2004-01-01", f"{CALENDAR.last_year}-12-31")
    unlike = {
        day: CALENDAR.is_working_day(day)
        for day in span
        if CALENDAR.is_working_day(day) != chinese_calendar.is_workday(date.fromisoformat(day))
    }
    assert len(span) >= 8_401
    assert unlike == NOTICE_AGAINST_PACKAGE


def test_every_day_of_the_recorded_two_years(shared_data: Path) -> None:
    with (shared_data / "china" / "workdays_2024_2025.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 731
    assert [row["date"] for row in rows if CALENDAR.is_working_day(row["date"]) != (row["is_workday"] == "1")] == []


@pytest.mark.parametrize("day", ["2013-04-07", "2013-10-12"])
def test_days_that_another_package_has_wrong(day: str) -> None:
    assert CALENDAR.is_working_day(day)  # 国办发明电〔2012〕33号


def test_every_notice_of_the_table_is_a_valid_notice() -> None:
    years = read_file(TABLE.read_text(encoding="utf-8"))
    assert sorted(years) == list(range(2004, CALENDAR.last_year + 1))
    for year, rows in years.items():
        assert check_year(rows)[0] == year
        assert CALENDAR.with_year(rows) == CALENDAR


# ---- deadlines ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "n", "last_day"),
    [
        ("2021-09-17", 5, "2021-09-26"),  # a Sunday that is worked
        ("2021-09-30", 3, "2021-10-11"),
        ("2021-04-23", 3, "2021-04-27"),
        ("2026-02-13", 3, "2026-02-25"),
        ("2026-02-17", 1, "2026-02-24"),  # received in the holiday
        ("2026-02-17", 0, "2026-02-17"),
    ],
)
def test_deadlines(received: str, n: int, last_day: str) -> None:
    assert CALENDAR.add_working_days(received, n) == Deadline(last_day, certain=True)
    assert CALENDAR.add_working_days(date.fromisoformat(received), n).day == last_day


@settings(deadline=None)
@given(covered_days, st.integers(1, 60))
def test_a_deadline_is_found_by_counting_day_by_day(day: str, n: int) -> None:
    here, left = date.fromisoformat(day), n
    while left:
        here += timedelta(1)
        left -= CALENDAR.is_working_day(here)
    assert CALENDAR.add_working_days(day, n).day == here.isoformat()


@settings(deadline=None)
@given(days, st.integers(1, 400))
def test_between_is_the_inverse_of_adding(day: str, n: int) -> None:
    until = CALENDAR.add_working_days(day, n).day
    assert CALENDAR.is_working_day(until)
    assert CALENDAR.working_days_between(day, until) == n
    assert CALENDAR.working_days_between(until, day) == -n


@settings(deadline=None)
@given(days, days, st.integers(0, 80), st.integers(0, 80))
def test_deadlines_never_run_backwards(one: str, other: str, n: int, more: int) -> None:
    first, last = sorted((one, other))
    # A later start never ends earlier, nor does a longer period from the same day.
    assert CALENDAR.add_working_days(first, n).day <= CALENDAR.add_working_days(last, n).day
    assert CALENDAR.add_working_days(one, n).day <= CALENDAR.add_working_days(one, n + more).day


@settings(deadline=None)
@given(days, days, days)
def test_between_adds_up(one: str, other: str, third: str) -> None:
    whole = CALENDAR.working_days_between(one, third)
    assert CALENDAR.working_days_between(one, other) + CALENDAR.working_days_between(other, third) == whole


@pytest.mark.parametrize(
    ("received", "n", "expected"),
    [
        ("2026-12-21", 5, Deadline("2026-12-28", certain=True)),
        ("2026-12-21", 6, Deadline("2026-12-29", certain=False)),  # the next notice may move 29 December
        ("2031-03-03", 5, Deadline("2031-03-10", certain=False)),
        ("2003-12-30", 5, Deadline("2004-01-07", certain=False)),  # began before the table
    ],
)
def test_a_result_beyond_the_table_is_marked(received: str, n: int, expected: Deadline) -> None:
    table_of_2026 = Calendar(CALENDAR.days, 2004, 2026)
    assert table_of_2026.add_working_days(received, n) == expected


def test_coverage_is_visible() -> None:
    assert CALENDAR.covered_from == "2004-01-01"
    assert CALENDAR.covered_until == f"{CALENDAR.last_year}-12-28"
    assert CALENDAR.covers("2004-01-01")
    assert CALENDAR.covers(CALENDAR.covered_until)
    assert not CALENDAR.covers("2003-12-31")
    assert not CALENDAR.covers(f"{CALENDAR.last_year}-12-29")


@pytest.mark.parametrize(("day", "n"), [("2026-01-01", -1), ("9999-12-01", 50), ("2026-01-01", 10**9)])
def test_impossible_periods_are_refused(day: str, n: int) -> None:
    with pytest.raises(InputError, match=r"calendar\.bad_period"):
        CALENDAR.add_working_days(day, n)


@pytest.mark.parametrize("day", ["", "2026-02-30", "yesterday", "2026-13-01"])
def test_no_day_is_refused(day: str) -> None:
    with pytest.raises(InputError, match=r"calendar\.bad_day"):
        CALENDAR.is_working_day(day)


def test_a_deadline_costs_microseconds() -> None:
    """The budget of the write path is 20 µs; ten times that still passes here, on a busy machine."""
    rounds = []
    for _ in range(5):
        begin = time.perf_counter_ns()
        for _ in range(200):
            CALENDAR.add_working_days("2026-02-13", 20)
        rounds.append((time.perf_counter_ns() - begin) / 200 / 1_000)
    assert min(rounds) < 200


# ---- hall time ----------------------------------------------------------------------------------------------------


def test_a_hall_day_is_at_plus_eight() -> None:
    assert start_of_day_ms("1970-01-01") == -8 * HOUR
    assert end_of_day_ms("2026-02-13") == start_of_day_ms("2026-02-14") == 1_770_998_400_000
    assert day_of(1_770_998_400_000 - 1) == "2026-02-13"
    assert day_of(1_770_998_400_000) == "2026-02-14"
    assert Deadline("2026-02-13", True).end_ms == 1_770_998_400_000


@settings(deadline=None)
@given(times)
def test_a_time_lies_in_its_day(ms: int) -> None:
    assert start_of_day_ms(day_of(ms)) <= ms < end_of_day_ms(day_of(ms))


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        (("2026-02-13", "09:30"), 60, ("2026-02-13", "10:30")),
        (("2026-02-13", "11:30"), 60, ("2026-02-13", "14:00")),  # over midday
        (("2026-02-13", "16:00"), 60, ("2026-02-13", "17:00")),  # ends with the day, not with the next morning
        (("2026-02-13", "16:30"), 60, ("2026-02-14", "09:30")),  # a Saturday that is worked: weekday hours
        (("2026-02-14", "16:30"), 60, ("2026-02-24", "09:30")),  # over the Spring Festival
        (("2026-03-06", "16:30"), 60, ("2026-03-07", "09:30")),  # an ordinary Saturday with hours of its own
        (("2026-06-18", "16:30"), 60, ("2026-06-22", "09:30")),  # the Saturday of a holiday is none
        (("2026-02-13", "03:00"), 0, ("2026-02-13", "03:00")),
    ],
)
def test_hall_open_time(start: tuple[str, str], minutes: int, end: tuple[str, str]) -> None:
    assert CALENDAR.add_open_time(at(*start), minutes * MINUTE, HOURS) == at(*end)
    assert CALENDAR.open_time_between(at(*start), at(*end), HOURS) == minutes * MINUTE


@settings(deadline=None)
@given(times, durations, opening)
def test_open_time_is_the_inverse_of_adding_it(start: int, duration: int, hours: OpenHours) -> None:
    end = CALENDAR.add_open_time(start, duration, hours)
    assert end >= start
    assert CALENDAR.open_time_between(start, end, hours) == duration
    assert CALENDAR.open_time_between(end, start, hours) == -duration
    if duration:
        assert CALENDAR.is_open(end - 1, hours)  # and no earlier time would do


@settings(deadline=None)
@given(times, st.integers(0, 30 * DAY), st.integers(0, 30 * DAY), opening)
def test_open_time_adds_up(start: int, one: int, other: int, hours: OpenHours) -> None:
    middle, end = start + one, start + one + other
    parts = CALENDAR.open_time_between(start, middle, hours) + CALENDAR.open_time_between(middle, end, hours)
    assert parts == CALENDAR.open_time_between(start, end, hours) <= one + other


@settings(deadline=None)
@given(times, opening)
def test_open_means_that_the_next_millisecond_counts(ms: int, hours: OpenHours) -> None:
    assert CALENDAR.open_time_between(ms, ms + 1, hours) == CALENDAR.is_open(ms, hours)


def test_the_edges_of_a_span() -> None:
    assert [CALENDAR.is_open(at("2026-02-13", "09:00") + ms, HOURS) for ms in (-1, 0)] == [False, True]
    assert [CALENDAR.is_open(at("2026-02-13", "12:00") + ms, HOURS) for ms in (-1, 0)] == [True, False]
    assert CALENDAR.is_open(at("2026-02-17", "03:00"), OpenHours.always())


@pytest.mark.parametrize("text", ["9:00-12:00", "12:00-09:00", "09:00-25:00", "09:00-12:00 11:00-13:00", "always"])
def test_impossible_hours_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"hours\.bad_span"):
        OpenHours.of(text)


def test_a_hall_that_never_opens_is_refused() -> None:
    with pytest.raises(InputError, match=r"hours\.never_open"):
        OpenHours.of("", makeup="09:00-12:00")
    with pytest.raises(InputError, match=r"hours\.not_seven_days"):
        OpenHours((parse_spans("09:00-12:00"),), ())
    with pytest.raises(InputError, match=r"calendar\.bad_period"):
        CALENDAR.add_open_time(0, -1, HOURS)
