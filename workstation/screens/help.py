"""F1: every action of the screen, its keys and their twins, what it does, and why it cannot be done now; of the row
under the cursor in full, where the window is too narrow for the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workstation.cells import pad, width, wrap
from workstation.keymap import TWINS, spoken
from workstation.locale import say
from workstation.widgets.dialog import Dialog
from workstation.widgets.lines import Line, Lines
from workstation.widgets.rows import ListSource, Row
from workstation.widgets.window_table import Column, WindowTable

if TYPE_CHECKING:
    from workstation.screens.frame import Frame

COLUMNS = (
    Column("key", "app.help.key", 8),
    Column("label", "app.help.label", 16),
    Column("help", "app.help.what", 12, flexible=True),
    Column("twin", "app.help.twin", 8),
)


class Help(Dialog[None]):
    """The list; Enter or Esc closes."""

    DEFAULT_CSS = """
    Help > Vertical { width: 96%; height: 90%; }
    Help #whole { height: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "cancel", show=False, priority=True)]

    def __init__(self, frame: Frame) -> None:
        super().__init__(say("app.help.title", title=say(f"{frame.area}.title")))
        self.frame = frame

    def compose_body(self) -> ComposeResult:
        """The table of actions, and what the screen explains besides."""
        yield WindowTable(COLUMNS, ListSource(self.rows(), [column.name for column in COLUMNS]))
        yield Lines(id="whole")
        notes = self.frame.help_notes()
        if notes:
            yield Lines(self._explained(notes))

    def _explained(self, notes: Sequence[tuple[str, str]]) -> list[Line]:
        widest = max(width(word) for word, _ in notes)
        room = self._room() - widest - 2
        return [
            [(pad(word if not place else "", widest), "strong"), (f"  {piece}", "")]
            for word, sentence in notes
            for place, piece in enumerate(wrap(sentence, room))
        ]

    def _room(self) -> int:
        """Cells of a line in here."""
        return self.frame.size.width * 96 // 100 - 4

    def on_window_table_moved(self, event: WindowTable.Moved) -> None:
        """The cursor's row says all it has to say."""
        sentence = str(event.row.cells[2]) if event.row is not None else ""
        self.query_one("#whole", Lines).set_lines([[(piece, "")] for piece in wrap(sentence, self._room())[:2]])

    def rows(self) -> list[Row]:
        """One row an action."""
        rows = []
        for action in self.frame.actions():
            keys = self.frame.hall.keymap.keys(action)
            against = self.frame.reason_against(action)
            what = say("app.help.not_now", why=say(against)) if against else self.frame.help_of(action)
            twin = TWINS.get(keys[0], "")
            label = say(self.frame.label_of(action))
            rows.append(Row(action.id, (" ".join(map(spoken, keys)), label, what, twin), tone="dim" if against else ""))
        return rows

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Enter."""
        event.stop()
        self.dismiss(None)
