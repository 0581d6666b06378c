"""What a supervisor is told of numbers: given = used + void + open in every series, and why a number was not used."""

from __future__ import annotations

from sync.protocol.messages import Message


class VoidRun(Message, kw_only=True, omit_defaults=True):
    """Neighbouring numbers that became void for one reason, a code."""

    first: int
    last: int
    reason: str


class SeriesAccount(Message, kw_only=True, omit_defaults=True):
    """One series in one period (a day or a year); `open`: out in a block, or passed over and not claimed yet."""

    series: str
    period: str
    given: int
    used: int
    void: int
    open: int
    runs: list[VoidRun] = []
    unexplained: list[int] = []


class Gaps(Message, kw_only=True, omit_defaults=True):
    """Series of the days since `since`, and papers of its year; those in which nothing is missing are only counted."""

    since: str = ""
    whole: int = 0
    series: list[SeriesAccount] = []
