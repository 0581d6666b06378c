"""The slip that a ticket's holder takes along: number, matters, the wait, what to bring, the code of its page.

    SlipData ─slip.typ─▶ a page of 80 mm, as long as it must be

It is no paper of the authority: unsealed, unsigned, kept nowhere.
"""

from __future__ import annotations

import msgspec
import typst

from sync.errors import DocumentError
from workstation.documents.render import Renderer, qr_svg


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
    """The page, the same bytes for the same data. Raises DocumentError `document.render_failed`."""
    view = {**msgspec.to_builtins(data), "qr": qr_svg(data.address) if data.address else ""}
    try:
        return renderer.compile("slip", view, at_ms=data.at_ms)
    except typst.TypstError as failure:
        raise DocumentError("document.render_failed", kind="slip", reason=failure.message) from None
