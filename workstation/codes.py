"""What the code line means, without any screen: `4`, `2 037`, `f9`, `A037`.

text ──parse──▶ Code(screen, key, text) ──resolver──▶ hits ──▶ goto(hit.screen, **hit.what)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workstation.actions import SCREENS

MOST = 9


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: what to call it, and `goto(screen, **what)` that shows it."""

    label: str
    screen: int
    what: Mapping[str, Any] = field(default_factory=dict)


Resolver = Callable[[str, int | None], Awaitable[Sequence[Hit]]]
"""Finds what a text means; the number is the screen it was asked for, None where none was named. At most 9 are
shown."""


@dataclass(frozen=True, slots=True)
class Code:
    """What was typed: a screen, an F-key, a text to look for – any of them may be missing."""

    screen: int | None = None
    key: str = ""
    text: str = ""


def parse(line: str) -> Code:
    """`4` a screen, `f9` a key, `2 037` a text in a screen, `A037` a text; full-width signs count as plain ones."""
    line = unicodedata.normalize("NFKC", line).strip()
    if re.fullmatch(r"[fF]([1-9]|1[0-2])", line):
        return Code(key=line.lower())
    head, _, rest = line.partition(" ")
    if head.isascii() and head.isdigit() and len(head) == 1 and int(head) in SCREENS:
        return Code(screen=int(head), text=rest.strip())
    return Code(text=line)
