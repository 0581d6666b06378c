"""Signatures on their way from B-B to B-LTA, as a screen shows them."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.locale import Phrase


@dataclass(frozen=True, slots=True)
class LevelsWaiting:
    """How many papers wait for a higher level, why the first did not get it, and when it is tried again (ms); how many
    can get no further with what the hall has set, and why the last of them."""

    count: int = 0
    why: Phrase | None = None
    next_at: int = 0
    given_up: int = 0
    why_given_up: Phrase | None = None
