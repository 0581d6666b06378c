"""What a file is, by its own beginning and not by its name: the kinds that a case may hold."""

from __future__ import annotations

from typing import Final

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
MEDIA_TYPES: Final = (PDF, PNG, JPEG)
NEAR: Final = 1024
"""Bytes at either end in which a PDF's marks may stand (ISO 32000-1 annex H, notes 13 and 18)."""
PNG_MARK: Final = b"\x89PNG\r\n\x1a\n"
JPEG_MARK: Final = b"\xff\xd8\xff"
PDF_MARK: Final = b"%PDF-"


def media_type(beginning: bytes) -> str | None:
    """What the first NEAR bytes say that it is; None for anything else."""
    if beginning.startswith(PNG_MARK):
        return PNG
    if beginning.startswith(JPEG_MARK):
        return JPEG
    return PDF if PDF_MARK in beginning[:NEAR] else None
