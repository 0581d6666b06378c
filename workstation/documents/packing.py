"""The slip in a parcel (装箱单): what lies in it, line by line, for whoever packs and whoever opens it.

It is no paper of the authority: unsealed, unsigned, kept nowhere. Telephone and address stay on the carrier's label.
"""

from __future__ import annotations

import msgspec
import typst

from sync.errors import DocumentError
from workstation.documents.render import Renderer


class PackingData(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on it. `leg`: out | back; `contents`: (name, copies); `at`: when it was sent, `at_ms` the same."""

    bureau: str
    leg: str
    carrier: str
    tracking: str
    receiver: str
    case_number: str
    contents: tuple[tuple[str, int], ...]
    words: dict[str, str]
    at: str
    at_ms: int


def packing_pdf(renderer: Renderer, data: PackingData) -> bytes:
    """A5, the same bytes for the same data. Raises DocumentError `document.render_failed`."""
    try:
        return renderer.compile("packing", msgspec.to_builtins(data), at_ms=data.at_ms)
    except typst.TypstError as failure:
        raise DocumentError("document.render_failed", kind="packing", reason=failure.message) from None
