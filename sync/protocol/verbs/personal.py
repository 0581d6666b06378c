"""The verb that ends the keeping of personal data; by the clock, and `id` is only its own name."""

from __future__ import annotations

from sync.protocol.operation import Args, kind


@kind("personal.clear@1")
class Clear(Args, frozen=True, kw_only=True):
    """These records of a table have been kept for the period, and what it is the period of goes."""

    table: str
    period: str
    records: list[str]
