"""送达的经过: ways that failed, the notice that counts as delivery, parcels; scope of the case."""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, document, moment, personal, unique


class DeliveryAttempt(Record, table=True):
    """One way that was tried in vain, the day of it and why."""

    __tablename__ = "delivery_attempt"

    case: str = Field(index=True)
    method: str
    day: str
    reason: str = personal("archive_years", needed=True)
    staff: str
    at: int | None = moment()


class PublicNotice(Record, table=True):
    """公告: what the notice says. `ends_at` is the end of its last day; `document` will be the receipt."""

    __tablename__ = "public_notice"
    __table_args__ = (unique("public_notice_posted", "case", where="state = 'posted'"),)

    case: str = Field(index=True)
    state: str = Field(index=True)  # posted | served | withdrawn
    addressee: str = personal("archive_years", needed=True)
    matter: str
    papers: list[str] | None = document()  # title and number of each
    reason: str
    # what was tried before; for the receipt, not for the page
    course: list[str] | None = personal("archive_years", json=True)
    posted_at: int | None = moment()
    until_day: str
    ends_at: int | None = moment()
    document: str
    handled_by: str
    staff: str
    ended_at: int | None = moment()


class Parcel(Record, table=True):
    """邮件: one leg of the courier's way, with what lies in it. `receiver` is who gets it, or sends it back."""

    __tablename__ = "parcel"

    case: str = Field(index=True)
    leg: str  # out: to the citizen | back: to the hall
    state: str  # sent | arrived | returned | lost
    carrier: str
    tracking: str = personal("archive_years", needed=True)
    receiver: str = personal("archive_years", needed=True)
    contents: list[dict[str, Any]] | None = personal("archive_years", json=True)  # [{"what", "id", "name", "copies"}]
    sent_at: int | None = moment()
    sent_by: str
    day: str | None = None  # of its end
    reason: str | None = personal("archive_years")
    ended_at: int | None = moment()
    ended_by: str | None = None
