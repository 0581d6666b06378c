"""The people who work here and what they may do; scope `hall:base`. Their secrets live in the central store alone."""

from __future__ import annotations

from sync.records.base import Field, Record, personal


class Staff(Record, table=True):
    """工作人员. The id is the staff number."""

    __tablename__ = "staff"

    name: str = personal("archive_years", needed=True)
    site: str
    office: str | None = None
    # serial number, in hex, of the person's own certificate: what an approver signs with
    certificate: str | None = personal("archive_years")
    active: bool = True


class RoleAssignment(Record, table=True):
    """`staff` may act as `role` on records of the scope `over`."""

    __tablename__ = "role_assignment"

    staff: str = Field(index=True)
    role: str
    over: str
