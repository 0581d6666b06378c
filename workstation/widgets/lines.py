"""Lines of styled text, the ground of most widgets: data stays inert, widths are cells, only changed lines are
repainted.

set_lines([[("窗口03", "strong"), ("  等候 17 人", "")], ...])
             └ text      └ tone, never the only carrier of the meaning
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget

from workstation.cells import CUT, cut, inert, width

Span = tuple[str, str]
Line = Sequence[Span]
# Colour, ground and weight of each tone, by the names of theme variables. Not component classes: Textual would work out
# nine of them anew for every widget at each screen change, which took half of the time of one.
TONES: dict[str, tuple[str, str, bool]] = {
    "dim": ("quiet", "", False),
    "strong": ("", "", True),
    "title": ("", "", True),
    "good": ("success", "", False),
    "warn": ("warning", "", True),
    "bad": ("error", "", True),
    "key": ("accent", "", True),
    "cursor": ("foreground", "cursor", True),
    "notice": ("background", "warning", True),
}
_styles: dict[tuple[str, str], Style] = {}


class SafeScrollBar(ScrollBarRender):
    """A scroll bar of blanks: block glyphs are one cell or two, by terminal."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


ScrollBar.renderer = SafeScrollBar


class Toned(Widget):
    """A widget that draws spans by tone."""

    ALLOW_SELECT = False

    def tone(self, name: str) -> Style:
        """The style of a tone in the theme of now; the empty one is the widget's own."""
        if name not in TONES:
            return Style.null()
        key = (self.app.theme, name)
        if key not in _styles:
            colour, ground, bold = TONES[name]
            named = self.app.theme_variables
            _styles[key] = Style(color=named.get(colour), bgcolor=named.get(ground), bold=bold or None)
        return _styles[key]

    def strip(self, line: Line, cells: int, under: str = "") -> Strip:
        """`line` as exactly `cells` cells, ending in `~` where it is cut; `under` is a tone for the whole line, below
        the spans' own."""
        base = self.rich_style + self.tone(under) if under else self.rich_style
        segments: list[Segment] = []
        over = cells > 0 and width("".join(text for text, _ in line).rstrip()) > cells
        left = cells - width(CUT) if over else cells
        for text, name in line:
            piece = cut(inert(text), left)
            if piece:
                segments.append(Segment(piece, base + self.tone(name) if name else base))
                left -= width(piece)
            if over and len(piece) < len(text):
                segments.append(Segment(CUT, base + self.tone(name) if name else base))
                break
        if left > 0:
            segments.append(Segment(" " * left, base))
        return Strip(segments, cells)


class Lines(Toned):
    """A block of lines; as high as they are many unless the style says otherwise."""

    DEFAULT_CSS = """
    Lines { height: auto; width: 1fr; }
    """

    def __init__(
        self, lines: Sequence[Line] = (), *, id: str | None = None, classes: str | None = None, name: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes, name=name)
        self._lines: list[Line] = list(lines)

    @property
    def lines(self) -> list[Line]:
        """What is shown."""
        return self._lines

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show `lines`; repaints those that differ, and lays out anew only where their number changed."""
        old, self._lines = self._lines, list(lines)
        if len(old) != len(self._lines):
            self.refresh(layout=True)
            return
        for y, (before, after) in enumerate(zip(old, self._lines, strict=True)):
            if before != after:
                self.refresh(Region(0, y, self.size.width, 1))

    def set_text(self, *texts: str, tone: str = "") -> None:
        """Show plain lines, all in one tone."""
        self.set_lines([[(text, tone)] for text in texts])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line, or a blank one below the last."""
        return self.strip(self._lines[y] if y < len(self._lines) else (), self.size.width)
