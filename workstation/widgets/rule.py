"""A line across the screen: of `-`, since box-drawing glyphs are one cell or two, by terminal; of those where a hall
has set `lines = "box"` (the screen's class `-box`).
"""

from __future__ import annotations

from textual.strip import Strip

from workstation.widgets.lines import Toned


class Rule(Toned):
    """One line of dashes."""

    DEFAULT_CSS = """
    Rule { height: 1; width: 1fr; }
    """

    def render_line(self, y: int) -> Strip:
        """The dashes."""
        sign = "\u2500" if self.screen.has_class("-box") else "-"
        return self.strip([(sign * self.size.width, "dim")], self.size.width)
