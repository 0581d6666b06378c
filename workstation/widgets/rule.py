"""A line of `-` across the screen: box-drawing glyphs are one cell or two, by terminal."""

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
        return self.strip([("-" * self.size.width, "dim")], self.size.width)
