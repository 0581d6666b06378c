"""差评 one a line, and below each the way of its ticket; both over screen 8.

list ── Enter ──▶ issued, called, served with minutes ── Enter or Esc ──▶ the list, the cursor where it was
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.app import ComposeResult

from sync.calendar import day_of
from workstation.hours import MINUTE, hhmm
from workstation.locale import has, say
from workstation.views.ticket_way import CALLED, ISSUED, Step, Way
from workstation.widgets.dialog import Dialog, Tell
from workstation.widgets.rows import ListSource, Row
from workstation.widgets.window_table import Column, WindowTable
from workstation.window_words import window_words


class BadOnes(Dialog[None]):
    """Bad ratings, one a line; Enter shows the ticket's way, Esc closes."""

    DEFAULT_CSS = """
    BadOnes > Vertical { width: 96%; height: 80%; }
    """
    COLUMNS = (
        Column("at", "analysis.bad.at", 11),
        Column("level", "analysis.bad.level", 10),
        Column("number", "analysis.bad.number", 6),
        Column("window", "analysis.bad.window", 5, priority=3),
        Column("matter", "analysis.bad.matter", 12, priority=2),
        Column("tags", "analysis.bad.tags", 14, priority=1),
        Column("words", "analysis.bad.words", 12, flexible=True),
        Column("state", "analysis.bad.state", 8),
    )

    def __init__(self, title: str, rows: list[Row], way: Callable[[str], Way | None]) -> None:
        super().__init__(title, [say("analysis.bad.how")] if rows else [])
        self.rows = rows
        self.way = way

    def compose_body(self) -> ComposeResult:
        """The table."""
        source = ListSource(self.rows, [column.name for column in self.COLUMNS])
        yield WindowTable(self.COLUMNS, source, empty="analysis.bad.none")

    async def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Enter."""
        event.stop()
        found = await asyncio.to_thread(self.way, str(event.row.key))
        if not self.is_active:  # locked, or closed, meanwhile
            return
        if found is None:
            self.message("analysis.way.none")
        else:
            self.app.push_screen(Tell(say("analysis.way", number=found.number or "-"), told(found)))

    def key_enter(self) -> None:
        """Enter on an empty table."""
        if not self.rows:
            self.dismiss(None)


def told(way: Way) -> list[str]:
    """A ticket's way in lines: minutes first, then what happened, in order."""
    if way.case:
        return [say("analysis.way.case")]
    if way.gone:
        return [say("analysis.way.gone")]
    waited = "-" if way.waited is None else str(_minutes(way.waited))
    day = day_of(way.steps[0].at)
    lines = [say("analysis.way.sum", day=day, waited=waited, served=_minutes(way.served))]
    return [*lines, "", *(_step(step) for step in way.steps)]


def _step(step: Step) -> str:
    how = f"analysis.way.how.{step.how}"
    end = f" {say(how) if has(how) else step.how}" if step.how else ""
    if step.kind == ISSUED:
        place = say("analysis.way.desk", window=window_words(step.window)) if step.window != "-" else ""
        return say("analysis.way.issued", at=hhmm(step.at), matter=step.matter, place=place).rstrip()
    if step.kind == CALLED:
        return say("analysis.way.called", at=hhmm(step.at), window=window_words(step.window)) + end
    if step.until is None:
        return say("analysis.way.serving", at=hhmm(step.at), window=window_words(step.window), matter=step.matter)
    times = {"at": hhmm(step.at), "until": hhmm(step.until), "minutes": _minutes(step.until - step.at)}
    return say("analysis.way.served", **times, window=window_words(step.window), matter=step.matter) + end


def _minutes(span: int) -> int:
    return round(span / MINUTE)
