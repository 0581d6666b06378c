"""A one-line entry `[text______]`: its extent shows without colour, and no glyph of doubtful width is drawn."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from workstation.cells import inert


class Entry(Input):
    """Text of at most `limit` characters. `digits`: full-width digits and letters become plain ones (NFKC), for
    numbers and codes; free text is left as typed. `secret` shows `*`."""

    DEFAULT_CSS = """
    Entry, Entry:focus { border: none; height: 1; padding: 0; width: 1fr; background: $surface; background-tint:
    $foreground 0%; } Entry:focus { background: $panel; }
    Entry > .entry--rest { color: $quiet; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"entry--rest"}

    class Cut(Message):
        """A paste was longer than the field: its beginning stands there."""

        def __init__(self, limit: int) -> None:
            super().__init__()
            self.limit = limit

    def __init__(
        self,
        value: str = "",
        *,
        limit: int = 200,
        digits: bool = False,
        secret: bool = False,
        id: str | None = None,
        name: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            value, max_length=limit, password=secret, id=id, name=name, classes=classes, select_on_focus=False
        )
        self.digits = digits
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        if self.digits and event.character and not event.character.isascii():
            plain = unicodedata.normalize("NFKC", event.character).strip()
            event.prevent_default()
            event.stop()
            if plain and plain.isascii() and plain.isprintable():
                self.insert_text_at_cursor(plain)

    def _on_paste(self, event: events.Paste) -> None:
        # A paste may hold escapes and line ends; what goes into a field is one line of visible text.
        event.prevent_default()
        event.stop()
        text = inert(event.text.strip().splitlines()[0]) if event.text.strip() else ""
        if self.digits:
            text = unicodedata.normalize("NFKC", text)
        if text:
            first, last = sorted(self.selection)
            room = max((self.max_length or 0) - len(self.value) + last - first, 0)
            self.replace(text[:room], first, last)
            if len(text) > room:  # all of it would have been dropped without a word
                self.post_message(self.Cut(self.max_length or 0))

    @property
    def _value(self) -> Text:
        """What is drawn; one character of the value is one character here, so the cursor stands right."""
        if self.password:
            return Text("*" * len(self.value), no_wrap=True, overflow="ignore", end="")
        return Text(inert(self.value), no_wrap=True, overflow="ignore", end="")

    def render_line(self, y: int) -> Strip:
        """The value, then `_` up to the end, between brackets."""
        strip = super().render_line(y)
        if y != 0:
            return strip
        strip = strip.extend_cell_length(self.size.width, self.rich_style)
        segments = [segment for segment in strip if not segment.control]
        trailing = 0
        while segments and not segments[-1].text.strip(" ") and not (segments[-1].style and segments[-1].style.reverse):
            if self.has_focus and segments[-1].style == self._cursor_style():
                break
            trailing += segments.pop().cell_length
        rest = self.get_component_rich_style("entry--rest")
        return Strip([*segments, Segment("_" * trailing, self.rich_style + rest)], strip.cell_length)

    def _cursor_style(self) -> object:
        return self.rich_style + self.get_component_rich_style("input--cursor")
