"""F3 on screen 7: the last operations of the person here and how each ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import ComposeResult

from workstation.hours import hhmmss, moment
from workstation.locale import has, say
from workstation.services.sync import Logged
from workstation.views.worklist import short
from workstation.widgets.dialog import Dialog
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

COLUMNS = (
    Column("n", "sync.col.n", 5, align="right"),
    Column("at", "sync.col.at", 11),
    Column("verb", "sync.col.verb", 12),
    Column("about", "sync.col.about", 14),
    Column("outcome", "sync.col.outcome", 8),
    Column("why", "sync.col.why", 12, flexible=True),
)
TONES = {"accepted": "", "new": "dim", "withdrawn": "dim"}


class SyncLog(Dialog[None]):
    """The dialog; Esc closes it."""

    DEFAULT_CSS = """
    SyncLog > Vertical { width: 96%; height: 80%; }
    SyncLog WindowTable { height: 1fr; }
    """

    def __init__(self, lines: Sequence[Logged], reason: Callable[[str, dict[str, Any]], str], now: int) -> None:
        super().__init__(say("sync.log_title"))
        self.logged = lines
        self.reason = reason
        self.now = now

    def compose_body(self) -> ComposeResult:
        """The list."""
        yield WindowTable(COLUMNS, empty="sync.log_empty")

    def on_mount(self) -> None:
        """Fill it."""
        self.query_one(WindowTable).show_rows([self._row(each) for each in self.logged])

    def _row(self, each: Logged) -> Row:
        key = f"sync.verb.{each.kind.partition('@')[0]}"
        cells = (
            str(each.n),
            moment(each.at, self.now, hhmmss) if each.at else "",
            say(key) if has(key) else each.kind.partition("@")[0],
            short(each.about),
            say(f"sync.outcome.{each.outcome}"),
            self.reason(each.code, each.params),
        )
        return Row(each.n, cells, tone=TONES.get(each.outcome, "warn"))

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Enter closes too."""
        event.stop()
        self.dismiss(None)
