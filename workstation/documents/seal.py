"""The visible seal: round, red, drawn as vectors, set across the signature's name and date.

    SealFace ─seal.typ─▶ one small PDF page (kept) ─▶ a fresh stamp per document ─▶ the signature field

A stamp that is used twice drags references to the first document's objects into the second, hence the fresh one.
"""

from __future__ import annotations

import io
import re
import uuid

import msgspec
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import StaticStampStyle

from sync.errors import DocumentError
from workstation.documents.render import Renderer

DIAMETER_MM = 42.0  # a county-level authority's seal (State Council, Guofa [1999] 25)
POINTS_PER_MM = 72 / 25.4
A4_HEIGHT = 297 * POINTS_PER_MM
PLACE = re.compile(r"seal-place (\d+) ([0-9.]+) ([0-9.]+)")


class SealFace(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the seal: the authority's name along the arc, one line across (`样例 非正式` for a sample)."""

    name: str
    line: str = ""
    diameter: float = DIAMETER_MM


class SealPlace(msgspec.Struct, frozen=True):
    """The seal's centre: page from 1, points from the page's top left corner."""

    page: int
    x: float
    y: float


class SealDrawer:
    """Draws each face once and keeps it."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._drawn: dict[SealFace, bytes] = {}

    def draw(self, face: SealFace) -> bytes:
        """The face as a PDF page of the seal's size without a background. Raises typst.TypstError for a character
        without a glyph.
        """
        if face not in self._drawn:
            self._drawn[face] = self._renderer.compile("seal", msgspec.structs.asdict(face), at_ms=0)
        return self._drawn[face]


class _SealContent(PdfContent):
    """The drawn page as a form of the document that is being signed."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self._page = page

    def render(self) -> bytes:
        form = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._page)))
        left, bottom, right, top = (float(edge) for edge in form.get_object()["/BBox"])
        self.box = BoxConstraints(width=right - left, height=top - bottom)
        name = f"/Seal{uuid.uuid4().hex}"
        self.resources.xobject[name] = form
        return f"{name} Do".encode()


def seal_stamp(page: bytes) -> StaticStampStyle:
    """A stamp for one document only."""
    exact = SimpleBoxLayoutRule(x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins())
    return StaticStampStyle(
        background=_SealContent(page), border_width=0, background_opacity=1.0, background_layout=exact
    )


def seal_place(reader: PdfFileReader) -> SealPlace:
    """Where the template wants the seal. Raises DocumentError `document.no_seal_place`: the file is not one of our
    papers.
    """
    trailer = reader.trailer_view
    found = PLACE.search(str(trailer["/Info"].get("/Keywords", ""))) if "/Info" in trailer else None
    if found is None:
        raise DocumentError("document.no_seal_place")
    return SealPlace(int(found[1]), float(found[2]), float(found[3]))


def seal_box(place: SealPlace, diameter_mm: float = DIAMETER_MM) -> tuple[int, int, int, int]:
    """The seal's rectangle in PDF's coordinates: whole points from the bottom left corner of an A4 page."""
    half = diameter_mm * POINTS_PER_MM / 2
    x, y = place.x, A4_HEIGHT - place.y
    return round(x - half), round(y - half), round(x + half), round(y + half)
