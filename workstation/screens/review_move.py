"""移交 at screen 2: where to, what that means for those who work here, why.

F10 ─▶ 移交 ─▶ another office or site ─▶ the reason ─▶ the case has left this list; F3 with its number tells where to
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workstation.cells import wrap
from workstation.hours import moment
from workstation.locale import say
from workstation.views.moves import CasePlace
from workstation.widgets.dialog import Ask, Pick, Tell

if TYPE_CHECKING:
    from workstation.screens.frame import Frame
    from workstation.services.review import ReviewService
    from workstation.views.case import CaseView

CELLS = 58


async def where_and_why(screen: Frame, service: ReviewService, view: CaseView) -> tuple[CasePlace, str] | None:
    """The place and the reason; None where the person thought better of it."""
    places = {each.scope: each for each in service.places(view)}
    if not places:
        screen.hint("review.move.nowhere")
        return None
    lines = [line for key in ("what", "who", "late") for line in wrap(say(f"review.move.{key}"), CELLS)]
    options = [(scope, say("review.move.own", name=p.name) if p.own else p.name) for scope, p in places.items()]
    chosen = await screen.ask(Pick(say("review.step.move"), options, lines))
    place = places.get(str(chosen))
    if place is None:
        return None
    title = say("review.move.to", name=place.name)
    reason = await screen.ask(Ask(title, say("review.reason_why"), limit=200, check=_wanted))
    return (place, reason) if reason else None


async def tell_where(screen: Frame, service: ReviewService, text: str) -> None:
    """Nothing was found here: perhaps it was handed over."""
    lines: list[str] = []
    for each in service.moved_away(text):
        at = moment(each.at, screen.hall.clock.now())
        told = say("review.move.left", number=each.number, at=at, to=each.to, by=each.by, reason=each.reason)
        lines += wrap(told, CELLS)
    if lines:
        await screen.ask(Tell(say("review.move.left_title"), lines[:18]))


def _wanted(value: str) -> str | None:
    return None if value.strip() else "review.words_missing"
