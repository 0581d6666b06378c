"""回访整改台账: what follows a bad rating, and the link to who rated; scope `hall:callback`, handlers only."""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, document, moment, personal


class InviteLink(Record, table=True):
    """Who may answer an invite: its ticket or case, and how to reach the person; the id is the invite's."""

    __tablename__ = "invite_link"

    ticket: str | None = personal("rater_days", index=True)
    case: str | None = personal("rater_days", index=True)
    number: str | None = personal("rater_days")
    holder: str | None = personal("rater_days")
    phone: str | None = personal("rater_days")
    at: int | None = moment()


class Contact(Record, table=True):
    """The telephone left with a ticket; the id is the ticket's."""

    __tablename__ = "contact"

    holder: str | None = personal("contact_days")
    phone: str | None = personal("contact_days")
    at: int | None = moment()


class Rectification(Record, table=True):
    """One ledger entry; the id is the rating's, or a complaint's own."""

    __tablename__ = "rectification"

    source: str  # rating | telephone
    level: str | None = None
    matter: str
    window: str | None = None
    rated_staff: str | None = None
    site: str
    holder: str | None = personal("ledger_contact_days")
    phone: str | None = personal("ledger_contact_days")
    words: str | None = personal("ledger_words_days")
    tags: list[Any] | None = document()
    state: str = Field(index=True)
    opened_at: int | None = moment()
    callback_due_at: int | None = moment()
    callback_wall_at: int | None = moment()
    warned: int = 0  # 0 | 50 | 80 | 100, of the clock that runs
    handler: str | None = Field(default=None, index=True)
    assigned_at: int | None = moment()
    first_reached_at: int | None = moment()
    attempts: int = 0
    failed_second: int = 0
    failed_second_days: list[Any] | None = document()
    finding: str | None = None
    cause: str | None = personal("ledger_words_days")
    verified_at: int | None = moment()
    office: str | None = None
    measure: str | None = personal("ledger_words_days")
    rectify_due_day: str | None = None
    deadline_certain: bool = True
    interviewed_at: int | None = moment()
    rectified_at: int | None = moment()
    evidence: str | None = personal("ledger_words_days")
    second_at: int | None = moment()
    seen_at: int | None = moment()  # the last second callback, reopened or not: what evidence it rested on
    second_level: str | None = None
    closed_at: int | None = moment()
    reopened: int = 0
    appeal: str | None = personal("ledger_words_days")
    void_reason: str | None = personal("ledger_words_days")


class CallbackAttempt(Record, table=True):
    """One try to reach the person; merges always."""

    __tablename__ = "callback_attempt"

    entry: str = Field(index=True)
    round: str  # first | second
    outcome: str  # reached | busy | no_answer | refused | wrong_number
    note: str | None = personal("ledger_words_days")
    staff: str
    at: int | None = moment()


class ChecklistTick(Record, table=True):
    """One answered item of the callback checklist; the id is `entry/item`."""

    __tablename__ = "checklist_tick"

    entry: str = Field(index=True)
    item: str
    value: str | None = personal("ledger_words_days")
    staff: str
    at: int | None = moment()


class Evidence(Record, table=True):
    """A file that shows what was put right. The blob named by `sha256` may arrive later than the row; one that was
    taken back names none any more, so that it goes, and keeps its name and why."""

    __tablename__ = "evidence"

    entry: str = Field(index=True)
    name: str = personal("ledger_words_days", needed=True)
    sha256: str | None = personal("ledger_words_days", index=True)
    size: int
    media_type: str
    arrived: bool = False
    staff: str
    at: int | None = moment()
    back_at: int | None = moment()
    back_why: str | None = personal("ledger_words_days")
