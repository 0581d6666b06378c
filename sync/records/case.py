"""办件: the licensing case, what was done on it and what it waits for; scope `hall:case/<office or site>`."""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, document, moment, personal, unique


class Case(Record, table=True):
    """One application. `owner` is the clerk it belongs to; `form` holds the fields that people edit."""

    __tablename__ = "case"
    __table_args__ = (unique("case_number", "number", where="number IS NOT NULL"),)

    number: str | None = Field(default=None, index=True)
    matter: str
    office: str
    site: str
    state: str = Field(index=True)
    applicant: str = personal("archive_years", needed=True, index=True)
    applicant_code: str | None = personal("archive_years")
    form: dict[str, Any] | None = personal("archive_years", json=True)
    owner: str | None = Field(default=None, index=True)
    handlers: list[str] | None = document()  # everyone it ever belonged to: none of them decides it
    ticket: str | None = None
    channel: str = "window"  # window | agent | log
    received_at: int | None = moment()
    received_by: str | None = None
    correction_due_day: str | None = None  # deemed accepted after it (行政许可法 art. 32)
    correction_round: int = 0
    deemed: bool = False
    accepted_at: int | None = moment()
    promised_day: str | None = None
    statutory_day: str | None = Field(default=None, index=True)
    deadline_certain: bool = True
    extended: bool = False
    suspended_day: str | None = None
    steps: int = 0
    reviewer: str | None = None
    reviewed_device: str | None = None
    reviewed_at: int | None = moment()
    opinion: str | None = personal("archive_years")
    proposal: str | None = None
    approver: str | None = None
    decision: str | None = None
    reasons: str | None = personal("archive_years")
    decided_at: int | None = moment()
    issued_at: int | None = moment()
    issued_by: str | None = None
    delivery_day: str | None = None  # to be delivered by (行政许可法 art. 44)
    delivered_at: int | None = moment()
    ended_at: int | None = moment()


class ReviewStep(Record, table=True):
    """One step of a review, by the case's owner."""

    __tablename__ = "review_step"

    case: str = Field(index=True)
    activity: str
    staff: str
    at: int | None = moment()
    note: str | None = personal("archive_years")


class CaseNote(Record, table=True):
    """A remark; merges always."""

    __tablename__ = "case_note"

    case: str = Field(index=True)
    text: str = personal("archive_years", needed=True)
    staff: str
    at: int | None = moment()


class Correction(Record, table=True):
    """One correction notice's content: all defects at once."""

    __tablename__ = "correction"

    case: str = Field(index=True)
    round: int
    # [{"material": id|null, "reason": code, "words": …}]
    defects: list[dict[str, Any]] | None = personal("archive_years", json=True)
    staff: str
    at: int | None = moment()
    answered_at: int | None = moment()


class Material(Record, table=True):
    """材料. The blob named by `sha256` may arrive later than the row."""

    __tablename__ = "material"

    case: str = Field(index=True)
    ordinal: int
    name: str = personal("archive_years", needed=True)
    required: bool = False
    state: str
    sha256: str | None = personal("archive_years", index=True)
    size: int | None = None
    media_type: str | None = None
    arrived: bool = False
    defect: str | None = personal("archive_years")
    staff: str | None = None
    at: int | None = moment()


class ProofWaiver(Record, table=True):
    """免提交: a listed material that was not asked for; the id is the material's, so that each counts once."""

    __tablename__ = "proof_waiver"

    case: str = Field(index=True)
    way: str  # verified | committed | abolished
    source: str = personal("archive_years", needed=True)  # with whom it was verified, or what it rests on
    staff: str
    at: int | None = moment()


class Conflict(Record, table=True):
    """Two people's values of one field, until a person decides."""

    __tablename__ = "conflict"

    case: str = Field(index=True)
    field: str
    base: str | None = personal("archive_years")
    theirs: str | None = personal("archive_years")
    theirs_by: str | None = None
    theirs_at: int | None = moment()
    mine: str | None = personal("archive_years")
    mine_by: str | None = None
    mine_at: int | None = moment()
    state: str = Field(index=True)
    choice: str | None = None
    value: str | None = personal("archive_years")
    decided_by: str | None = None
    decided_at: int | None = moment()


class CaseMove(Record, table=True):
    """That a case has left this scope, when, and where to; all that its former people keep of it."""

    __tablename__ = "case_move"

    moved: str = Field(index=True)  # the case
    number: str | None = None
    to: str
    reason: str = personal("moved_days", needed=True)
    staff: str
    at: int | None = moment()


class FieldWrite(Record, table=True):
    """Who wrote a field's present value and when; the id is `case/field`."""

    __tablename__ = "field_write"

    case: str = Field(index=True)
    field: str
    staff: str
    at: int | None = moment()
