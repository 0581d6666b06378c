"""A bar of `#` and `.` that grows with long work."""

from __future__ import annotations

from workstation.cells import bar, pad, width
from workstation.widgets.lines import Line, Lines


def bar_line(label: str, ratio: float, cells: int, *, note: str = "") -> Line:
    """`label  ######.... 60%  note` in `cells` cells; the number says what the bar shows."""
    figure = f" {min(max(ratio, 0.0), 9.99) * 100:.0f}%"
    after = f"  {note}" if note else ""
    room = max(cells - width(label) - 2 - 5 - width(after), 5)
    return [
        (label + "  ", ""),
        (bar(ratio, room), "key"),
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
