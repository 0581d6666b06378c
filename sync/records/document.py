"""文书: papers with their numbers and signatures, and the permission to issue one; scope of the case."""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, document, moment, personal, unique


class Document(Record, table=True):
    """One paper. `facts` is what its template needs; the signature columns are the registry's."""

    __tablename__ = "document"
    __table_args__ = (unique("document_number", "number", where="number IS NOT NULL"),)

    case: str = Field(index=True)
    kind: str
    number: str | None = None
    state: str
    page: str | None = Field(default=None, index=True)  # random id of its public page
    year: str | None = None  # with `n`: its place in the series of its kind
    n: int | None = None
    facts: dict[str, Any] | None = personal("archive_years", json=True)
    superseded_by: str | None = Field(default=None, index=True)  # the paper that corrects it, signed or not yet
    approver: str | None = Field(default=None, index=True)  # who signs before the seal; None: the seal stands alone
    approval: str | None = Field(default=None, index=True)  # SHA-256 of the file that the approver signed
    approval_serial: str | None = None
    approval_at: int | None = moment()
    alone: str | None = None  # why the seal stands alone all the same: offline | doubted | no_stamp
    prepared_at: int | None = moment()
    prepared_by: str | None = None
    sha256: str | None = personal("archive_years", index=True)
    size: int | None = None
    pages: int | None = None
    message_digest: str | None = Field(default=None, index=True)
    signature: str | None = None  # SHA-256 of the signature value, hex
    signer: str | None = None
    serial: str | None = None
    level: str | None = None
    # every file handed out, by its hash: {"level": …, "size": …, "at": ms}
    files: dict[str, Any] | None = personal("archive_years", json=True)
    signed_at: int | None = moment()
    registered_at: int | None = moment()
    registered_by: str | None = None
    raise_at: int | None = moment(index=True)  # when its signature's next step is due; None: none is
    raiser: str | None = None  # the machine whose step it is …
    raiser_label: str | None = None  # … as the hall calls it, where it took over
    raise_until: int | None = moment()  # until then no other begins
    raise_why: dict[str, Any] | None = document()  # why it stays: {"code", "subject", "reason", "mark", "times", "at"}


class IssueAuthorisation(Record, table=True):
    """The right of one device to issue one decision, with the number reserved for it."""

    __tablename__ = "issue_authorisation"
    __table_args__ = (unique("issue_authorisation_out", "case", where="state = 'out'"),)

    case: str = Field(index=True)
    document: str
    number: str | None = None
    page: str | None = None
    device: str
    state: str
    given_at: int | None = moment()
    expires_at: int | None = moment()
    ended_at: int | None = moment()


class VoidNumber(Record, table=True):
    """A number that was given out and will never be used, with the reason."""

    __tablename__ = "void_number"

    number: str
    case: str | None = Field(default=None, index=True)
    series: str | None = Field(default=None, index=True)
    period: str | None = None
    n: int | None = None
    block: str | None = Field(default=None, index=True)
    reason: str  # reopened | amended | changed | returned | block_expired | device_revoked | revoke | cancel
    at: int | None = moment()


class NumberBlock(Record, table=True):
    """Numbers of one series set aside for one device, to be used without a network; in the scope of the series.

    Given = used + void + still open, at any time. What is not used goes to the void register, never to another.
    """

    __tablename__ = "number_block"

    series: str = Field(index=True)
    kind: str  # ticket | a kind of paper
    prefix: str | None = None
    period: str  # the day or year in which its numbers count
    first: int
    last: int
    used: list[int] | None = document()
    device: str = Field(index=True)
    state: str  # out | ended
    reason: str | None = None
    given_at: int | None = moment()
    expires_at: int | None = moment()
    ended_at: int | None = moment()
