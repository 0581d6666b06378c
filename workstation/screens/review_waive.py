"""免提交 at screen 2: a listed paper that the applicant need not bring, why, and what that rests on.

Space on a material without a file ─▶ 免提交 ─▶ verified, committed, abolished ─▶ with whom, or by what ─▶ waived
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.records.states import WaivedBy
from workstation.locale import say
from workstation.widgets.dialog import Ask, Pick

if TYPE_CHECKING:
    from workstation.screens.frame import Frame
    from workstation.views.case import MaterialLine

SOURCE_CELLS = 80


async def why(screen: Frame, material: MaterialLine) -> tuple[str, str] | None:
    """(the way, its source); None where the person thought better of it."""
    options = [(str(way), say(f"review.waive.{way}")) for way in WaivedBy]
    way = await screen.ask(Pick(say("review.waive.why", name=material.name), options))
    if not way:
        return None
    source = await screen.ask(Ask(material.name, say(f"review.waive.source.{way}"), limit=SOURCE_CELLS, check=_wanted))
    return (str(way), source) if source else None


def _wanted(value: str) -> str | None:
    return None if value.strip() else "review.words_missing"
