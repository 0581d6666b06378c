"""The slip that a ticket's holder takes along: number, matters, the wait, what to bring, the code of its page.

    SlipData ─slip.typ─▶ a page of 80 mm, as long as it must be

It is no paper of the authority: unsealed, unsigned, kept nowhere.
"""

from __future__ import annotations

import msgspec

from workstation.documents.papers import field_words
from workstation.documents.render import Renderer, qr_svg, refuse_invisible, texts_of


class SlipData(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on it, in its order. `told`: lines of the wait; `address`: what the QR code leads to, or ""; `code`:
    what who rates at a terminal types beside the number, or ""; `words`: bring, scan, code, lapses; `at`: when it was
    given out; `at_ms`: the same."""

    hall: str
    number: str
    matters: tuple[str, ...]
    told: tuple[str, ...]
    bring: tuple[str, ...]
    address: str
    code: str = ""
    words: dict[str, str]
    at: str
    at_ms: int


def slip_pdf(renderer: Renderer, data: SlipData) -> bytes:
    """The page, the same bytes for the same data. Raises MissingGlyph, RenderFailed."""
    texts = list(texts_of(data))
    refuse_invisible(texts, _place)
    view = {**msgspec.to_builtins(data), "qr": qr_svg(data.address) if data.address else ""}
    return renderer.draw("slip", view, texts, at_ms=data.at_ms, place=_place)


def _place(field: str) -> tuple[str, dict[str, int | str]]:
    return field_words(field, "paper.slip")
