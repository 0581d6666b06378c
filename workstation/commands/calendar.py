"""`workstation calendar`: what the calendar of working days knows, one deadline explained, a file of a new year judged.

    workstation calendar                       from when until when it is sure
    workstation calendar --show 2026-02-13+3   the deadline, and the moved days on the way to it
    workstation calendar --check 2027.csv      may this year be imported? does it agree with what is known?
    workstation calendar --import 2027.csv     an administrator puts it into the hall, at this machine's copy

Exit code 0; 1 where a file is unusable or disagrees; 2 for a wrong command line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from sync.calendar import Calendar
from sync.errors import HallError, InputError
from sync.holiday_notice import SETTLED_UNTIL, HolidayDay, check_year, parse_day, read_file
from workstation.arguments import Arguments, whole_number
from workstation.cells import inert
from workstation.locale import say
from workstation.locations import Locations, locate
from workstation.weekday import with_weekday

_PERIOD = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\+([0-9]{1,4})")
_MAX_BYTES = 1_000_000


def main(argv: Sequence[str]) -> int:
    """Run the command with the arguments after `calendar`; the exit code."""
    parser = Arguments("workstation calendar", say("calendar.cli.about"))
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--show", metavar="YYYY-MM-DD+N", help=say("calendar.cli.show"))
    what.add_argument("--check", metavar="FILE", type=Path, help=say("calendar.cli.check"))
    what.add_argument("--import", dest="bring", metavar="FILE", type=Path, help=say("calendar.cli.import"))
    parser.add_argument("--staff", metavar="N", default="", help=say("calendar.cli.staff"))
    parser.add_argument("--data", metavar="DIR", help=say("calendar.cli.data"))
    parser.add_argument("--statutory-days", metavar="N", type=whole_number(1, 366), help=say("calendar.cli.statutory"))
    options = parser.parse_args(argv)
    calendar = Calendar.standard()
    try:
        if options.show is not None:
            return show(calendar, options.show)
        if options.check is not None:
            return check(calendar, options.check, options.statutory_days)
        if options.bring is not None:
            return bring(calendar, options.bring, options.statutory_days, locate(options.data), options.staff)
    except HallError as error:
        print(inert(say(error.code, **error.params)), file=sys.stderr)
        return 1
    print(say("calendar.cli.coverage", since=calendar.covered_from, until=calendar.covered_until))
    return 0


def show(calendar: Calendar, period: str) -> int:
    """Print a deadline such as `2026-02-13+3` and the days off and make-up days between."""
    match = _PERIOD.fullmatch(period)
    if not match:
        raise InputError("calendar.cli.bad_period", value=period[:40])
    start, n = parse_day(match[1]).isoformat(), int(match[2])
    deadline = calendar.add_working_days(start, n)
    print(say("calendar.cli.deadline", start=start, days=n, day=with_weekday(deadline.day)))
    for row in calendar.days:
        if start < row.day <= deadline.day:
            print(f"  {with_weekday(row.day)}  {_state(row.working)}  {row.name}")
    if not deadline.certain:
        print(say("calendar.cli.uncertain", since=calendar.covered_from, until=calendar.covered_until))
    return 0


def check(calendar: Calendar, path: Path, statutory: int | None) -> int:
    """Judge a file of one or more years; every year is told, also after one that is unusable."""
    failed = False
    for year, rows in sorted(read_years(path).items()):
        different = differences(calendar, year, rows)
        for day, working in different:
            told = say(
                "calendar.cli.difference", day=with_weekday(day), file=_state(working), known=_state(not working)
            )
            print(told)
        try:
            check_year(rows, statutory)
            calendar = calendar.with_year(rows, statutory=statutory)
        except InputError as error:
            print(inert(say("calendar.cli.unusable", year=year, reason=say(error.code, **error.params))))
            failed = True
            continue
        off = sum(row.moved and not row.working for row in rows)
        worked = sum(row.moved and row.working for row in rows)
        print(say("calendar.cli.usable", year=year, off=off, worked=worked, different=len(different)))
        failed = failed or bool(different)
    return int(failed)


def bring(calendar: Calendar, path: Path, statutory: int | None, locations: Locations, staff: str) -> int:
    """Judge a file as `check` does, then put its days into the hall; of an unusable one nothing is sent."""
    if check(calendar, path, statutory):
        return 1
    from workstation.commanded import opened
    from workstation.holiday_import import bring_in
    from workstation.views.working_days import calendar_of

    rows = [row for _, days in sorted(read_years(path).items()) for row in days]
    with opened(locations) as desk:
        desk.sign_on(staff or asked(say("calendar.cli.who")), asked(say("calendar.cli.pin"), secret=True))
        count = bring_in(desk, rows, progress)
        after = calendar_of(desk.read)
    print(say("calendar.cli.brought", count=count, until=after.covered_until))
    return 0


def progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(f"\r[{'#' * (20 * done // of):.<20}] {done}/{of}", end=end, file=sys.stderr, flush=True)


def asked(question: str, *, secret: bool = False) -> str:
    """A line from the person, from a pipe where there is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    if secret:
        import getpass

        return getpass.getpass(f"{question} ").strip()
    return input(f"{question} ").strip()


def read_years(path: Path) -> dict[int, list[HolidayDay]]:
    """The rows of a file by year. Raises InputError `calendar.unreadable` (path, reason) or another `calendar.*`."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise InputError("calendar.too_large", path=str(path))
        return read_file(data.decode("utf-8"))
    except OSError as error:
        raise InputError("calendar.unreadable", path=str(path), reason=error.strerror or "") from None
    except UnicodeDecodeError:
        raise InputError("calendar.unreadable", path=str(path), reason="UTF-8") from None


def differences(calendar: Calendar, year: int, rows: Sequence[HolidayDay]) -> list[tuple[str, bool]]:
    """Days of a known year on which the file says otherwise, with what the file says; none for a year that is new.

    Where a file is silent it means a plain week; the last days of December are the next notice's and not compared.
    """
    if not calendar.first_year <= year <= calendar.last_year:
        return []
    first, last = f"{year}-01-01", f"{year}-{SETTLED_UNTIL}"
    told = {row.day: row.working for row in rows if first <= row.day <= last}
    moved = {row.day: row.working for row in calendar.days if row.moved and first <= row.day <= last}
    unlike = [(day, working) for day, working in told.items() if working != calendar.is_working_day(day)]
    return sorted(unlike + [(day, not working) for day, working in moved.items() if day not in told])


def _state(working: bool) -> str:
    return say("calendar.cli.worked" if working else "calendar.cli.off")
