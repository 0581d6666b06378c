"""Every table of the records, imported in one place: `TABLES[name]` is SQLAlchemy's own description."""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from sync.records import (
    appointment,
    appraisal,
    case,
    delivery,
    device,
    document,
    matter,
    place,
    printing,
    rating,
    rectification,
    staff,
    ticket,
)
from sync.records.base import Record

MODULES = (
    place,
    matter,
    staff,
    ticket,
    appointment,
    case,
    delivery,
    device,
    document,
    printing,
    rating,
    rectification,
    appraisal,
)
TABLES: dict[str, Table] = {
    str(model.__tablename__): SQLModel.metadata.tables[str(model.__tablename__)] for model in Record.__subclasses__()
}
