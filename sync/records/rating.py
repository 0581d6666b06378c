"""好差评: the invitation and the rating, without the citizen; scope `hall:rating`."""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, document, moment, personal


class Invite(Record, table=True):
    """One rating is invited when a service ends. It names no ticket, case or person who may rate."""

    __tablename__ = "invite"

    subject: str  # service | case
    state: str
    matter: str
    window: str | None = None
    staff: str | None = None
    site: str
    opened_at: int | None = moment()
    lapses_at: int | None = moment()


class Rating(Record, table=True):
    """One rating; the id is its invite's. A `defaulted` one was given by nobody and is kept apart in every figure."""

    __tablename__ = "rating"

    level: str = Field(index=True)
    person_level: str | None = None
    tags: list[Any] | None = document()
    tag_version: int | None = None
    words: str | None = personal("rating_words_days")
    channel: str  # phone | window | terminal
    matter: str
    window: str | None = None
    staff: str | None = None
    site: str
    rated_at: int | None = moment(index=True)
    defaulted: bool = False


class RatingSupplement(Record, table=True):
    """Words added to a rating later."""

    __tablename__ = "rating_supplement"

    rating: str = Field(index=True)
    words: str = personal("rating_words_days", needed=True)
    at: int | None = moment()
