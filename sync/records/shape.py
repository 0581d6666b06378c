"""The shape of a table without SQLModel: what row images and bulk statements need to know.

A replica keeps the shapes as JSON from its enrolment on, and never loads SQLModel again to read or write its rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

HEAD = ("id", "scope", "v")  # columns that a body does not hold: the log row has them


class ColumnShape(msgspec.Struct, frozen=True):
    """One column: `type` is text | integer | boolean | json, `default` its value where an insert gives none."""

    name: str
    type: str
    default: Any = None
    index: bool = False


class TableShape(msgspec.Struct, frozen=True):
    """One table with the columns of its body, in order."""

    name: str
    columns: tuple[ColumnShape, ...]

    @property
    def defaults(self) -> dict[str, Any]:
        """A fresh body of defaults."""
        return {column.name: column.default for column in self.columns}


def digest(shapes: Mapping[str, TableShape]) -> str:
    """Names these tables with their columns: another column, another digest."""
    told = [shapes[name] for name in sorted(shapes)]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def shapes() -> dict[str, TableShape]:
    """The shapes of all records (loads SQLModel)."""
    return dict(_shapes())


@cache
def _shapes() -> dict[str, TableShape]:
    from sqlalchemy import JSON, Boolean, Integer

    from sync.records.tables import TABLES

    words = ((Boolean, "boolean"), (Integer, "integer"), (JSON, "json"))

    def column(c: Any) -> ColumnShape:
        kind = next((word for type_, word in words if isinstance(c.type, type_)), "text")
        default = c.default.arg if c.default is not None and c.default.is_scalar else None
        return ColumnShape(c.name, kind, default, bool(c.index))

    return {
        name: TableShape(name, tuple(column(c) for c in table.columns if c.name not in HEAD))
        for name, table in TABLES.items()
    }
