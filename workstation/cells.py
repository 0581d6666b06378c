"""Text measured in terminal cells, never in characters: a Chinese character is two cells wide.

    data ── inert() ──▶ plain text without controls ── clip()/pad() ──▶ exactly so many cells ── Strip/Text ──▶ screen

`clip` shows its cut with `~` and never leaves half of a wide character; what would be half is a blank.
Widths are those of `rich.cells`, because that is what Textual draws with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len, get_character_cell_size

Align = Literal["left", "right", "center"]

CUT = "~"
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)


def inert(text: str) -> str:
    """`text` with controls, escapes, bidirectional marks and invisible characters made spaces or dropped.

    A tab or line end becomes one space, so words stay apart; every other control becomes `?`, so nothing hides.
    """
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(lambda found: " " if found[0] in "\t\n\r" else "?", text)


def width(text: str) -> int:
    """Cells that `text` takes once it is inert."""
    return cell_len(inert(text))


def cut(text: str, cells: int) -> str:
    """The longest beginning of `text` (taken as inert) that fits into `cells`; may be a cell shorter, never longer."""
    if text.isascii():
        return text[: max(cells, 0)]
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > cells:
            return text[:index]
    return text


def clip(text: str, cells: int) -> str:
    """`text` in at most `cells` cells, ending in `~` where something was cut off."""
    text = inert(text)
    if cells <= 0:
        return ""
    if cell_len(text) <= cells:
        return text
    return cut(text, cells - 1) + CUT


def pad(text: str, cells: int, align: Align = "left") -> str:
    """`text` clipped and filled with blanks to exactly `cells` cells."""
    text = clip(text, cells)
    missing = max(cells - cell_len(text), 0)
    if align == "right":
        return " " * missing + text
    if align == "center":
        return " " * (missing // 2) + text + " " * (missing - missing // 2)
    return text + " " * missing


ROOMY = 4


def columns(
    widths: Sequence[int], total: int, flexible: int | None, gap: int = 1, most: Sequence[int] = ()
) -> list[int]:
    """Widths for one line of `total` cells: the `flexible` column takes what the others and the gaps leave, at least
    4 and at most its `most` (0: all). Where that is more than twice what it needs, the others that may grow to theirs
    get half of the rest."""
    found = list(widths)
    if flexible is None:
        return found
    spare = total - sum(found) - gap * (len(found) - 1) - found[flexible] - ROOMY
    for index, limit in enumerate(most):
        more = 0 if index == flexible else max(min(limit - found[index], spare // 2), 0)
        found[index] += more
        spare -= more
    others = sum(found) - found[flexible] + gap * (len(found) - 1)
    left = max(total - others, 4)
    found[flexible] = min(left, (most[flexible] or left) if most else left)
    return found


def wrap(text: str, cells: int) -> list[str]:
    """`text` in lines of at most `cells` cells, broken at blanks where there are any, else between characters."""
    cells = max(cells, 2)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        rest = inert(paragraph)
        while cell_len(rest) > cells:
            head = cut(rest, cells)
            blank = head.rfind(" ")
            if blank > 0 and rest[len(head) : len(head) + 1] != " ":
                head = head[:blank]
            lines.append(head.rstrip())
            rest = rest[len(head) :].lstrip()
        lines.append(rest)
    return lines


def bar(ratio: float, cells: int, full: str = "#", empty: str = ".") -> str:
    """`ratio` (0 to 1) as a line of `#` and `.`; anything above 0 shows at least one `#`, only 1 shows all of them."""
    ratio = min(max(ratio, 0.0), 1.0)
    filled = int(ratio * cells)
    if ratio > 0 and filled == 0 and cells:
        filled = 1
    return full * filled + empty * (cells - filled)
