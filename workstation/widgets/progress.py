"""Bars of `#` and `.`: one that grows with long work, and one a row for loads and hours."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.cells import bar, pad, width
from workstation.widgets.lines import Line, Lines


def bar_line(label: str, ratio: float, cells: int, *, label_cells: int = 0, note: str = "", tone: str = "") -> Line:
    """`label  ######.... 60%  note` in `cells` cells; the number says what the bar shows."""
    label_cells = label_cells or width(label)
    figure = f" {min(max(ratio, 0.0), 9.99) * 100:.0f}%"
    after = f"  {note}" if note else ""
    room = max(cells - label_cells - 2 - 5 - width(after), 5)
    return [
        (pad(label, label_cells) + "  ", ""),
        (bar(ratio, room), tone or "key"),
        (pad(figure, 5), ""),
        (after, "dim"),
    ]


class ProgressLine(Lines):
    """One line for long work."""

    DEFAULT_CSS = """
    ProgressLine { height: 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__([[]], id=id, classes=classes)

    def show(self, label: str, done: int, total: int, note: str = "") -> None:
        """`done` of `total`; a total of 0 shows no bar yet."""
        note = f"{done}/{total}" + (f"  {note}" if note else "")
        cells = min(self.size.width or 80, 80)
        self.set_lines([bar_line(label, done / total, cells, note=note) if total else [(label, "")]])

    def clear(self) -> None:
        """Nothing."""
        self.set_lines([[]])


class BarRows(Lines):
    """A bar a row, labels and bars aligned."""

    def show(self, rows: Sequence[tuple[str, float, str, str]]) -> None:
        """Rows of label, ratio (0 to 1), note and tone."""
        widest = max((width(label) for label, *_ in rows), default=0)
        cells = min(self.size.width or 60, 72)
        self.set_lines(
            [
                bar_line(label, ratio, cells, label_cells=widest, note=note, tone=tone)
                for label, ratio, note, tone in rows
            ]
        )
