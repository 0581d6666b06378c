"""Ctrl+P: every action of the screen and every screen, found by Chinese words, pinyin initials, ids or keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.fuzzy import Matcher
from textual.widgets import Input

from workstation.actions import SCREENS
from workstation.keymap import spoken
from workstation.locale import say
from workstation.pinyin import spellings
from workstation.widgets.dialog import Dialog
from workstation.widgets.entry import Entry
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

if TYPE_CHECKING:
    from workstation.screens.frame import Frame

COLUMNS = (
    Column("key", "app.help.key", 8),
    Column("label", "app.help.label", 20, flexible=True),
    Column("code", "app.help.code", 22),
)


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


class Palette(Dialog[None]):
    """An entry and the list below it; arrows move in the list while one types."""

    DEFAULT_CSS = """
    Palette > Vertical { width: 70; height: 20; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
    ]

    def __init__(self, frame: Frame) -> None:
        super().__init__(say("app.palette"))
        self.frame = frame
        self.entries = self._entries()

    def compose_body(self) -> ComposeResult:
        """Entry and table."""
        yield Entry("", limit=40)
        yield WindowTable(COLUMNS, empty="app.palette.nothing")

    def on_mount(self) -> None:
        """Everything, until something is typed."""
        self._show("")

    def _entries(self) -> list[tuple[Row, tuple[str, ...]]]:
        frame, entries = self.frame, []
        for action in frame.actions():
            label = say(frame.label_of(action))
            keys = [spoken(key) for key in frame.hall.keymap.keys(action)]
            tone = "dim" if frame.reason_against(action) else ""
            row = Row(action.id, (" ".join(keys), label, action.id), tone=tone)
            entries.append((row, (label, action.id, *keys, *spellings(label))))
        for number, area in SCREENS.items():
            title = say(f"{area}.title")
            entries.append((Row(number, (str(number), title, area)), (title, area, str(number), *spellings(title))))
        return entries

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
        table = self.query_one(WindowTable)
        if table.cursor_row is not None:
            table.action_open()

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Do it, once the palette is closed."""
        event.stop()
        key = event.row.key
        self.dismiss(None)
        if isinstance(key, int):
            self.frame.hall.goto(key)
        else:
            self.frame.call_later(self.frame.perform, str(key))
