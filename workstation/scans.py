"""Whether a file that somebody is perhaps still writing is whole: by its own beginning and end, not by its name.

PDF    %PDF- in the first kilobyte … %%EOF in the last
PNG    signature, chunks by their lengths … IEND
JPEG   FFD8, segments by their lengths, scans … FFD9      (what a telephone hangs on behind it does not matter)
"""

from __future__ import annotations

from typing import Final, Literal

from sync.protocol.media import JPEG, JPEG_MARK, NEAR, PDF, PDF_MARK, PNG, PNG_MARK, media_type

Wholeness = Literal["whole", "half", "unknown"]

_FIRST: Final = 8


def wholeness(content: bytes) -> Wholeness:
    """Whether the file's end is there; "unknown" for what is none of the three."""
    kind = media_type(content)
    if kind is None:
        begun = any(mark.startswith(content[: len(mark)]) for mark in (PNG_MARK, JPEG_MARK, PDF_MARK))
        return "half" if begun and len(content) < _FIRST else "unknown"
    ended = {PDF: _pdf_ends, PNG: _png_ends, JPEG: _jpeg_ends}[kind](content)
    return "whole" if ended else "half"


def _pdf_ends(content: bytes) -> bool:
    return b"%%EOF" in content[-NEAR:]


def _png_ends(content: bytes) -> bool:
    place = len(PNG_MARK)
    while place + 12 <= len(content):
        after = place + 12 + int.from_bytes(content[place : place + 4], "big")
        if content[place + 4 : place + 8] == b"IEND":
            return after <= len(content)
        place = after
    return False


def _jpeg_ends(content: bytes) -> bool:
    """Walks over segments (ITU-T T.81 annex B): a thumbnail's own end lies inside one and is not met."""
    place = 2
    while (place := content.find(b"\xff", place)) >= 0 and place + 1 < len(content):
        marker = content[place + 1]
        if marker == 0xD9:
            return True
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD7:  # stuffed, filled, or a restart within a scan
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if length < 2:
            return False
        place += 2 + length
    return False
