"""Small real files of the kinds that a scanner and a telephone make, and how to write them slowly."""

from __future__ import annotations

import struct
import zlib


def pdf(words: str = "a", size: int = 0) -> bytes:
    """A one-page PDF; `size` fills it up to about so many bytes."""
    filling = b"%" + b"x" * size + b"\n"
    return b"%PDF-1.4\n" + filling + b"1 0 obj<</Title(" + words.encode() + b")>>endobj\ntrailer<<>>\n%%EOF\n"


def png(grey: int = 200) -> bytes:
    """One pixel."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes([0, grey])))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg(scan: bytes = b"\x11\xff\x00\x22\xff\xd0\x33", *, behind: bytes = b"") -> bytes:
    """Segments, one of them with a thumbnail's own end inside, a scan with stuffing and a restart, the end."""
    thumbnail = b"Exif\0\0\xff\xd8\xff\xdb\x00\x02\xff\xd9"
    return (
        b"\xff\xd8\xff\xe1"
        + struct.pack(">H", len(thumbnail) + 2)
        + thumbnail
        + b"\xff\xda\x00\x04\x01\x02"
        + scan
        + b"\xff\xd9"
        + behind
    )
