"""The slip in a parcel (装箱单): what lies in it, line by line, for whoever packs and whoever opens it.

It is no paper of the authority: unsealed, unsigned, kept nowhere. Telephone and address stay on the carrier's label.
"""

from __future__ import annotations

import msgspec

from workstation.documents.papers import field_words
from workstation.documents.render import Renderer, refuse_invisible, texts_of


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
    """A5, the same bytes for the same data. Raises MissingGlyph, RenderFailed."""
    texts = [
        *texts_of(msgspec.structs.replace(data, contents=())),
        *((f"contents[{index}].name", name) for index, (name, _) in enumerate(data.contents)),
    ]
    refuse_invisible(texts, _place)
    return renderer.draw("packing", msgspec.to_builtins(data), texts, at_ms=data.at_ms, place=_place)


def _place(field: str) -> tuple[str, dict[str, int | str]]:
    return field_words(field, "paper.packing")
