"""A page of a terminal for citizens, and what such a terminal is for.

    Purpose.first() ─▶ Page ─what was typed─▶ page.answer(typed) ─▶ the next Page, or None: the first one again
                        └ after `seconds` without a key: page.after(), or the first one

The shell (app.py) shows the page and takes the keys; a purpose knows neither.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Optional

from workstation.locale import Phrase

if TYPE_CHECKING:
    from workstation.services.desk import Desk

Answer = Callable[[str], Awaitable[Optional["Page"]]]
After = Callable[[], Optional["Page"]]

MESSAGE_SECONDS = 8.0
TYPING_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown and what may be typed.

    `digits`: so many may be typed, then Enter; `text`: so many signs of any kind, as a scanner types an address, which
    is not shown. `keys`: one of these answers at once. With none of them, a key goes on.
    `scan` reads what a scanner typed that is more than digits: what to answer, or "" for what is not meant here.
    `hold`: a key answers only when so many seconds pass without another one: what a scanner types is no answer.
    `big` is shown in large digits, `lines` below the words; a `secret` is shown by its length alone.
    """

    words: Phrase
    note: Phrase = ""
    lines: tuple[str, ...] = ()
    big: str = ""
    digits: int = 0
    text: int = 0
    keys: str = ""
    scan: Callable[[str], str] | None = None
    hold: float = 0.0
    secret: bool = False
    answer: Answer | None = None
    seconds: float = 0.0
    after: After | None = None
    tone: str = ""  # good | bad, always beside words that say it


def message(words: Phrase, tone: str = "", *, big: str = "", seconds: float = MESSAGE_SECONDS) -> Page:
    """Something to be read; then the first page."""
    return Page(words, note="kiosk.back_soon", big=big, tone=tone, seconds=seconds)


class Purpose(ABC):
    """What a terminal is for. `folder` is its own place on disk; `show` puts up a page while an answer is at work."""

    TITLE: ClassVar[str]
    OVER: ClassVar[str]  # the class of scopes over which its keeper is a terminal
    OFFLINE: ClassVar[str] = "kiosk.offline"
    SCANS: ClassVar[bool] = False  # its first page takes text: a code may be scanned while the last words still stand

    def __init__(self, desk: Desk, folder: Path, show: Callable[[Page], None]) -> None:
        self.desk = desk
        self.folder = folder
        self.show = show
        self.font_folder: Callable[[], str] = lambda: ""  # the machine's setting, read when something is printed
        self.again: Callable[[], None] = lambda: None  # asks for `first` once more, unless somebody is at the terminal
        self.failed: Callable[[Exception], None] = _raised  # what goes wrong where nobody waits for it

    @abstractmethod
    def first(self) -> Page:
        """Where everybody begins; asked for again whenever rows have changed and nobody is at the terminal."""

    async def begin(self) -> None:  # noqa: B027 - most have nothing to do
        """The keeper has signed on: what an earlier end left half done is put right."""

    async def end(self) -> None:  # noqa: B027 - most have nothing to do
        """The terminal closes: what is at work on the copy ends first."""


def _raised(error: Exception) -> None:
    raise error
