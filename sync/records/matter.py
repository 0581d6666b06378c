"""事项 and the tags that ratings choose from; scope `hall:base`."""

from __future__ import annotations

from typing import Any

from sync.records.base import Record, document


class Matter(Record, table=True):
    """事项: what a citizen comes for. Limits are working days."""

    __tablename__ = "matter"

    name: str
    office: str
    prefix: str  # letter of its tickets
    expected_minutes: int
    promised_days: int
    statutory_days: int
    basis: str  # the law it rests on
    nature: str = "permit"
    materials: list[dict[str, Any]] | None = document()  # [{"name": …, "required": bool}]
    fields: list[dict[str, Any]] | None = document()  # [{"name": key, "label": …, "required": bool, "personal": bool}]
    licence: str | None = (
        None  # what its licence is called, as in 食品经营许可证; None where a decision is all there is
    )
    licence_years: int = 0  # how long it holds; 0 without end
    active: bool = True


class TagSet(Record, table=True):
    """Second-level tags of one level and nature of service, versioned."""

    __tablename__ = "tag_set"

    version: int
    nature: str
    level: str
    tags: list[dict[str, Any]] | None = document()  # [{"code": …, "zh": …, "en": …}]
