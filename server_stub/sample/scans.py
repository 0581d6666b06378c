"""Files of materials that can be opened: a one-page PDF and a picture, drawn here and marked SAMPLE on their face.

They are no likeness of any real paper. The same words give the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from functools import cache

from server_stub.sample.play import Scan

_WIDTH, _HEIGHT = 480, 304
# 5 x 7 dots a letter, a row of each as five bits.
_DOTS = {
    "S": (15, 16, 16, 14, 1, 1, 30),
    "A": (14, 17, 17, 31, 17, 17, 17),
    "M": (17, 27, 21, 21, 17, 17, 17),
    "P": (30, 17, 17, 30, 16, 16, 16),
    "L": (16, 16, 16, 16, 16, 16, 31),
    "E": (31, 16, 16, 30, 16, 16, 31),
}


def pdf_scan(title: str, ordinal: int) -> Scan:
    """A page with ruled lines; `title` is ASCII."""
    safe = "".join(c for c in title if c.isascii() and c.isprintable() and c not in "()\\")
    lines = "".join(f"60 {620 - 26 * n} m 535 {620 - 26 * n} l S\n" for n in range(16))
    drawn = (
        "0.8 w 0.75 G\n" + lines + "1.6 w 0.2 G 40 40 515 762 re S\n"
        "0.85 0.1 0.1 RG 2 w 420 90 100 100 re S\n"
        "BT /F1 24 Tf 0 g 60 740 Td (SAMPLE - NOT A REAL PAPER) Tj ET\n"
        f"BT /F1 14 Tf 60 700 Td (Material {ordinal}: {safe}) Tj ET\n"
        "BT /F1 12 Tf 0.85 0.1 0.1 rg 436 134 Td (SAMPLE SEAL) Tj ET\n"
    ).encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(out),
    )
    return Scan(out, "application/pdf")


@cache
def photo_scan(ordinal: int) -> Scan:
    """A picture the shape of a card, its colour by `ordinal`; drawn once, since a hall has many of few colours."""
    paper = ((226, 236, 246), (244, 236, 222), (228, 242, 228), (242, 228, 236))[ordinal % 4]
    rows = [bytearray(paper) * _WIDTH for _ in range(_HEIGHT)]
    _fill(rows, 30, 290, [y for y in range(120, _HEIGHT) if y % 34 < 5], (120, 128, 138))
    _fill(rows, 330, 440, range(60, 200), (188, 196, 204))
    edge = (70, 90, 120)
    _fill(rows, 0, _WIDTH, (*range(4), *range(_HEIGHT - 4, _HEIGHT)), edge)
    _fill(rows, 0, 4, range(_HEIGHT), edge)
    _fill(rows, _WIDTH - 4, _WIDTH, range(_HEIGHT), edge)
    for place, letter in enumerate("SAMPLE"):
        for row, bits in enumerate(_DOTS[letter]):
            for column in range(5):
                if bits >> (4 - column) & 1:
                    x, y = 32 + place * 42 + column * 7, 34 + row * 7
                    _fill(rows, x, x + 6, range(y, y + 6), (178, 30, 30))
    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    packed = zlib.compress(raw, 9)
    content = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")
    return Scan(content, "image/png")


def _fill(rows: list[bytearray], left: int, right: int, lines: Iterable[int], colour: tuple[int, int, int]) -> None:
    for y in lines:
        rows[y][3 * left : 3 * right] = bytes(colour) * (right - left)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
