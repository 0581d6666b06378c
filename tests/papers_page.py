"""docs/papers.md and its pictures, made from the templates: `python -m tests.papers_page`.

    sample_papers ─▶ render ─▶ seal, sign ─▶ pdftoppm ─▶ one sheet a paper: the shortest and the longest, side by side
                                                        docs/pictures/papers/<kind>.png, 16 colours

`page()` is the page's text; a test looks that it is up to date and that every template has its picture. Each picture
carries what it was drawn from (a tEXt chunk, `drawn_from`): a template, the style or the data changed since, and it is
stale. Pixels are not compared, since fonts and pdftoppm differ from machine to machine.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import struct
import subprocess
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import msgspec

from sync.records.states import PaperKind
from sync.registration.papers import Paper
from tests.sample_company import company_form
from tests.sample_papers import AT, BUREAU, KINDS, packing_data, paper_data
from workstation.documents.company import TITLES, draw, view_of
from workstation.documents.keys import FileKey
from workstation.documents.packing import packing_pdf
from workstation.documents.papers import template_data
from workstation.documents.pki import SAMPLE_WORDS, make_sample_pki
from workstation.documents.render import TEMPLATES, shared_renderer
from workstation.documents.seal import SealFace
from workstation.documents.sign import DocumentSigner
from workstation.locale import Catalogue

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs/pictures/papers"
DOTS_AN_INCH = 44
GAP = 6
GROUND = b"\xd0\xd0\xd0"
Image = tuple[int, int, bytes]  # width, height, RGB

HEAD = """# Papers

Every paper of a licensing case at its shortest and at the longest that a case may have, with the seal of a sample; made
from the templates by `python -m tests.papers_page`, checked by a test. The longest one has a name of forty characters
for the bureau, an applicant of a hundred and a table over several pages.
"""
PACKING = """## 装箱单

`packing.typ`: the slip in a parcel, A5; no paper of the authority, so neither sealed nor signed.

![装箱单](pictures/papers/packing.png)
"""
COMPANY = """# Papers of a company's change registration

The company's own, drawn by `workstation registration FORM.json`: unsealed, signed by hand. The shortest has one change,
the longest twelve at once of a company with sixteen holders; the form that the command prints has eight.
"""


def page() -> str:
    """docs/papers.md."""
    names = Catalogue("zh").area("issue")
    parts = [HEAD]
    parts += [_part(kind, names[f"issue.paper.{kind}"]) for kind in KINDS]
    parts.append(PACKING)
    parts.append(COMPANY)
    parts += [_part(paper, TITLES[paper]) for paper in Paper]
    return "\n".join(parts)


def _part(template: str, name: str) -> str:
    """A template's own first lines, and its picture."""
    told = (TEMPLATES / f"{template}.typ").read_text(encoding="utf-8")
    about = " ".join(line[3:] for line in itertools.takewhile(lambda line: line.startswith("// "), told.splitlines()))
    return f"## {name}\n\n`{template}.typ`: {about}\n\n![{name}](pictures/papers/{template}.png)\n"


def company_sheet(paper: Paper, folder: Path) -> bytes:
    """A company's paper for one change and for as many as there can be."""
    images = []
    for long in (False, True):
        drawn = draw(shared_renderer(), company_form(paper, long=long))
        path = folder / f"{paper}-{long:d}"
        path.with_suffix(".pdf").write_bytes(next(each.data for each in drawn if each.paper == paper))
        images += pages_of(path)
    return png(side_by_side(images), drawn_from(paper))


def drawn_from(template: str) -> str:
    """The hash of what a picture shows: the texts of its templates and the views that were put into them."""
    if template == "packing":
        texts, views = [], [msgspec.to_builtins(packing_data(long=long)) for long in (False, True)]
    elif template in TITLES:
        texts, views = ["style"], [view_of(company_form(Paper(template), long=long)) for long in (False, True)]
    else:
        texts = ["style", "seal"]
        views = [template_data(paper_data(PaperKind(template), long=long)) for long in (False, True)]
    parts = [(TEMPLATES / f"{name}.typ").read_bytes() for name in (*texts, template)]
    parts += [msgspec.json.encode(view, order="sorted") for view in views]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def source_of(picture: Path) -> str:
    """What a picture says that it was drawn from; "" where it says nothing."""
    found = re.search(rb"tEXtSource\0([0-9a-f]{64})", picture.read_bytes())
    return found[1].decode() if found else ""


