"""公示 for everybody: of each month the text that two persons let out, word for word, and nothing beside it.

A draft, a refused text, who made it and who decided stay in the hall. The text hides names and figures below five by
its making (sync.publicity), and nobody writes it; the page adds its hash, so that a copy can be held against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server_stub.public.store import PublicStore, one
from sync.calendar import day_of
from sync.protocol.identifiers import scope_of
from sync.rules.appraisal import APPROVED

SHOWN = 24
"""So many months are listed, the newest first."""


@dataclass(frozen=True, slots=True)
class PublicityPage:
    """One month: the text by its lines, those of a heading and those that are set in, as the hall words them."""

    month: str
    title: str
    lines: Sequence[str]
    out_day: str
    hash: str

    @staticmethod
    def inset(line: str) -> bool:
        """Whether a line belongs to the heading above it."""
        return line.startswith(" ")


async def publicities(store: PublicStore) -> list[PublicityPage]:
    """What was let out, the newest month first."""
    found = await store.read(
        "publicity", newest="decided_at", limit=SHOWN, state=APPROVED, scope=scope_of(store.hall, "rating")
    )
    pages = [page for page in map(_page, found) if page is not None]
    return sorted(pages, key=lambda page: page.month, reverse=True)


async def publicity_page(store: PublicStore, month: str) -> PublicityPage | None:
    """One month's; None for one that was not let out."""
    row = await one(store, "publicity", month)
    return _page(row) if row is not None and row.state == APPROVED else None


def _page(row: Any) -> PublicityPage | None:
    """None for a text that is not the one that was approved: its hash says so."""
    if hashlib.sha256(row.text.encode()).hexdigest() != row.hash:
        return None
    title, *lines = row.text.split("\n")
    return PublicityPage(row.id, title, lines, day_of(row.decided_at or 0), row.hash)
