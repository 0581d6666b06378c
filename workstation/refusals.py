"""A refusal in words: its parameters as a person says them – a window, a state's name, a time of day.

Result(code="taken", params={"window": "w05", …}) ──told──▶ HallError refusal.taken (window="窗口05", …)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sync.errors import HallError
from workstation.hours import HALL_OFFSET_MS, hhmm
from workstation.locale import has, say
from workstation.window_words import window_words

TIMES = frozenset({"until", "at"})
STATES = frozenset({"state", "finding"})


def told(code: str, params: Mapping[str, Any], window: Callable[[str], str] = str) -> HallError:
    """The refusal as it is said; `window` gives the label of a window's id."""
    return HallError(f"refusal.{code}", **{name: _said(name, value, window) for name, value in params.items()})


def _said(name: str, value: Any, window: Callable[[str], str]) -> object:
    if name == "window" and value is not None:
        return window_words(window(str(value)))
    if name in TIMES and isinstance(value, int):
        return f"{_day(value)} {hhmm(value)}"
    if name in STATES and has(f"refusal.state_of.{value}"):
        return say(f"refusal.state_of.{value}")
    if name in ("ordinals", "fields") and isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return value


def _day(at_ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp((at_ms + HALL_OFFSET_MS) / 1000, UTC).strftime("%m-%d")
