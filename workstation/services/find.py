"""Ctrl+G: what a text means – a ticket's number, the digits at a case's end, a name, a credit code.

`037` in screen 2: the cases that end in 037; `A037`: the ticket, or its case where one is linked and screen 2 was named
"""

from __future__ import annotations

import asyncio
import unicodedata

from sync.calendar import day_of
from workstation.codes import MOST, Hit
from workstation.locale import say
from workstation.services.desk import Desk
from workstation.views import find as view

CASE_SCREENS = (2, 3)
CALLING = frozenset({"clerk", "duty", "grid"})


class FindService:
    """The code line's resolver."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def resolve(self, text: str, screen: int | None) -> list[Hit]:
        """At most nine hits, tickets first unless a screen of cases was named."""
        return await asyncio.to_thread(self._resolve, text, screen)

    def _resolve(self, text: str, screen: int | None) -> list[Hit]:
        name = unicodedata.normalize("NFKC", text).strip()
        number = name.upper()
        letters = number.rstrip("0123456789")
        if len(letters) == 1 and letters.isascii() and number[1:].isdigit():
            number = f"{letters}{int(number[1:]):03d}"
        cases = [self._case_hit(each, screen) for each in view.cases(self.desk.read, number, name, MOST)]
        found = view.tickets(self.desk.read, day_of(self.desk.clock.now()), number, name, MOST)
        tickets = [hit for each in found if (hit := self._ticket_hit(each, screen)) is not None]
        if screen in CASE_SCREENS:
            return (cases + tickets)[:MOST]
        return (tickets + cases)[:MOST]

    def _case_hit(self, case: view.FoundCase, screen: int | None) -> Hit:
        state = say(f"refusal.state_of.{case.state}")
        label = say("app.hit_case", number=case.number, matter=case.matter, name=case.applicant, state=state)
        return Hit(label, screen if screen in CASE_SCREENS else 2, {"case_id": case.id})

    def _ticket_hit(self, ticket: view.FoundTicket, screen: int | None) -> Hit | None:
        state = say(f"refusal.state_of.{ticket.state}")
        label = say("app.hit_ticket", number=ticket.number, matter=ticket.matter, name=ticket.holder, state=state)
        if screen in CASE_SCREENS or not CALLING & self.desk.me.roles:
            return Hit(label, 2, {"case_id": ticket.case}) if ticket.case else None
        return Hit(label, 1, {"ticket_id": ticket.id})
