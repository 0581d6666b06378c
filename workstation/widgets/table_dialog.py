"""A dialog that is one table: Enter answers with the row under the cursor, Esc with nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from workstation.widgets.dialog import Dialog
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable


class TableDialog(Dialog[Row]):
    """Rows to read, and one of them to open."""

    DEFAULT_CSS = """
    TableDialog > Vertical { width: 96%; height: 80%; }
    """

    def __init__(self, title: str, columns: Sequence[Column], rows: list[Row], *, empty: str) -> None:
        super().__init__(title)
        self.columns = tuple(columns)
        self.rows = rows
        self.empty = empty

    def compose_body(self) -> ComposeResult:
        """The table."""
        yield WindowTable(self.columns, empty=self.empty)

    def on_mount(self) -> None:
        """Fill it."""
        self.query_one(WindowTable).show_rows(self.rows)

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Enter."""
        event.stop()
        self.dismiss(self.query_one(WindowTable).cursor_row)

    def key_enter(self) -> None:
        """Enter on an empty table; on any other the table has answered."""
        if not self.rows:
            self.dismiss(None)
