"""打印: the right to print one copy of a paper, what a terminal for citizens knows of it, and the blanks for licences.

`print_authorisation` lies with its case; `print_job` is its double in `hall:print`, the only scope that such a terminal
holds. A stock of blanks lies with whoever prints from it: the scope of an office or site, or `hall:print`.
"""

from __future__ import annotations

from sqlalchemy import Index

from sync.records.base import Field, Record, moment, personal


class PrintAuthorisation(Record, table=True):
    """One copy of one paper, printed once. `stock` and `serial` name the blank of a licence."""

    __tablename__ = "print_authorisation"

    case: str = Field(index=True)
    document: str = Field(index=True)
    kind: str
    number: str | None = None
    channel: str  # window | kiosk
    copy_no: int = 1
    state: str
    code: str | None = None  # what the citizen types at a terminal
    given_at: int | None = moment()
    given_by: str | None = None
    device: str | None = None  # which took it
    taken_at: int | None = moment()
    stock: str | None = None
    serial: str | None = None
    printed_at: int | None = moment()
    ended_at: int | None = moment()
    reason: str | None = personal("archive_years")


class PrintJob(Record, table=True):
    """An authorisation as a terminal sees it, under the same id: no full name, no case. `home` is the other's scope."""

    __tablename__ = "print_job"

    home: str
    kind: str
    title: str
    number: str | None = None
    holder: str | None = personal("print_name_days")
    pages: int | None = None
    sha256: str | None = Field(default=None, index=True)  # gone when it has ended
    code_hash: str | None = Field(default=None, index=True)
    state: str
    device: str | None = None
    stock: str | None = None
    serial: str | None = None
    ended_at: int | None = moment()


class BlankStock(Record, table=True):
    """空白证照 of one place: received = used + void + what lies there."""

    __tablename__ = "blank_stock"

    place: str
    received: int = 0
    used: int = 0
    void: int = 0


class BlankRange(Record, table=True):
    """A receipt of blanks: serials from `first` to `last`, numbers of the same width behind the same prefix."""

    __tablename__ = "blank_range"

    stock: str = Field(index=True)
    prefix: str = Field(index=True)
    first: int
    last: int
    width: int
    at: int | None = moment()
    staff: str | None = None


class Blank(Record, table=True):
    """A blank that is no longer in stock; the id is `stock/serial`."""

    __tablename__ = "blank"
    __table_args__ = (Index("uq_blank_serial", "serial", unique=True),)

    stock: str = Field(index=True)
    serial: str
    state: str  # used | void
    authorisation: str | None = None
    reason: str | None = None
    at: int | None = moment()
    staff: str | None = None
