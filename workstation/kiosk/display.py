"""`--for display`: the called numbers of a queue in a terminal, for a wall without a browser. It takes no key.

the newest call large │ those before it, newest first, as many as fit; a call overtakes none: each keeps its line
"""

from __future__ import annotations

from typing import Final

from sync.calendar import day_of, start_of_day_ms
from workstation.cells import clip, pad
from workstation.hours import hhmm
from workstation.kiosk.page import Page, Purpose
from workstation.locale import say
from workstation.views.announced import Announced, announced

LINES_MOST: Final = 8
WINDOW_CELLS: Final = 24


class Display(Purpose):
    """One page, made anew whenever rows have changed."""

    TITLE = "kiosk.display"
    OVER = "queue"
    OFFLINE = "kiosk.offline_display"

    def first(self) -> Page:
        """The calls of today."""
        scope = self.desk.me.scopes(self.OVER)[0]
        since = start_of_day_ms(day_of(self.desk.clock.now()))
        found = announced(self.desk.read, scope, since, LINES_MOST + 1)
        if not found:
            return Page("kiosk.nobody_called")
        newest, *before = found
        window = clip(newest.window, WINDOW_CELLS)
        words = ("kiosk.called_again" if newest.again else "kiosk.called", {"window": window})
        return Page(words, big=newest.number or "-", lines=tuple(_line(each) for each in before), tone="good")


def _line(each: Announced) -> str:
    again = say("kiosk.again_mark") if each.again else ""
    return f"{pad(each.number or '-', 6)} {pad(each.window, WINDOW_CELLS)} {hhmm(each.at)} {pad(again, 4)}"
