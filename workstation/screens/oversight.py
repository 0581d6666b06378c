"""The right side of screen 6 on a wall: clocks near their end, and who carries how much."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.cells import clip, pad
from workstation.locale import say
from workstation.views import oversight_words as words
from workstation.views.pressure import Clock, Load
from workstation.widgets.lines import Line


def tone(each: Clock) -> str:
    """Over: bad; the word says it too."""
    return "bad" if each.left_ms < 0 else ""


def panel(clocks: Sequence[Clock], loads: Sequence[Load], cells: int, rows: int) -> list[Line]:
    """The right side of a wall screen: the nearest clocks, then who carries most."""
    half = max(rows // 2 - 1, 3)
    lines: list[Line] = [[(say("oversight.clocks"), "title")]]
    lines += [[(clip("  ".join(words.clock(each)), cells), tone(each))] for each in clocks[:half]]
    if not clocks:
        lines.append([(say("oversight.no_clocks"), "dim")])
    lines += [[], [(say("oversight.loads"), "title")]]
    for each in loads[:half]:
        who, window, done, minutes, cases, entries = words.load(each)
        told = say("oversight.load", done=done, minutes=minutes, cases=cases, entries=entries)
        lines.append([(clip(f"{pad(who, 14)} {pad(window, 4)} {told}", cells), "")])
    return lines
