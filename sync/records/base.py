"""What every record has, and how its columns are declared.

    id      UUIDv7 or a natural key, made with the operation
    scope   `hall:class/part`, the unit of order, of pull and of permission
    v       version of the row: how many operations have changed it

Times are ms since the epoch (`…_at`), days ISO strings (`…_day`). States are the plain strings of `states`.
Columns that tell of a person are declared by `personal`, with the name of the period for which they are kept.
Unique and partial indexes are named `uq_…`: the centre makes them, a replica does not. Every constraint has a name, so
that a later revision can speak of it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, text
from sqlmodel import Field, SQLModel

PERSONAL = "personal"
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
SQLModel.metadata.naming_convention = NAMES


class Record(SQLModel):
    """Base of every table that travels."""

    model_config = {"defer_build": True}  # rows are never validated by it, and forty validators take their time

    id: str = Field(primary_key=True)
    scope: str = Field(index=True)
    v: int = 0


def moment(*, index: bool = False) -> Any:
    """A column for ms since the epoch, nullable, 64 bits wide on every engine."""
    return Field(default=None, sa_type=BigInteger, index=index)


def document() -> Any:
    """A column for a JSON list or object."""
    return Field(default=None, sa_type=JSON)


def personal(kept: str, *, needed: bool = False, index: bool = False, json: bool = False) -> Any:
    """A column that tells of a person; `kept` names how long (sync.records.retention). `needed`: never null, so that
    its row goes when it goes."""
    told: dict[str, Any] = {"index": index, "sa_column_kwargs": {"info": {PERSONAL: kept}}}
    if json:
        told["sa_type"] = JSON
    return Field(**told) if needed else Field(default=None, **told)


def unique(name: str, *columns: str, where: str) -> Index:
    """At the centre these columns are unique among the rows of which `where` holds, in SQL that every engine knows."""
    return Index(f"uq_{name}", *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


def partial(name: str, *columns: str, where: str) -> Index:
    """At the centre these columns are found fast among the rows of which `where` holds."""
    return Index(f"ix_{name}", *columns, sqlite_where=text(where), postgresql_where=text(where))


__all__ = ["Field", "Record", "SQLModel", "document", "moment", "partial", "personal", "unique"]
