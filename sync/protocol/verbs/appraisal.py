"""Verbs on months of ratings; `id` is the month, or the correction."""

from __future__ import annotations

from typing import Any

from sync.protocol.operation import Args, kind


@kind("appraisal.freeze@1")
class Freeze(Args, frozen=True, kw_only=True):
    """By the clock: the month has ended; these are its figures, counted from the log of `rating` up to `head_seq`."""

    head_seq: int
    figures: dict[str, Any]
    names: dict[str, dict[str, str]]


@kind("appraisal.correct@1")
class Correct(Args, frozen=True, kw_only=True):
    """A figure of a frozen month counts for so many more or fewer from now on; `id` is the correction."""

    month: str
    figure: str  # rated | bad
    by: int
    reason: str
    staff: str | None = None
    window: str | None = None
    matter: str | None = None
    site: str | None = None


@kind("publicity.draft@1")
class Draft(Args, frozen=True, kw_only=True):
    """Make the text of a frozen month; it is made of the figures, nobody writes it."""


@kind("publicity.approve@1")
class Approve(Args, frozen=True, kw_only=True):
    """The second person lets the text out; `hash` is of the text that was read."""

    hash: str


@kind("publicity.refuse@1")
class Refuse(Args, frozen=True, kw_only=True):
    """The second person does not, and says why."""

    reason: str
