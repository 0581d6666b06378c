"""The key bar: the actions of the screen, `F2叫下一号`. A disabled one stays, grey, with `-` before it: not by colour
alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.geometry import Size
from textual.message import Message

from workstation.cells import width
from workstation.widgets.lines import Line, Lines, Span


@dataclass(frozen=True, slots=True)
class Key:
    """One entry: the action's id, the key as spoken, its label, and whether it can be done now."""

    action: str
    key: str
    label: str
    enabled: bool = True


class KeyBar(Lines):
    """Wraps to a second line where the screen is narrow; what does not fit into two is left out (F1 shows all)."""

    DEFAULT_CSS = """
    KeyBar { height: auto; max-height: 2; background: $panel; }
    """

    class Pressed(Message):
        """An entry was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self) -> None:
        super().__init__([[]])
        self._entries: list[Key] = []
        self._places: list[tuple[int, int, int, str]] = []

    def show(self, entries: Sequence[Key]) -> None:
        """Show these entries in their order."""
        if list(entries) != self._entries:
            self._entries = list(entries)
            self._arrange(self.size.width or self.app.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Arrange anew for the width."""
        self._arrange(event.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line or two."""
        return min(max(len(self.lines), 1), 2)

    def _arrange(self, cells: int) -> None:
        lines: list[list[Span]] = [[]]
        self._places = []
        used = 0
        for entry in self._entries:
            needed = 1 + width(entry.key + entry.label)
            if used + needed > cells and lines[-1]:
                lines.append([])
                used = 0
            sign, tone = (" ", "") if entry.enabled else ("-", "dim")
            lines[-1] += [(sign, "dim"), (entry.key, tone or "key"), (entry.label, tone)]
            self._places.append((len(lines) - 1, used, used + needed, entry.action))
            used += needed
        shown: list[Line] = list(lines[:2])
        self.set_lines(shown)

    def on_click(self, event: events.Click) -> None:
        """A click on an entry is its key."""
        event.stop()
        for line, begin, end, action in self._places:
            if line == event.y and begin <= event.x < end:
                self.post_message(self.Pressed(action))
