"""`--for ratings`: a citizen says how it was.

slip scanned ─────────────┐
number ─▶ code beside it ─┴▶ how was it? 1…5 ─▶ why? 1…9, 0 ─▶ the person? 1…5, 0 ─▶ thanks ─▶ the next part | end
                              └ 0: not now        only where the level has reasons    └ 0: nothing apart

Each part of a visit is asked for by itself. Nothing is said before its last key; whoever goes leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sync.protocol.rating import AskedRating, RatingsAsked
from sync.records.states import BAD_LEVELS, Level
from workstation.cells import clip
from workstation.kiosk.page import TYPING_SECONDS, Page, Purpose, message
from workstation.locale import Phrase, language, say
from workstation.services.kiosk_rating import KioskRatingService

if TYPE_CHECKING:
    from workstation.services.desk import Desk

LEVELS = tuple(Level)
LEVEL_KEYS = "12345"
SCANNED_MOST, NUMBER_MOST = 400, 5
CODE_DIGITS = 4
TAGS_MOST = 9
END = "0"
LINE_CELLS, MATTER_CELLS = 70, 40


@dataclass(frozen=True, slots=True)
class Said:
    """What one person has said so far: of `asked`, the part in hand is the first."""

    asked: tuple[AskedRating, ...]
    level: str = ""
    tags: tuple[str, ...] = ()

    @property
    def about(self) -> Phrase:
        """What is rated."""
        part = self.asked[0]
        return "kiosk.rating.about", {"matter": clip(part.matter, MATTER_CELLS), "window": part.window}

    @property
    def offered(self) -> Sequence[dict[str, str]]:
        """The reasons that go with the level."""
        groups = (group.tags for group in self.asked[0].groups if group.level == self.level)
        return next(groups, [])[:TAGS_MOST]


class Ratings(Purpose):
    """The pages of a terminal at which one rates."""

    TITLE = "kiosk.ratings"
    OVER = "queue"
    OFFLINE = "kiosk.rating.no_network"
    SCANS = True

    def __init__(self, desk: Desk, folder: Path, show: Callable[[Page], None]) -> None:
        super().__init__(desk, folder, show)
        self.service = KioskRatingService(desk)

    def first(self) -> Page:
        """Scan the code, or type the number."""
        return Page("kiosk.rating.first", note="kiosk.rating.first_note", text=SCANNED_MOST, answer=self._begin)

    async def _begin(self, typed: str) -> Page:
        if len(typed) > NUMBER_MOST:
            return self._found(await self.service.scanned(typed))
        return Page(
            ("kiosk.rating.code", {"number": typed.upper()}),
            note="kiosk.rating.code_note",
            digits=CODE_DIGITS,
            answer=partial(self._number, typed),
            seconds=TYPING_SECONDS,
        )

    async def _number(self, number: str, code: str) -> Page:
        return self._found(await self.service.typed(number, code))

    def _found(self, found: RatingsAsked) -> Page:
        if not found.open:
            return message((f"kiosk.rating.{found.why}", {"seconds": found.seconds}), "bad")
        return self._level(Said(tuple(found.open)))

    def _level(self, said: Said, before: Phrase = "") -> Page:
        lines = [say(said.about), ""] if before else []

        async def answer(key: str) -> Page | None:
            if key == END:
                return None
            chosen = replace(said, level=str(LEVELS[int(key) - 1]), tags=())
            return self._tags(chosen) if chosen.offered else await self._person(chosen)

        return Page(
            "kiosk.rating.level",
            note=before or said.about,
            lines=(*lines, *_levels(), say("kiosk.key", digit=END, what=say("kiosk.rating.not_now"))),
            keys=LEVEL_KEYS + END,
            answer=answer,
            seconds=TYPING_SECONDS,
        )

    def _tags(self, said: Said) -> Page:
        name = language()
        lines = []
        for n, tag in enumerate(said.offered, 1):
            what = clip(tag.get(name) or tag["code"], LINE_CELLS)
            marked = "kiosk.rating.chosen" if tag["code"] in said.tags else "kiosk.key"
            lines.append(say(marked, digit=n, what=what))

        async def answer(key: str) -> Page:
            if key == END:
                return await self._person(said)
            code = said.offered[int(key) - 1]["code"]
            kept = tuple(each for each in said.tags if each != code)
            return self._tags(replace(said, tags=kept if code in said.tags else (*said.tags, code)))

        return Page(
            ("kiosk.rating.why", {"level": say(f"kiosk.level.{said.level}")}),
            note=said.about,
            lines=(*lines, say("kiosk.key", digit=END, what=say("kiosk.no_further"))),
            keys="".join(str(n) for n in range(1, len(lines) + 1)) + END,
            answer=answer,
            seconds=TYPING_SECONDS,
        )

    async def _person(self, said: Said) -> Page:
        if not said.asked[0].asks_person:
            return await self._give(said, END)
        return Page(
            "kiosk.rating.person",
            note=said.about,
            lines=(*_levels(), say("kiosk.key", digit=END, what=say("kiosk.rating.nothing_apart"))),
            keys=LEVEL_KEYS + END,
            answer=partial(self._give, said),
            seconds=TYPING_SECONDS,
        )

    async def _give(self, said: Said, key: str) -> Page:
        person = None if key == END else str(LEVELS[int(key) - 1])
        given = await self.service.give(said.asked[0], said.level, said.tags, person)
        if not given.taken:
            return message("kiosk.rating.rated" if given.code == "invite_closed" else "kiosk.rating.not_taken", "bad")
        bad = not {said.level, person}.isdisjoint(BAD_LEVELS)
        thanks = "kiosk.rating.thanks_bad" if bad else "kiosk.rating.thanks"
        if len(said.asked) > 1:
            return self._level(Said(said.asked[1:]), before=thanks)
        return message(thanks, "good")


def _levels() -> list[str]:
    return [say("kiosk.key", digit=n, what=say(f"kiosk.level.{level}")) for n, level in enumerate(LEVELS, 1)]
