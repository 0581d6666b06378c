"""`--for tickets`: a citizen chooses what they come for, and gets a number.

matter ─1…7─▶ a further one … ─0─▶ priority ─1 2 3─▶ the number
  └ 9: more matters                    └ 0: from the beginning     └─▶ the slip, if the printer gives one
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import HallError
from sync.records.states import Priority
from sync.rules.ticket.issue import ANYONES, MATTERS_MOST
from workstation.cells import clip
from workstation.kiosk.page import TYPING_SECONDS, Page, Purpose
from workstation.locale import Phrase, say
from workstation.services.kiosk_tickets import Given, KioskTicketService

if TYPE_CHECKING:
    from workstation.services.desk import Desk

A_PAGE = 7
MORE, END = "9", "0"
NUMBER_SECONDS = 20.0
LINE_CELLS, SHORT_CELLS, BRING_MOST = 70, 24, 6


class Tickets(Purpose):
    """The pages of a terminal that gives out tickets."""

    TITLE = "kiosk.tickets"
    OVER = "queue"
    OFFLINE = "kiosk.offline_tickets"

    def __init__(self, desk: Desk, folder: Path, show: Callable[[Page], None]) -> None:
        super().__init__(desk, folder, show)
        self.service = KioskTicketService(desk, folder)

    def first(self) -> Page:
        """What somebody comes for."""
        self.service.hold_numbers()
        return self._choose((), 0)

    def _choose(self, chosen: tuple[str, ...], start: int) -> Page:
        every = self.service.matters()
        names = dict(every)
        free = [each for each in every if each[0] not in chosen]
        shown = free[start : start + A_PAGE]
        keys = "".join(str(n) for n in range(1, len(shown) + 1))
        lines = [clip(say("kiosk.key", digit=n, what=name), LINE_CELLS) for n, (_, name) in enumerate(shown, 1)]
        if len(free) > A_PAGE:
            keys, lines = keys + MORE, [*lines, say("kiosk.key", digit=MORE, what=say("kiosk.more"))]
        note: Phrase = ""
        if chosen:
            keys, lines = keys + END, [*lines, say("kiosk.key", digit=END, what=say("kiosk.no_further"))]
            note = ("kiosk.chosen", {"matters": " · ".join(clip(names.get(id, id), SHORT_CELLS) for id in chosen)})

        async def answer(key: str) -> Page:
            if key == MORE:
                return self._choose(chosen, start + A_PAGE if start + A_PAGE < len(free) else 0)
            if key == END:
                return self._priority(chosen)
            after = (*chosen, shown[int(key) - 1][0])
            everything = len(after) in (MATTERS_MOST, len(every))
            return self._priority(after) if everything else self._choose(after, 0)

        return Page(
            "kiosk.further" if chosen else "kiosk.matter",
            note=note,
            lines=tuple(lines),
            keys=keys,
            answer=answer,
            seconds=TYPING_SECONDS if chosen or start else 0,
        )

    def _priority(self, chosen: tuple[str, ...]) -> Page:
        lines = [say("kiosk.key", digit=n, what=say(f"queue.issue.{each.value}")) for n, each in enumerate(ANYONES, 1)]
        return Page(
            "kiosk.priority",
            lines=(*lines, say("kiosk.key", digit=END, what=say("kiosk.again"))),
            keys="".join(str(n) for n in range(1, len(ANYONES) + 1)) + END,
            answer=partial(self._end, chosen),
            seconds=TYPING_SECONDS,
        )

    async def _end(self, chosen: tuple[str, ...], key: str) -> Page | None:
        if key == END:
            return None
        priority: Priority = ANYONES[int(key) - 1]
        given = await self.service.issue(chosen, priority.value)
        self.show(number_page(given, "kiosk.slip_comes"))  # the number stands before anything can go wrong with paper
        try:
            await self.service.print(given)
        except HallError:
            return number_page(given, "kiosk.no_slip")
        return number_page(given, "kiosk.back_soon")


def number_page(given: Given, note: Phrase) -> Page:
    """The number, where its holder stands, and what they need."""
    lines = [" · ".join(clip(name, SHORT_CELLS) for name in given.matters), *given.told]
    if given.bring:
        lines += ["", say("kiosk.bring"), *(clip(name, LINE_CELLS) for name in given.bring[:BRING_MOST])]
    if len(given.bring) > BRING_MOST:
        lines[-1] = say("kiosk.bring_more", name=clip(given.bring[BRING_MOST - 1], 50))
    return Page(
        "kiosk.number",
        note=note,
        lines=tuple(lines),
        big=given.number,
        tone="good",
        seconds=NUMBER_SECONDS,
    )
