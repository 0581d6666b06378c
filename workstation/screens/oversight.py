"""F10 on screen 6: clocks near their end, who carries how much, and this hall beside the district's figures.

list ─▶ clocks | loads | yardstick ─▶ one figure ─▶ its own records
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from workstation.cells import clip, pad
from workstation.locale import say
from workstation.services.oversight import OversightService
from workstation.views import oversight_words as words
from workstation.views.pressure import Clock, Load
from workstation.widgets.dialog import Dialog, Pick
from workstation.widgets.lines import Line
from workstation.widgets.rows import ListSource, Row
from workstation.widgets.window_table import Column, WindowTable

if TYPE_CHECKING:
    from workstation.screens.frame import Frame

CLOCKS = ("left", "clock", "about", "matter", "who")
LOADS = ("staff", "window", "done", "minutes", "cases", "entries")
MEASURES = ("measure", "here", "reached", "district", "of")
WIDTHS = {"left": 12, "clock": 8, "about": 14, "matter": 16, "who": 6, "staff": 12, "window": 5, "measure": 18}
FLEXIBLE = frozenset({"matter", "measure", "name"})


async def look(screen: Frame, service: OversightService) -> None:
    """Until the person leaves the list."""
    while True:
        options = [(name, say(f"oversight.{name}")) for name in ("clocks", "loads", "yardstick")]
        chosen = await screen.ask(Pick(say("overview.more"), options))
        if chosen == "clocks":
            clocks = await asyncio.to_thread(service.clocks)
            rows = [Row(f"{n}", words.clock(each), tone=tone(each)) for n, each in enumerate(clocks)]
            await screen.ask(Records(say("oversight.clocks"), CLOCKS, rows, "oversight.no_clocks"))
        elif chosen == "loads":
            loads = await asyncio.to_thread(service.loads)
            rows = [Row(each.staff, words.load(each)) for each in loads]
            await screen.ask(Records(say("oversight.loads"), LOADS, rows, "oversight.no_loads"))
        elif chosen == "yardstick":
            await _yardstick(screen, service)
        else:
            return


async def _yardstick(screen: Frame, service: OversightService) -> None:
    measures = await asyncio.to_thread(service.measures)
    rows = [Row(each.name, words.measure(each), tone="warn" if each.reached is False else "") for each in measures]
    title = f"{say('oversight.yardstick')} {say('oversight.yardstick.period', **service.period())}"
    while True:
        name = await screen.ask(Records(title, MEASURES, rows, "oversight.no_records"))
        if not name:
            return
        source = await asyncio.to_thread(service.source, name)
        cells = [tuple(map(words.cell, source.head, row)) for row in source.rows]
        found = [Row(f"{n}", row) for n, row in enumerate(cells)]
        await screen.ask(Records(say(f"oversight.measure.{name}"), source.head, found, "oversight.no_records"))


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


class Records(Dialog[str]):
    """A table; Enter answers with the row's key, Esc with nothing."""

    DEFAULT_CSS = """
    Records > Vertical { width: 96%; height: 80%; }
    """

    def __init__(self, title: str, names: Sequence[str], rows: list[Row], empty: str) -> None:
        super().__init__(title)
        self.columns = [
            Column(name, f"serve.col.{name}", WIDTHS.get(name, 10), flexible=name in FLEXIBLE) for name in names
        ]
        self.rows = rows
        self.empty = empty

    def compose_body(self) -> ComposeResult:
        """The table."""
        source = ListSource(self.rows, [column.name for column in self.columns])
        yield WindowTable(self.columns, source, empty=self.empty)

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Enter."""
        event.stop()
        self.dismiss(str(event.row.key))

    def key_enter(self) -> None:
        """Enter on an empty table."""
        self.dismiss("")
