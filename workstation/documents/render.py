"""Papers as PDF/A-2b, the same bytes for the same data.

    PaperData ─check_complete─▶ JSON + QR (SVG) ─sys_inputs─▶ typst ─▶ PDF, the seal's place in its keywords

Data are never interpolated into markup. A character that no font can show is an error that names the character and
its field: without PDF/A the export would leave it blank without a word. One compiler per template is kept; a warm
page takes some 6 ms.
"""

from __future__ import annotations

import io
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import typst

from sync.errors import DocumentError
from sync.records.states import PaperKind
from workstation.documents.fonts import FontSet, find_fonts
from workstation.documents.papers import PaperData, check_complete, field_words, template_data

TEMPLATES = Path(__file__).parent / "templates"
# What no font shows and no paper needs: controls, direction overrides (they reverse what is read), surrogates,
# stray line separators.
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ALLOWED_CONTROLS = {"\n", "\t"}
PlaceOf = Callable[[str], tuple[str, dict[str, int | str]]]
"""A field's path in words."""


class MissingGlyph(DocumentError):
    """Characters that cannot be printed: of the first `field`, its `place` in words, `character`, how it is `shown` (a
    box for what is no sign) and `codepoint`; `others` [(field, character)] of the rest.
    """


class RenderFailed(DocumentError):
    """The template did not compile: `reason` holds typst's message."""


class Renderer:
    """Fonts and compilers, kept for the life of the process. One paper at a time: a lock guards the compilers."""

    def __init__(self, fonts: FontSet | None = None) -> None:
        self.fonts = fonts or find_fonts()
        self._compilers: dict[str, typst.Compiler] = {}
        self._lock = threading.Lock()

    def render(self, kind: PaperKind, data: PaperData) -> bytes:
        """The paper as PDF/A-2b bytes, dated `data.dated_at`.

        Raises MissingGlyph, RenderFailed, or DocumentError (`document.field_missing`,
        `document.bad_day`).
        """
        check_complete(kind, data)
        texts = list(texts_of(data))
        refuse_invisible(texts)
        view = template_data(data)
        view["qr"] = qr_svg(data.verify_url)
        return self.draw(str(kind), view, texts, at_ms=data.dated_at)

    def draw(
        self,
        template: str,
        view: dict[str, Any],
        texts: Sequence[tuple[str, str]],
        *,
        at_ms: int,
        place: PlaceOf = field_words,
    ) -> bytes:
        """A template with a view made of `texts` [(field, text)]; `place` tells a field in words.

        Raises MissingGlyph, RenderFailed.
        """
        try:
            return self.compile(template, view, at_ms=at_ms)
        except typst.TypstError as failure:
            missing = [(field, char) for field, text in texts for char in self._unshowable(text)]
            if missing:
                raise _missing_glyph(missing, place) from None
            raise RenderFailed("document.render_failed", kind=template, reason=failure.message) from None

    def compile(self, template: str, data: dict[str, Any], *, at_ms: int) -> bytes:
        """Any template of the folder with any data; raises typst.TypstError."""
        with self._lock:
            if template not in self._compilers:
                self._compilers[template] = typst.Compiler(
                    input=TEMPLATES / f"{template}.typ",
                    root=TEMPLATES,
                    font_paths=self.fonts.fonts,
                    ignore_system_fonts=True,
                )
            return _compile(self._compilers[template], {**data, "fonts": self._families()}, at_ms)

    def _families(self) -> dict[str, Any]:
        return {"body": self.fonts.body, "title": self.fonts.title}

    def _unshowable(self, text: str) -> list[str]:
        """The characters that the fonts lack, found by halving: no words of typst's messages are relied upon."""

        def search(characters: list[str]) -> list[str]:
            try:
                self.compile("probe", {"text": "".join(characters)}, at_ms=0)
            except typst.TypstError:
                if len(characters) == 1:
                    return characters
                half = len(characters) // 2
                return search(characters[:half]) + search(characters[half:])
            return []

        return search(list(dict.fromkeys(text))) if text else []


def _compile(compiler: typst.Compiler, data: dict[str, Any], at_ms: int) -> bytes:
    pdf = compiler.compile(
        format="pdf",
        sys_inputs={"data": msgspec.json.encode(data).decode()},
        pdf_standards="a-2b",
        timestamp=at_ms // 1000,
    )
    assert isinstance(pdf, bytes)
    return pdf


def refuse_invisible(texts: Sequence[tuple[str, str]], place: PlaceOf = field_words) -> None:
    """Raises MissingGlyph for what no paper needs: a font may well have a blank for it."""
    bad = [
        (field, char)
        for field, text in texts
        for char in text
        if unicodedata.category(char) in INVISIBLE and char not in ALLOWED_CONTROLS
    ]
    if bad:
        raise _missing_glyph(bad, place)


def _missing_glyph(found: list[tuple[str, str]], place: PlaceOf) -> MissingGlyph:
    (field, char), *others = dict.fromkeys(found)
    return MissingGlyph(
        "document.missing_glyph",
        field=field,
        place=place(field),
        character=char,
        shown=char if unicodedata.category(char) not in INVISIBLE else "□",
        codepoint=f"U+{ord(char):04X}",
        others=others,
    )


def texts_of(data: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """Every text with the path of its field: `("addressee", …)`, `("defects[2].problem", …)`."""

    def walk(path: str, value: object) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                yield from walk(f"{path}[{index}]", item)
        elif isinstance(value, msgspec.Struct):
            for name in value.__struct_fields__:
                yield from walk(f"{path}.{name}" if path else name, getattr(value, name))

    return walk("", data)


def qr_svg(url: str) -> str:
    """The verification address as a QR code of level M, in black modules without a border."""
    import segno

    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        out, kind="svg", border=2, light="white", xmldecl=False, svgns=True, svgclass=None, lineclass=None
    )
    return out.getvalue().decode()


@lru_cache(maxsize=2)
def shared_renderer(font_folder: str = "") -> Renderer:
    """The process's renderer with the fonts of a folder, or the default ones. Raises FontMissing."""
    return Renderer(find_fonts((Path(font_folder).expanduser(),)) if font_folder else None)


def render(kind: PaperKind, data: PaperData, font_folder: str = "") -> bytes:
    """`Renderer.render` with the process's renderer."""
    return shared_renderer(font_folder).render(kind, data)
