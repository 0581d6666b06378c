"""What every record has, and how its columns are declared.

    id      UUIDv7 or a natural key, made with the operation
    scope   `hall:class/part`, the unit of order, of pull and of permission
    v       version of the row: how many operations have changed it

Times are ms since the epoch (`…_at`), days ISO strings (`…_day`). States are the plain strings of `states`.
Unique and partial indexes are named `uq_…`: the centre makes them, a replica does not.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel


class Record(SQLModel):
    """Base of every table that travels."""

    id: str = Field(primary_key=True)
    scope: str = Field(index=True)
    v: int = 0


def moment(*, index: bool = False) -> Any:
    """A column for ms since the epoch, nullable, 64 bits wide on every engine."""
    return Field(default=None, sa_type=BigInteger, index=index)


def document() -> Any:
    """A column for a JSON list or object."""
    return Field(default=None, sa_type=JSON)


__all__ = ["Field", "Record", "SQLModel", "document", "moment"]
