"""公告送达: what the hall tells everybody of a decision that could not be delivered otherwise, and no more than that.

A notice that does not name its addressee serves nobody, so while it runs the name stands there whole, with the matter,
the papers' titles and numbers, and the days (民事诉讼法 art. 95). What the papers say, codes, telephones, addresses and
what was tried before never do. Once its days are over the name is masked; with the case in the archive it is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server_stub.public.store import PublicStore, one
from sync.calendar import day_of
from sync.protocol.identifiers import class_of
from sync.records.masking import masked
from sync.records.states import NoticeState

SHOWN = 50
"""So many notices stand on one page, the newest first."""
PAGES = 1_000


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One notice."""

    id: str
    runs: bool
    addressee: str
    matter: str
    papers: Sequence[str]
    reason: str
    posted_day: str
    until_day: str
    bureau: str


async def notices(store: PublicStore, page: int) -> tuple[list[NoticePage], bool]:
    """Those that run, the newest first, of one page counted from 1; and whether there are more."""
    found = await store.read(
        "public_notice",
        newest="posted_at",
        limit=SHOWN + 1,
        skip=(page - 1) * SHOWN,
        state=NoticeState.POSTED.value,
    )
    bureau = await _bureau(store)
    return [_page(row, bureau) for row in found[:SHOWN]], len(found) > SHOWN


async def notice_page(store: PublicStore, id: str) -> NoticePage | None:
    """One that runs or is over; None for any other."""
    row: Any = await one(store, "public_notice", id)
    if row is None or row.state == NoticeState.WITHDRAWN or class_of(row.scope) == "archive":
        return None
    return _page(row, await _bureau(store))


async def _bureau(store: PublicStore) -> str:
    hall = await one(store, "hall", store.hall)
    return str(hall.bureau) if hall is not None else ""


def _page(row: Any, bureau: str) -> NoticePage:
    runs = row.state == NoticeState.POSTED
    return NoticePage(
        id=row.id,
        runs=runs,
        addressee=row.addressee if runs else masked(row.addressee),
        matter=row.matter,
        papers=row.papers or (),
        reason=row.reason,
        posted_day=day_of(row.posted_at or 0),
        until_day=row.until_day,
        bureau=bureau,
    )
