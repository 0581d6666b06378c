"""The header line: program | screen title          window, staff | sync state, pending, age | time"""

from __future__ import annotations

from dataclasses import dataclass

from workstation.cells import clip, width
from workstation.hours import hhmm
from workstation.locale import Phrase, say
from workstation.widgets.lines import Line, Lines

SEPARATOR = " | "


@dataclass(frozen=True, slots=True)
class Station:
    """What the header says of the terminal: `who` (window and staff number), the link's state as a phrase, how many
    operations wait, since when the data are (ms, None: no copy yet), and a tone for a state that wants attention."""

    who: str = ""
    state: Phrase = ""
    pending: int | None = None
    data_at: int | None = None
    tone: str = ""


def age(span_ms: int) -> str:
    """An age in words: seconds, then minutes, then hours."""
    seconds = max(span_ms, 0) // 1000
    if seconds < 60:
        return say("app.seconds_ago", count=seconds)
    if seconds < 7200:
        return say("app.minutes_ago", count=seconds // 60)
    return say("app.hours_ago", count=seconds // 3600)


class Header(Lines):
    """One line; what does not fit is left out in the order age, program, title."""

    DEFAULT_CSS = """
    Header { height: 1; background: $panel; }
    """

    def show(self, program: str, title: str, station: Station, now_ms: int, mark: str = "") -> None:
        """Set all its parts; only a changed line is painted. A `mark` is never left out."""
        state = say(station.state) if station.state else ""
        if station.pending is not None:
            state = f"{state} {say('app.pending', count=station.pending)}".strip()
        aged = f"{state} {age(now_ms - station.data_at)}".strip() if station.data_at is not None else state
        cells = self.size.width or self.app.size.width
        for words, name in ((aged, program), (state, program), (state, "")):
            right = SEPARATOR.join(each for each in (station.who, words, mark, hhmm(now_ms)) if each) + " "
            left = " " + SEPARATOR.join(each for each in (name, title) if each)
            if width(left) + width(right) + 2 <= cells:
                break
        left = clip(left, cells - width(right) - 1)
        line: Line = [(left, "title"), (" " * (cells - width(left) - width(right)), ""), (right, station.tone)]
        self.set_lines([line])
