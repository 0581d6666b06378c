"""Why a transaction did not happen, whatever the engine: in both cases nothing was written.

Exception
├── StoreBusy       for a reason that passes: file busy, disk full, database server gone
└── StoreRefused    a constraint or a type forbids it
    └── NoText      a text forbids it, of whoever asks
"""

from __future__ import annotations


class StoreBusy(Exception):
    """The same may succeed later; `full` where it is the disk's space."""

    def __init__(self, detail: str, *, full: bool = False) -> None:
        super().__init__(detail)
        self.full = full


class StoreRefused(Exception):
    """The same will not succeed later."""


class NoText(StoreRefused):
    """A text that the store cannot hold or look for: PostgreSQL knows no NUL."""
