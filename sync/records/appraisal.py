"""月度考核 公示: months of ratings frozen with their hash, corrections, what is made public; scope `hall:rating`."""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, document, moment, personal


class Appraisal(Record, table=True):
    """A month of ratings as it was when it ended; the id is the month. It never changes."""

    __tablename__ = "appraisal"

    head_seq: int  # the log of `rating` up to here is what the figures are of
    figures: dict[str, Any] | None = document()  # sync.appraisal
    # what the groups were called then, apart from the hash
    names: dict[str, Any] | None = personal("archive_years", json=True)
    hash: str
    frozen_at: int | None = moment()


class AppraisalCorrection(Record, table=True):
    """Something that changes a month's figures afterwards; the figures themselves stay as they were frozen."""

    __tablename__ = "appraisal_correction"

    month: str = Field(index=True)
    figure: str  # rated | bad
    by: int  # so many more, or fewer
    staff: str | None = None
    window: str | None = None
    matter: str | None = None
    site: str | None = None
    source: str  # appeal | duty
    reason: str = personal("archive_years", needed=True)
    author: str
    at: int | None = moment()


class Publicity(Record, table=True):
    """The text that is made public of a month; the id is the month."""

    __tablename__ = "publicity"

    state: str  # draft | approved | refused
    text: str
    hash: str  # of the text
    appraisal: str  # hash of the figures that it is made of
    drafted_by: str
    drafted_at: int | None = moment()
    decided_by: str | None = None
    decided_at: int | None = moment()
    reason: str | None = None
