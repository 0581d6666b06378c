"""The machines of the hall, and what was said from one that is not taken any more; scope `hall:device`, the duty
manager's and the administrator's. Only what its author hears of it lies where it was said.
"""

from __future__ import annotations

from typing import Any

from sync.records.base import Field, Record, moment, personal


class Machine(Record, table=True):
    """设备. The id is the device's; its key lies in the central store alone."""

    __tablename__ = "machine"

    label: str
    state: str  # active | frozen | revoked
    enrolled_at: int | None = moment()
    given_by: str | None = None  # the code that it came with; null: where the server stands
    why: str | None = None
    changed_by: str | None = None
    changed_at: int | None = moment()


class HeldOperation(Record, table=True):
    """An operation of a machine that is not taken any more: waiting until a person decides. `said` are its arguments as
    the bytes they were."""

    __tablename__ = "held_operation"

    machine: str = Field(index=True)
    n: int = moment()
    kind: str
    about: str
    within: str
    said: str = personal("held_days", needed=True)
    by: str
    at: int | None = moment()
    received_at: int | None = moment()
    why: str
    state: str = Field(index=True)  # waiting | accepted | refused
    code: str | None = None
    reason: str | None = personal("held_days")
    decided_by: str | None = None
    decided_at: int | None = moment()


class HeldOutcome(Record, table=True):
    """What became of it, for its author: in the scope of what was said, until the author has read it. `said` where it
    was refused; `code` where its own rule said no."""

    __tablename__ = "held_outcome"

    by: str = Field(index=True)
    kind: str
    about: str
    at: int | None = moment()
    said: str | None = personal("held_days")
    state: str  # accepted | refused
    code: str | None = None
    params: dict[str, Any] | None = personal("held_days", json=True)
    reason: str | None = personal("held_days")
    decided_by: str
    decided_at: int | None = moment()
