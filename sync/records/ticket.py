"""Queue calling (小智叫号): tickets, calls, the time they took; scope `hall:queue[/site]`.

issued → waiting → called ⇄ recalled → serving → done
             ↑        └→ missed ─┘        ├→ held → serving
             └──────── transferred ───────┘
"""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, document, moment, partial, personal, unique


class NumberSeries(Record, table=True):
    """Next free number of one prefix on one day, or of one paper in one year; used at the centre only."""

    __tablename__ = "number_series"

    next: int
    period: str = ""  # the day or the year that it counts in, where the id does not name it
    lost: list[dict[str, Any]] | None = document()  # passed over when the centre was restored: sync.rules.series


class Ticket(Record, table=True):
    """号票. `arrived_at` is kept over a transfer; `number` is the centre's and absent until it answers. `matter` is the
    one in hand; `more` are those that follow, in order."""

    __tablename__ = "ticket"
    __table_args__ = (unique("ticket_number", "scope", "day", "number", where="number IS NOT NULL"),)

    number: str | None = None
    day: str = Field(index=True)
    matter: str
    prefix: str
    holder: str | None = personal("ticket_name_days")
    priority: str = "none"
    state: str = Field(index=True)
    site: str
    issued_at: int | None = moment()
    arrived_at: int | None = moment()
    window: str | None = None
    session: str | None = None
    target_window: str | None = None
    called_at: int | None = moment()
    calls: int = 0
    missed_at: int | None = moment()
    misses: int = 0
    serving_at: int | None = moment()
    finished_at: int | None = moment()
    case: str | None = None
    flagged: bool = False
    desk: str | None = None  # the window at which it was given out
    more: list[dict[str, Any]] | None = document()  # [{"matter": id, "prefix": letter}]


class Call(Record, table=True):
    """One call of one ticket; at most one is open a ticket."""

    __tablename__ = "call"
    __table_args__ = (unique("call_open", "ticket", where="open"),)

    ticket: str = Field(index=True)
    window: str
    session: str
    staff: str
    called_at: int | None = moment()
    ended_at: int | None = moment()
    open: bool = True
    outcome: str | None = None


class ServiceSegment(Record, table=True):
    """A stretch of service of one ticket at one window; a ticket's segments do not overlap."""

    __tablename__ = "service_segment"
    __table_args__ = (unique("service_segment_open", "ticket", where="ended_at IS NULL"),)

    ticket: str = Field(index=True)
    window: str
    session: str
    staff: str
    matter: str
    started_at: int | None = moment()
    ended_at: int | None = moment()
    ended_by: str | None = None


class WindowSession(Record, table=True):
    """A person at a window. `ticket` is the one called or served now."""

    __tablename__ = "window_session"
    __table_args__ = (
        unique("window_session_live", "window", where="closed_at IS NULL"),
        unique("window_session_staff", "staff", where="closed_at IS NULL"),
    )

    window: str = Field(index=True)
    staff: str = Field(index=True)
    device: str
    state: str
    ticket: str | None = Field(default=None, index=True)
    opened_at: int | None = moment()
    closed_at: int | None = moment()
    pause_reason: str | None = None
    silent_at: int | None = moment()  # when its device was found silent; null while it is heard


class TicketLease(Record, table=True):
    """租约: a waiting ticket kept for one device's window, so that it can be called there without a network."""

    __tablename__ = "ticket_lease"
    __table_args__ = (
        unique("ticket_lease_open", "ticket", where="ended_at IS NULL"),
        partial("ticket_lease_live", "scope", "ended_at", where="ended_at IS NULL"),  # asked by every call
    )

    ticket: str = Field(index=True)
    day: str = Field(index=True)
    window: str
    session: str = Field(index=True)
    staff: str
    device: str
    state: str  # held | asked | used | returned | expired
    given_at: int | None = moment()
    expires_at: int | None = moment()
    asked_at: int | None = moment()
    ended_at: int | None = moment()


class WindowRequest(Record, table=True):
    """The duty manager asks for a window: that somebody sits down there, or goes on after a pause."""

    __tablename__ = "window_request"
    __table_args__ = (unique("window_request_asked", "window", where="state = 'asked'"),)

    window: str = Field(index=True)
    kind: str  # open | resume
    service: str  # the prefix that it is wanted for
    state: str
    asked_by: str
    asked_at: int | None = moment()
    ended_at: int | None = moment()
    met_by: str | None = None


class Layout(Record, table=True):
    """What each window of a queue takes under the hall's own policy (`sync.rules.balanced`); its id is the scope."""

    __tablename__ = "layout"

    takes: dict[str, list[str]] | None = document()  # {window id: prefixes}
    work: dict[str, int] | None = document()  # {prefix: thousandths of a window that it was expected to keep at work}
    laid_at: int | None = moment()


class Pause(Record, table=True):
    """A pause of a window session with its reason."""

    __tablename__ = "pause"

    session: str = Field(index=True)
    reason: str
    from_at: int | None = moment()
    to_at: int | None = moment()


class Announcement(Record, table=True):
    """What the hall's display and voice say, in order of `at`; never overwritten."""

    __tablename__ = "announcement"

    ticket: str
    number: str | None = None
    window: str
    kind: str  # call | recall
    at: int | None = moment(index=True)
