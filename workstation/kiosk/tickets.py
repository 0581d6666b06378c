"""`--for tickets`: a citizen chooses what they come for, and gets a number.

matter ─1…7─▶ a further one … ─0─▶ priority ─1 2 3─▶ the number
  ├ 9: more matters                    └ 0: from the beginning     └─▶ the slip, if the printer gives one
  └ 8: an appointment ─six digits─▶ the number; without a network an ordinary ticket, the appointment stays
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import HallError
from sync.records.states import Priority
from sync.rules.appointment import CODE_DIGITS
from sync.rules.ticket.issue import ANYONES, MATTERS_MOST
from workstation.cells import clip, pad, width
from workstation.kiosk.page import TYPING_SECONDS, Page, Purpose, message
from workstation.locale import Phrase, say
from workstation.services.kiosk_tickets import Given, KioskTicketService

if TYPE_CHECKING:
    from workstation.services.desk import Desk

A_PAGE = 7
APPOINTMENT, MORE, END = "8", "9", "0"
NUMBER_SECONDS = 20.0
LINE_CELLS, SHORT_CELLS, BRING_MOST = 70, 24, 6


class Tickets(Purpose):
    """The pages of a terminal that gives out tickets."""

    TITLE = "kiosk.tickets"
    OVER = "queue"
    OFFLINE = "kiosk.offline_tickets"

    def __init__(self, desk: Desk, folder: Path, show: Callable[[Page], None]) -> None:
        super().__init__(desk, folder, show)
        self.service = KioskTicketService(desk, folder, lambda: self.font_folder())
        self._looks: asyncio.Task[None] | None = None
        self._behind = self._looked = False

    def first(self) -> Page:
        """What somebody comes for. Waits are reckoned in a thread: those of the last time stand until it is done."""
        self.service.hold_numbers()
        if not self._looked:
            self._behind = True
            if self._looks is None or self._looks.done():
                self._looks = asyncio.create_task(self._look())
        return self._choose((), 0)

    async def _look(self) -> None:
        """Until nothing has changed meanwhile; then the page is shown with what was found, or without waits where they
        cannot be reckoned."""
        changed = False
        while self._behind:
            self._behind = False
            try:
                changed |= await asyncio.to_thread(self.service.look)
            except Exception as error:  # the waits of the last time are not those of now: nothing is said of them
                self.failed(error)
                changed |= self.service.forget()
        if changed:
            self._looked = True
            self.again()
            self._looked = False

    async def end(self) -> None:
        """A reckoning under way ends before the copy is closed."""
        self._behind = False
        if self._looks is not None:
            await asyncio.wait([self._looks])

    def _choose(self, chosen: tuple[str, ...], start: int) -> Page:
        every = self.service.matters()
        names = dict(every)
        free = [each for each in every if each[0] not in chosen]
        shown = free[start : start + A_PAGE]
        keys = "".join(str(n) for n in range(1, len(shown) + 1))
        lines = [self._line(n, *each) for n, each in enumerate(shown, 1)]
        if not chosen and self.desk.setting("appointment_seats"):
            keys += APPOINTMENT
            lines.append(say("kiosk.key", digit=APPOINTMENT, what=say("kiosk.appointment")))
        if len(free) > A_PAGE:
            keys, lines = keys + MORE, [*lines, say("kiosk.key", digit=MORE, what=say("kiosk.more"))]
        note: Phrase = ""
        if chosen:
            keys, lines = keys + END, [*lines, say("kiosk.key", digit=END, what=say("kiosk.no_further"))]
            note = ("kiosk.chosen", {"matters": " · ".join(clip(names.get(id, id), SHORT_CELLS) for id in chosen)})

        async def answer(key: str) -> Page:
            if key == APPOINTMENT:
                return self._code()
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

    def _line(self, digit: int, matter: str, name: str) -> str:
        """A matter's key, its name, and what the wait should be."""
        wait = self.service.wait(matter)
        room = LINE_CELLS - width(wait) - 2 if wait else LINE_CELLS
        said = clip(say("kiosk.key", digit=digit, what=name), room)
        return f"{pad(said, room)}  {wait}" if wait else said

    def _priority(self, chosen: tuple[str, ...]) -> Page:
        lines = [say("kiosk.key", digit=n, what=say(f"queue.issue.{each.value}")) for n, each in enumerate(ANYONES, 1)]
        return Page(
            "kiosk.priority",
            lines=(*lines, say("kiosk.key", digit=END, what=say("kiosk.again"))),
            keys="".join(str(n) for n in range(1, len(ANYONES) + 1)) + END,
            answer=partial(self._end, chosen),
            seconds=TYPING_SECONDS,
        )

    def _code(self) -> Page:
        return Page(
            "kiosk.appointment.code",
            note="kiosk.then_enter",
            digits=CODE_DIGITS,
            answer=self._check_in,
            seconds=TYPING_SECONDS,
        )

    async def _check_in(self, code: str) -> Page:
        booked = self.service.appointment(code)
        if booked is None:
            return message("kiosk.appointment.wrong", "bad")
        if not self.desk.engine.status.online:
            return self._without_network(booked.matter)
        return await self._give(await self.service.check_in(booked))

    def _without_network(self, matter: str) -> Page:
        """The centre alone turns an appointment into its ticket: it stays, and an ordinary ticket may be had."""

        async def answer(key: str) -> Page | None:
            return self._priority((matter,)) if key == "1" else None

        lines = [
            say("kiosk.key", digit=1, what=say("kiosk.appointment.ordinary")),
            say("kiosk.key", digit=END, what=say("kiosk.appointment.wait")),
        ]
        return Page(
            "kiosk.appointment.offline", lines=tuple(lines), keys="1" + END, answer=answer, seconds=TYPING_SECONDS
        )

    async def _end(self, chosen: tuple[str, ...], key: str) -> Page | None:
        if key == END:
            return None
        priority: Priority = ANYONES[int(key) - 1]
        return await self._give(await self.service.issue(chosen, priority.value))

    async def _give(self, given: Given) -> Page:
        self.show(number_page(given, "kiosk.slip_comes"))  # the number stands before anything can go wrong with paper
        try:
            await self.service.print(given)
        except HallError:
            return number_page(given, "kiosk.no_slip")
        return number_page(given, "kiosk.back_soon")


def number_page(given: Given, note: Phrase) -> Page:
    """The number, where its holder stands, and what they need."""
    lines = [" · ".join(clip(name, SHORT_CELLS) for name in given.matters), *given.told]
    most = BRING_MOST - bool(given.remark)  # so that 24 lines hold the page
    if given.bring:
        lines += ["", say("kiosk.bring"), *(clip(name, LINE_CELLS) for name in given.bring[:most])]
    if len(given.bring) > most:
        lines[-1] = say("kiosk.bring_more", name=clip(given.bring[most - 1], 50))
    return Page(
        "kiosk.number",
        note=note,
        lines=tuple(lines),
        big=given.number,
        tone="good",
        seconds=NUMBER_SECONDS,
    )
