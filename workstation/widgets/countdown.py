"""Time left, as text with a word beside the colour: `00:12:40`, `00:04:10 将到期`, `已超时! 00:03:00`."""

from __future__ import annotations

from workstation.locale import say
from workstation.widgets.lines import Lines


def time_left(deadline_ms: int, now_ms: int, *, near_ms: int = 600_000, doubtful: bool = False) -> tuple[str, str]:
    """The text and its tone. `near_ms`: from when on it is nearly due. `doubtful`: offline, by this machine's clock
    only; a `~` says so."""
    left = deadline_ms - now_ms
    seconds = abs(left) // 1000
    text = f"{'~' if doubtful else ''}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if left <= 0:
        return f"{say('app.overdue')} {text}", "bad"
    if left <= near_ms:
        return f"{text} {say('app.nearly')}", "warn"
    return text, ""


class Countdown(Lines):
    """One line that follows the clock once a second; only a changed text is painted."""

    DEFAULT_CSS = """
    Countdown { height: 1; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__([[]], id=id, classes=classes)
        self.deadline_ms: int | None = None
        self.label = ""
        self.near_ms = 600_000
        self.doubtful = False

    def on_mount(self) -> None:
        """Follow the clock."""
        self.set_interval(1.0, self.tick)
        self.tick()

    def show(self, deadline_ms: int | None, label: str = "", *, near_ms: int = 600_000, doubtful: bool = False) -> None:
        """Count down to `deadline_ms` (None: nothing) with `label` before it."""
        self.deadline_ms, self.label, self.near_ms, self.doubtful = deadline_ms, label, near_ms, doubtful
        if self.is_attached:
            self.tick()

    def tick(self) -> None:
        """The text for now."""
        clock = getattr(self.app, "clock", None)
        if self.deadline_ms is None or clock is None:
            self.set_lines([[]])
            return
        text, tone = time_left(self.deadline_ms, clock.now(), near_ms=self.near_ms, doubtful=self.doubtful)
        self.set_lines([[(f"{self.label} " if self.label else "", ""), (text, tone)]])
