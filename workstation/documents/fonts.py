"""Which font files the papers are set in.

    configured paths ──▶ package noto_cjk_sans_otc ──▶ the system's Noto or Source Han ──▶ FontMissing

The first place that holds a Chinese family wins. Families are chosen by the lists below: an official paper's own
faces where a bureau has them (仿宋 for the text, 小标宋 for titles), Noto otherwise.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import typst

from sync.errors import DocumentError

BODY = (
    "FangSong_GB2312",
    "FangSong",
    "仿宋_GB2312",
    "仿宋",
    "STFangsong",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
)
TITLE = (
    "FZXiaoBiaoSong-B05S",
    "方正小标宋简体",
    "STZhongsong",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
)
SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "C:/Windows/Fonts",
    "/Library/Fonts",
)
SYSTEM_NAMES = (
    "NotoSansCJK-Regular*",
    "NotoSansCJKsc-Regular*",
    "NotoSerifCJK-Regular*",
    "SourceHanSans*Regular*",
    "SourceHanSerif*Regular*",
)
HEAVIEST_BODY = 500  # a family that has bold only is no text face


class FontMissing(DocumentError):
    """No Chinese font: `looked_in` lists the places."""


class FontSet(msgspec.Struct, frozen=True):
    """Loaded fonts and the families to name in a template."""

    fonts: typst.Fonts
    body: tuple[str, ...]
    title: tuple[str, ...]


@lru_cache(maxsize=8)
def find_fonts(
    configured: tuple[Path, ...] = (), folders: tuple[str, ...] = SYSTEM_FOLDERS, *, packaged: bool = True
) -> FontSet:
    """Load the fonts of the first place that has a Chinese family.

    `configured` are folders from the settings (a file means its folder). Raises FontMissing:
    `document.font_missing` (looked_in), or `document.font_unusable` (path) where a configured place holds no usable
    font: that is never passed over in silence.
    """
    if configured:
        found = _load([path if path.is_dir() else path.parent for path in configured])
        if found is None:
            raise FontMissing("document.font_unusable", path=", ".join(str(path) for path in configured))
        return found
    for places in (_packaged() if packaged else [], _system(folders)):
        found = _load(places)
        if found is not None:
            return found
    raise FontMissing("document.font_missing", looked_in=["noto_cjk_sans_otc", *folders])


def _load(places: Sequence[Path]) -> FontSet | None:
    """typst takes folders, not files."""
    if not places:
        return None
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(places))
    regular = {font.family for font in fonts.fonts() if font.weight <= HEAVIEST_BODY}
    body, title = _chosen(BODY, regular), _chosen(TITLE, set(fonts.families()))
    return FontSet(fonts, body, title) if body else None


def _chosen(wanted: Iterable[str], families: set[str]) -> tuple[str, ...]:
    """The wanted families that are there, best first: the later ones stand in for a glyph that the first has not."""
    return tuple(family for family in wanted if family in families)


def _packaged() -> list[Path]:
    spec = importlib.util.find_spec("noto_cjk_sans_otc")
    return [Path(place) for place in spec.submodule_search_locations or ()] if spec is not None else []


def _system(folders: Iterable[str]) -> list[Path]:
    """The folder of the first known font file; looking for names is quicker than loading every font of a machine."""
    places = [Path(folder).expanduser() for folder in folders]
    for name in SYSTEM_NAMES:
        for place in places:
            found = sorted(place.rglob(name)) if place.is_dir() else []
            if found:
                return [found[0].parent]
    return []
