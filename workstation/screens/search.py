"""A dialog in which one types and chooses from what fits: an entry and the list below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.fuzzy import Matcher
from textual.widgets import Input

from workstation.widgets.dialog import Answer, Dialog
from workstation.widgets.entry import Entry
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

Entries = Sequence[tuple[Row, Sequence[str]]]
"""Each row with the texts that it is found by."""


def score(query: str, *texts: str) -> float:
    """How well `query` fits the best of the texts: whole parts before scattered letters; 0 does not fit."""
    query = query.strip().lower()
    if not query:
        return 1.0
    matcher = Matcher(query)
    best = 0.0
    for text in texts:
        low = text.lower()
        if query in low:
            best = max(best, 10.0 + (5.0 if low.startswith(query) else 0.0) + len(query) / (len(low) + 1))
        else:
            best = max(best, matcher.match(low))
    return best


class Search(Dialog[Answer]):
    """Arrows move in the list while one types; Enter opens the row under the cursor (`WindowTable.Opened`)."""

    COLUMNS: ClassVar[tuple[Column, ...]]
    NOTHING: ClassVar[str]  # what is said where nothing fits
    DEFAULT_CSS = """
    Search > Vertical { width: 70; height: 20; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
    ]

    def __init__(self, title: str, entries: Entries, lines: Sequence[str] = ()) -> None:
        super().__init__(title, lines)
        self.entries = entries

    def compose_body(self) -> ComposeResult:
        """Entry and table."""
        yield Entry("", limit=40)
        yield WindowTable(self.COLUMNS, empty=self.NOTHING)

    def on_mount(self) -> None:
        """Everything, until something is typed."""
        self._show("")

    def _show(self, query: str) -> None:
        scored = [(score(query, *texts), -place, row) for place, (row, texts) in enumerate(self.entries)]
        rows = [row for points, _, row in sorted(scored, key=lambda each: each[:2], reverse=True) if points > 0]
        table = self.query_one(WindowTable)
        table.show_rows(rows)
        table.action_edge(-1)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as one types."""
        event.stop()
        self._show(event.value)

    def action_move(self, by: int) -> None:
        """Arrows."""
        self.query_one(WindowTable).action_step(by)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.submitted(event.value)

    def submitted(self, typed: str) -> None:
        """The one under the cursor; where nothing fits it says so and stays."""
        table = self.query_one(WindowTable)
        if table.cursor_row is None:
            self.message(self.NOTHING)
        else:
            table.action_open()
