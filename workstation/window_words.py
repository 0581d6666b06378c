"""A window in a sentence to those who work here: 窗口03. One whose label says what it is – 代取, 窗口03 – stays, and so
does a site's name where nobody knows the window."""

from __future__ import annotations

from sync.window_name import is_number
from workstation.locale import say


def window_words(label: str) -> str:
    """As it is said in the language in use."""
    return say("app.window", label=label) if is_number(label) else label
