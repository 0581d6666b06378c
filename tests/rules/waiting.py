"""A ticket that waits, as the policy of calling sees it; no record and no store."""

from dataclasses import dataclass

MINUTE = 60_000
NOON = 1_772_424_000_000


@dataclass(frozen=True)
class Ticket:
    id: str
    prefix: str = "A"
    priority: str = "none"
    arrived_at: int = NOON
    missed_at: int | None = None
    target_window: str | None = None
    number: str | None = None
