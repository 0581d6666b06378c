"""Where the work is done: the hall, its offices, sites and windows; scope `hall:base`."""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, document


class Hall(Record, table=True):
    """大厅. One row; its id begins every scope."""

    __tablename__ = "hall"

    name: str
    bureau: str
    sample: bool = False


class Office(Record, table=True):
    """科室, the department that owns matters."""

    __tablename__ = "office"

    name: str


class Site(Record, table=True):
    """网点: the main hall, a park, a sub-district centre or an association, with scopes of its own."""

    __tablename__ = "site"

    name: str
    kind: str  # hall | park | subdistrict | association
    queue_scope: str | None = None
    case_scope: str | None = None


class Window(Record, table=True):
    """窗口. `skills` are the ticket prefixes it serves."""

    __tablename__ = "window"

    label: str
    site: str = Field(index=True)
    skills: list[str] | None = document()
    queue_scope: str
    place: str | None = None  # how citizens find it, as in "2层"


class Setting(Record, table=True):
    """A setting of the hall that differs from `settings.DEFAULTS`; the id is its name."""

    __tablename__ = "setting"

    value: dict[str, Any] | None = document()  # {"value": …}
    from_day: str | None = None


class CalendarDay(Record, table=True):
    """An exception of the working-day calendar, imported after the release; the id is the day."""

    __tablename__ = "calendar_day"

    working: bool
    name: str | None = None
