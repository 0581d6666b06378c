"""`--for display`: the called numbers of a queue in a terminal, for a wall without a browser. It takes no key.

the newest call large │ those before it, newest first, as many as fit │ whom newer calls pushed off before they came
"""

from __future__ import annotations

from typing import Final

from sync.calendar import day_of, start_of_day_ms
from workstation.cells import clip, pad
from workstation.hours import hhmm
from workstation.kiosk.page import Page, Purpose
from workstation.locale import Phrase, say
from workstation.views.announced import Announced, announced

LINES_MOST: Final = 8
SEEN_MOST: Final = 80
WINDOW_CELLS: Final = 24
STILL_CELLS: Final = 150  # two lines


class Display(Purpose):
    """One page, made anew whenever rows have changed."""

    TITLE = "kiosk.display"
    OVER = "queue"
    OFFLINE = "kiosk.offline_display"

    def first(self) -> Page:
        """The calls of today."""
        scope = self.desk.me.scopes(self.OVER)[0]
        since = start_of_day_ms(day_of(self.desk.clock.now()))
        found = announced(self.desk.read, scope, since, SEEN_MOST)
        if not found:
            return Page("kiosk.nobody_called")
        newest, *before = found
        window = clip(newest.window, WINDOW_CELLS)
        words = ("kiosk.called_again" if newest.again else "kiosk.called", {"window": window})
        lines, still = tuple(_line(each) for each in before[:LINES_MOST]), _still(found)
        return Page(words, note=still, big=newest.number or "-", lines=lines, tone="good")


def _still(found: list[Announced]) -> Phrase:
    """Who is called still and has no line any more."""
    seen, names = {each.ticket for each in found[: LINES_MOST + 1]}, []
    for each in found[LINES_MOST + 1 :]:
        if each.open and each.ticket not in seen:
            seen.add(each.ticket)
            names.append(f"{each.number or '-'} {each.window}")
    return ("kiosk.still_called", {"calls": clip(" · ".join(names), STILL_CELLS)}) if names else ""


def _line(each: Announced) -> str:
    again = say("kiosk.again_mark") if each.again else ""
    return f"{pad(each.number or '-', 6)} {pad(each.window, WINDOW_CELLS)} {hhmm(each.at)} {pad(again, 4)}"
