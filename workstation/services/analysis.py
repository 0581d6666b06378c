"""好差评 by period and group. Reads through the copy's `query_only` connections and writes nothing.

read(period, group) ─▶ Analysis          in a thread of its own: sums over two periods
bad_ones(line) ─▶ the bad ratings of one group, down to the ticket where the reader may know it
way(rating) ─▶ that ticket's own way through the hall
export(analysis, kind) ─▶ a file in the exports folder
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sync.calendar import day_of, start_of_day_ms
from workstation import spreadsheet
from workstation.hours import hhmmss
from workstation.locale import language, say
from workstation.services.desk import Desk
from workstation.spreadsheet import Cell, Sheet
from workstation.views import analysis as view
from workstation.views import ticket_way
from workstation.views.analysis import Analysis, BadOne, Figures, Span
from workstation.views.ticket_way import Way

READERS: Final = ("supervisor", "duty")
DAY, WEEK, MONTH, YEAR = "day", "week", "month", "year"
LENGTHS: Final = (DAY, WEEK, MONTH, YEAR)


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week (from Monday), month or year of the hall, by its first day."""

    length: str
    first: date

    @classmethod
    def around(cls, length: str, day: str) -> Period:
        """The one that `day` lies in."""
        found = date.fromisoformat(day)
        if length == WEEK:
            found -= timedelta(days=found.weekday())
        elif length == MONTH:
            found = found.replace(day=1)
        elif length == YEAR:
            found = found.replace(month=1, day=1)
        return cls(length, found)

    @property
    def next(self) -> Period:
        """The one after it."""
        days = {DAY: 1, WEEK: 7, MONTH: 31, YEAR: 366}[self.length]
        return Period.around(self.length, (self.first + timedelta(days=days)).isoformat())

    @property
    def previous(self) -> Period:
        """The one before it."""
        return Period.around(self.length, (self.first - timedelta(days=1)).isoformat())

    @property
    def span(self) -> Span:
        """In ms."""
        days = (self.first, self.next.first, self.previous.first)
        start, end, before = (start_of_day_ms(day.isoformat()) for day in days)
        return Span(start, end, before, monthly=self.length == YEAR)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)


class AnalysisService:
    """What screen 8 calls."""

    def __init__(self, desk: Desk, exports: Path) -> None:
        self.desk = desk
        self.exports = exports

    @property
    def scopes(self) -> list[str]:
        """The ratings that the person may read: none for everybody but supervisors and duty managers."""
        return self._of("rating")

    @property
    def today(self) -> str:
        """The hall's day."""
        return day_of(self.desk.clock.now())

    def read(self, scopes: list[str], period: Period, group: str) -> Analysis | None:
        """On any thread. None: the terminal is closing, or the copy gives no answer now."""
        try:
            return view.analysis(self.desk.read, scopes, group, period.span)
        except (sqlite3.ProgrammingError, sqlite3.OperationalError):
            return None

    def bad_ones(self, key: str, analysis: Analysis) -> list[BadOne]:
        """The bad ratings of one line."""
        person = self.desk.person
        callback = self._of("callback")
        me = person.staff if person is not None else ""
        return view.bad_ones(self.desk.read, self.scopes, callback, key, analysis.group, analysis.span, me)

    def way(self, rating: str) -> Way | None:
        """How the ticket of a bad rating went through the hall; None where the person may not know which it is."""
        person = self.desk.person
        if person is None:
            return None
        return ticket_way.way(self.desk.read, self._of("callback"), self._of("queue"), person.staff, rating)

    def _of(self, part: str) -> list[str]:
        person = self.desk.person
        return list(person.scopes(part, *READERS)) if person is not None else []

    def tag_words(self) -> dict[str, str]:
        """What the tags' codes say."""
        return view.tag_words(self.desk.read, language())

    def export(self, analysis: Analysis, period: Period, kind: str) -> Path:
        """Write the period as CSV or XLSX; the file's place. Raises StoreError `overview.export_unwritable`."""
        sheets = tables(analysis, self.tag_words())
        content = spreadsheet.as_xlsx(sheets) if kind == "xlsx" else spreadsheet.as_csv(sheets)
        at = hhmmss(self.desk.clock.now()).replace(":", "")
        path = self.exports / f"ratings-{period.length}-{period.first.isoformat()}-{analysis.group}-{at}.{kind}"
        spreadsheet.save(path, content)
        return path


COLUMNS: Final = ("name", "invited", "rated", "participation", "satisfied", "satisfied_before", "bad", "bad_before")


def tables(analysis: Analysis, words: dict[str, str]) -> list[Sheet]:
    """The screen as tables: groups with their total, alarms."""
    head = [say(f"analysis.col.{name}") for name in (*COLUMNS, "bad_rate", "defaulted")]
    rows = [_cells(line.name, line.now, line.before) for line in analysis.lines]
    rows.append(_cells(say("analysis.total"), analysis.total, analysis.before))
    alarms = [
        (say(f"analysis.alarm.{alarm.kind}.title"), alarm.name, words.get(alarm.reason, alarm.reason), alarm.count)
        for alarm in analysis.alarms
    ]
    columns = [say(f"analysis.sheet.{name}") for name in ("kind", "name", "reason", "count")]
    return [
        Sheet(say(f"analysis.group.{analysis.group}"), head, rows),
        Sheet(say("analysis.alarms"), columns, alarms),
    ]


def _cells(name: str, now: Figures, before: Figures) -> list[Cell]:
    return [
        name,
        now.invited,
        now.rated,
        _share(now.participation),
        _share(now.satisfied),
        _share(before.satisfied),
        now.bad,
        before.bad,
        _share(now.bad_rate),
        now.defaulted,
    ]


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
