"""Free words at screen 4: each key is kept, so Esc, a lock or a crash loses nothing."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Input

from workstation.locale import Phrase
from workstation.widgets.dialog import Ask


class Written(Ask):
    """What must be said, with what it is said of above it; `keep` is told each key."""

    def __init__(self, title: str, label: str, *, value: str, keep: Callable[[str], None], limit: int, words: str):
        super().__init__(title, label, value=value, limit=limit, lines=[words] if words else (), check=_needed)
        self.keep = keep

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep it."""
        event.stop()
        self.keep(event.value)


def _needed(value: str) -> Phrase | None:
    return None if value.strip() else "app.required"
