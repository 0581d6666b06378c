"""Verbs of earlier versions: what an old outbox says is told in the words of today, on either end.

    case.note@1 {text} ─▶ case.note@2 {text, kind: "note"} ─▶ … until the version that KINDS knows

What was said stays as it was said: its bytes are what is stored, compared and held. An upcaster adds what a later
version asks for, from the arguments alone, and is never changed after its release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Upcast = Callable[[Mapping[str, Any]], Mapping[str, Any]]
UPCASTERS: dict[str, tuple[str, Upcast]] = {}


def upcaster(before: str, after: str) -> Callable[[Upcast], Upcast]:
    """Register how the arguments of `before` become those of `after`, the next version of the verb."""

    def register(change: Upcast) -> Upcast:
        UPCASTERS[before] = (after, change)
        return change

    return register


def newest(kind: str, args: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The kind and arguments in the newest version that an upcaster leads to."""
    while kind in UPCASTERS:
        kind, change = UPCASTERS[kind]
        args = change(args)
    return kind, args
