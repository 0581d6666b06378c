"""Ctrl+P: every action of the screen and every screen, found by Chinese words, pinyin initials, ids or keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workstation.actions import SCREENS
from workstation.keymap import spoken
from workstation.locale import say
from workstation.pinyin import spellings
from workstation.screens.search import Search
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

if TYPE_CHECKING:
    from workstation.screens.frame import Frame


class Palette(Search[None]):
    """What can be done here, and where one can go."""

    COLUMNS = (
        Column("key", "app.help.key", 8),
        Column("label", "app.help.label", 20, flexible=True),
        Column("code", "app.help.code", 22),
    )
    NOTHING = "app.palette.nothing"

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        super().__init__(say("app.palette"), self._entries())

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

    def on_window_table_opened(self, event: WindowTable.Opened) -> None:
        """Do it, once the palette is closed."""
        event.stop()
        key = event.row.key
        self.dismiss(None)
        if isinstance(key, int):
            self.frame.hall.goto(key)
        else:
            self.frame.call_later(self.frame.perform, str(key))