def packing_sheet(folder: Path) -> bytes:
    """The slip in the smallest parcel and in the largest."""
    images = []
    for long in (False, True):
        path = folder / f"packing-{long:d}"
        path.with_suffix(".pdf").write_bytes(packing_pdf(shared_renderer(), packing_data(long=long)))
        images += pages_of(path)
    return png(side_by_side(images), drawn_from("packing"))


def pages_of(path: Path) -> list[Image]:
    """Every page of a PDF, small."""
    subprocess.run(["pdftoppm", "-r", str(DOTS_AN_INCH), path.with_suffix(".pdf"), path], check=True)
    return [read_ppm(each.read_bytes()) for each in sorted(path.parent.glob(f"{path.name}-*.ppm"))]


def sheet(kind: PaperKind, key: FileKey, folder: Path) -> bytes:
    """One picture: all pages of the shortest, then all of the longest, each with its own bureau's seal."""
    images = []
    for long in (False, True):
        data = paper_data(kind, long=long)
        signer = DocumentSigner(key, SealFace(name=data.bureau, line=SAMPLE_WORDS))
        pdf = signer.sign(shared_renderer().render(kind, data), at_ms=AT).data
        path = folder / f"{kind}-{long:d}"
        path.with_suffix(".pdf").write_bytes(pdf)
        images += pages_of(path)
    return png(side_by_side(images), drawn_from(str(kind)))


def read_ppm(content: bytes) -> Image:
    """What pdftoppm writes."""
    _, size, _, pixels = content.split(b"\n", 3)
    width, height = map(int, size.split())
    return width, height, pixels


def side_by_side(images: list[Image]) -> Image:
    """Pages in one row, with a gap."""
    height = max(image[1] for image in images)
    rows = []
    for y in range(height):
        row = [pixels[y * width * 3 : (y + 1) * width * 3] for width, _, pixels in images]
        rows.append((GROUND * GAP).join(row))
    return len(rows[0]) // 3, height, b"".join(rows)


def png(image: Image, source: str, colours: int = 16) -> bytes:
    """An 8-bit palette picture of the commonest colours, each pixel its nearest; `source` is put beside it."""
    width, height, pixels = image
    each = [pixels[at : at + 3] for at in range(0, len(pixels), 3)]
    palette = _palette(Counter(each), colours)
    nearest: dict[bytes, int] = {}
    indexes = bytearray()
    for pixel in each:
        if pixel not in nearest:
            nearest[pixel] = min(range(len(palette)), key=lambda n: _distance(palette[n], pixel))
        indexes.append(nearest[pixel])
    rows = b"".join(b"\0" + bytes(indexes[y * width : (y + 1) * width]) for y in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"tEXt", b"Source\0" + source.encode())
        + _chunk(b"PLTE", b"".join(palette))
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _palette(found: Counter[bytes], colours: int) -> list[bytes]:
    """The commonest colours that are not too near each other."""
    kept: list[bytes] = []
    for colour, _ in found.most_common():
        if all(_distance(colour, other) > 400 for other in kept):
            kept.append(colour)
        if len(kept) == colours:
            break
    return kept


def _distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main() -> None:
    """Write the page and all pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    (ROOT / "docs/papers.md").write_text(page(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as place:
        pki = make_sample_pki(Path(place) / "pki", b"pictures", bureau=BUREAU, now_ms=AT)
        key = FileKey.load(pki.seal, b"pictures")
        for kind in KINDS:
            (PICTURES / f"{kind}.png").write_bytes(sheet(kind, key, Path(place)))
        (PICTURES / "packing.png").write_bytes(packing_sheet(Path(place)))
        for paper in Paper:
            (PICTURES / f"{paper}.png").write_bytes(company_sheet(paper, Path(place)))


if __name__ == "__main__":
    main()
