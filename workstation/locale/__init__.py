"""The catalogue: every sentence a person reads, by key.

    say("queue.waiting", count=17)
         │    └── the entry's msgid is the whole key
         └─────── the area: its file is locale/<language>/queue.po

One file an area and language, so that screens do not get in each other's way, and an area is read when its first
sentence is needed. A code of `sync.errors` that both sides use has no area: its words lie in `error.po`. The `.po`
files are read as they are (gettext's format, no build step); words stand in `{braces}` and are filled by name. A key
that is missing shows itself: a person sees what to report, and nothing stops.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeGuard

LANGUAGES = ("zh", "en")
FOLDER = Path(__file__).parent
_ENTRY = re.compile(
    r'^msgid[ \t]+((?:"(?:[^"\\\n]|\\.)*"\s*)+)^msgstr[ \t]+((?:"(?:[^"\\\n]|\\.)*"\s*)+)', re.MULTILINE
)
_ESCAPE = re.compile(r"\\(.)")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"')

Phrase = str | tuple[str, Mapping[str, object]]
"""What is to be said: a key, or a key with its parameters."""


def parse(text: str) -> dict[str, str]:
    """The entries of one `.po` text; the header (empty msgid) is left out, a doubled key raises ValueError."""
    entries: dict[str, str] = {}
    for found in _ENTRY.finditer(text):
        key, words = _joined(found[1]), _joined(found[2])
        if key in entries:
            raise ValueError(f"key twice: {key}")
        if key:
            entries[key] = words
    return entries


def _joined(quoted: str) -> str:
    body = "".join(piece[1:-1] for piece in _QUOTED.findall(quoted))
    return _ESCAPE.sub(lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), body) if "\\" in body else body


class Catalogue:
    """The words of one language, read an area at a time."""

    def __init__(self, language: str, folder: Path = FOLDER) -> None:
        self.language = language
        self._folder = folder / language
        self._areas: dict[str, dict[str, str]] = {}

    def areas(self) -> list[str]:
        """Names of all areas that have a file."""
        return sorted(path.stem for path in self._folder.glob("*.po"))

    def area(self, name: str) -> dict[str, str]:
        """The entries of one area; an area without a file is empty."""
        if name not in self._areas:
            path = self._folder / f"{name}.po"
            self._areas[name] = parse(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return self._areas[name]

    def find(self, key: str) -> str | None:
        """The words of `key` as they stand in the file, or None."""
        area, dot, _ = key.partition(".")
        return self.area(area).get(key) if dot else self.area("error").get(f"error.{key}")


class _Language:
    current = Catalogue("zh")


def use(language: str) -> None:
    """Speak `language` from now on ("zh" or "en")."""
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language}")
    if _Language.current.language != language:
        _Language.current = Catalogue(language)


def language() -> str:
    """The language in use."""
    return _Language.current.language


def has(key: str) -> bool:
    """Whether the language in use has words for `key`."""
    return _Language.current.find(key) is not None


def say(key: Phrase, **params: object) -> str:
    """The sentence of `key` in the language in use, its `{names}` filled from `params`.

    A parameter may be a phrase itself. A key without an entry, or an entry that wants a parameter nobody gave, comes
    back readable instead of raising.
    """
    if isinstance(key, tuple):
        params = {**key[1], **params}
        key = key[0]
    words = _Language.current.find(key)
    if words is None:
        return key + (" " + " ".join(f"{name}={value}" for name, value in params.items()) if params else "")
    if "{" not in words:
        return words
    try:
        return words.format(**{name: say(value) if _is_phrase(value) else value for name, value in params.items()})
    except (KeyError, IndexError, ValueError):
        return words


def _is_phrase(value: object) -> TypeGuard[tuple[str, Mapping[str, object]]]:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], Mapping)
