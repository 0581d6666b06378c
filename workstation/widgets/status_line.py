"""The status line: how things stand; for a while a hint (why a key did nothing) or a notice (something finished)
instead. One longer than the screen is wide takes a second line as long as it stands: its end says what to do."""

from __future__ import annotations

from textual import events
from textual.timer import Timer

from workstation.cells import inert, width, wrap
from workstation.widgets.lines import Lines

HINT_S = 6.0


class StatusLine(Lines):
    """One line. A notice outlasts hints; both give way to the state by themselves, or to `clear`."""

    DEFAULT_CSS = """
    StatusLine { height: auto; max-height: 2; }
    """

    def __init__(self) -> None:
        super().__init__([[]])
        self.state = ""
        self.state_tone = ""
        self.passing: tuple[str, str] | None = None
        self._timer: Timer | None = None

    def show(self, text: str, tone: str = "") -> None:
        """The state, shown whenever nothing passing is."""
        self.state, self.state_tone = text, tone
        self._paint()

    def say(self, text: str, tone: str = "warn", seconds: float | None = HINT_S) -> None:
        """Something passing, for `seconds`; None: until `clear`."""
        self.clear()
        self.passing = (text, tone)
        if seconds is not None:
            self._timer = self.set_timer(seconds, self.clear)
        self._paint()

    def clear(self) -> None:
        """Back to the state."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.passing = None
        self._paint()

    def on_resize(self, event: events.Resize) -> None:
        """Broken anew for the width."""
        self._paint()

    def _paint(self) -> None:
        text, tone = self.passing or (self.state, self.state_tone)
        room = self.size.width - 1
        first = wrap(text, room)[0] if self.passing and 0 < room < width(text) else text
        rest = inert(text)[len(first) :].lstrip() if first != text else ""
        self.set_lines([[(" ", ""), (piece, tone)] for piece in ((first, rest) if rest else (first,))])
