"""A terminal that gives out tickets: the centre's number, or without a network one of its own.

    begin: hold numbers of every prefix ─▶ issue(matters, priority) ─online─▶ the centre numbers it, tells its page
                                                                    └ else ─▶ out of the block ─▶ told later
    print: the slip, with the code of the ticket's page where the centre was there

It holds the queue, since its position is told, and nothing of cases.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sync.calendar import day_of
from sync.errors import HallError, TransportError
from sync.protocol.messages import Slip
from sync.protocol.verbs import ticket as verbs
from sync.protocol.verbs.appointment import CheckIn
from sync.protocol.verbs.block import BlockNumber
from sync.records.states import Priority
from sync.replica.blocks import Series, left, numbered
from sync.rules.appointment import ticket_id
from sync.rules.block import TICKET
from workstation import printer
from workstation.documents.render import shared_renderer
from workstation.documents.slip import SlipData, slip_pdf
from workstation.hours import hhmm
from workstation.locale import say
from workstation.views import queue as view
from workstation.views.appointment import Booked, by_code
from workstation.views.waits import waits

if TYPE_CHECKING:
    from workstation.services.desk import Desk


SLIP_SECONDS = 2.0  # of the number's page, and of somebody who waits before it
PRINT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Given:
    """A ticket that was given out; `slip` says nothing where the centre was not there to tell."""

    number: str
    matters: tuple[str, ...]
    bring: tuple[str, ...]
    at: int
    slip: Slip
    remark: str = ""

    @property
    def told(self) -> list[str]:
        """The wait, in lines."""
        lines = [self.remark] if self.remark else []
        if self.slip.ahead is not None:
            lines.append(say("kiosk.ahead", count=self.slip.ahead) if self.slip.ahead else say("kiosk.next"))
        if self.slip.minutes:
            least, most = self.slip.minutes
            if most:  # else the line before says it
                words = "kiosk.minutes" if most > least else "kiosk.minutes.about"
                lines.append(say(words, least=least, most=most))
        if self.slip.windows:
            lines.append(say("kiosk.windows", windows="、".join(self.slip.windows)))
        return lines


class KioskTicketService:
    """One terminal. `folder` takes the slips where there is no printer; `font_folder` is the machine's setting."""

    def __init__(self, desk: Desk, folder: Path, font_folder: Callable[[], str] = lambda: "") -> None:
        self.desk = desk
        self.folder = folder
        self.font_folder = font_folder
        self._held: set[str] = set()
        self._waits: Mapping[str, tuple[int, int]] | None = None

    @property
    def scope(self) -> str:
        """The queue in which its tickets wait."""
        return self.desk.me.scopes("queue")[0]

    def hold_numbers(self) -> None:
        """Ask for numbers of every prefix, for the time without a network; again where there are other prefixes."""
        prefixes = {self.desk.row("matter", id).prefix for id, _ in self.matters()}
        if prefixes != self._held:
            self._held = prefixes
            self.desk.engine.number([self._series(prefix) for prefix in sorted(prefixes)])

    def matters(self) -> list[tuple[str, str]]:
        """(id, name) of the matters that windows of this queue serve."""
        windows = self.desk.rows("window", queue_scope=self.scope)
        if not windows or any(not window.skills for window in windows):
            return view.matters_of(self.desk.read, None)
        return view.matters_of(self.desk.read, sorted({prefix for window in windows for prefix in window.skills}))

    def look(self) -> bool:
        """The waits as they are now, in any thread; whether they are others than before."""
        now, before = self.desk.clock.now(), self._waits
        self._waits = waits(self.desk.read, self.desk.rows, self.scope, day_of(now), now)
        return self._waits != before

    def forget(self) -> bool:
        """The waits cannot be known; whether they were."""
        known, self._waits = self._waits is not None, None
        return known

    def wait(self, matter: str) -> str:
        """What the wait of who takes a ticket for it now should be, in words; nothing while that cannot be known."""
        if self._waits is None or not self.desk.engine.status.online:
            return ""
        prefix = self.desk.row("matter", matter).prefix
        if prefix not in self._waits:
            return say("kiosk.wait.closed")
        least, most = self._waits[prefix]
        return say("kiosk.wait.minutes", least=least, most=most) if most else say("kiosk.wait.none")

    async def issue(self, matters: Sequence[str], priority: str) -> Given:
        """A ticket for these matters, in this order. Raises HallError `kiosk.no_numbers` where the network is away and
        no number is left here, `refusal.…`."""
        at = self.desk.clock.now()
        rows = [self.desk.row("matter", id) for id in matters]
        needed = (each["name"] for row in rows for each in row.materials or () if each.get("required"))
        bring = tuple(dict.fromkeys(needed))
        names = tuple(row.name for row in rows)
        id = self.desk.new_id()
        if not self.desk.engine.status.online:
            self._by_itself(id, matters, priority)
            return Given(self._number(id), names, bring, at, Slip())
        first, *more = matters
        args = verbs.Issue(matter=first, more=more, priority=priority, site=self.desk.me.site)
        await self.desk.ask(args, id=id, scope=self.scope)
        return Given(self._number(id), names, bring, at, await asyncio.to_thread(self._slip, id))

    def appointment(self, code: str) -> Booked | None:
        """Today's appointment of a code, as far as this copy knows."""
        return by_code(self.desk.read, self.scope, day_of(self.desk.clock.now()), code)

    async def check_in(self, appointment: Booked) -> Given:
        """The ticket that an appointment becomes. Raises HallError `refusal.…`."""
        await self.desk.ask(CheckIn(), id=appointment.id, scope=self.scope)
        id = ticket_id(appointment.id)
        row = self.desk.row("matter", appointment.matter)
        bring = tuple(each["name"] for each in row.materials or () if each.get("required"))
        number = self._number(id)
        in_time = self.desk.row("ticket", id).priority == Priority.APPOINTMENT
        remark = say("kiosk.appointment.in_time", time=appointment.clock) if in_time else say("kiosk.appointment.late")
        slip = await asyncio.to_thread(self._slip, id)
        return Given(number, (row.name,), bring, self.desk.clock.now(), slip, remark)

    def _number(self, id: str) -> str:
        ticket = self.desk.row("ticket", id)
        if ticket is None or ticket.number is None:
            raise HallError("sync.no_answer")
        return str(ticket.number)

    def _slip(self, id: str) -> Slip:
        """What the centre tells of it; nothing where it does not answer soon."""
        try:
            return self.desk.engine.run(lambda wire: wire.ask("GET", "/v1/slip", Slip, ticket=id), SLIP_SECONDS)
        except TransportError:
            return Slip()

    async def print(self, given: Given) -> printer.Sent:
        """The slip, out of the machine's printer. Raises HallError."""
        return await asyncio.to_thread(self._print, given)

    def _print(self, given: Given) -> printer.Sent:
        site = self.desk.row("site", self.desk.me.site)
        words = {name: say(f"kiosk.slip.{name}") for name in ("bring", "scan", "code", "lapses")}
        data = SlipData(
            hall=site.name if site is not None else "",
            number=given.number,
            matters=given.matters,
            told=tuple(given.told),
            bring=given.bring,
            address=given.slip.address,
            code=given.slip.code,
            words=words,
            at=f"{day_of(given.at)} {hhmm(given.at)}",
            at_ms=given.at,
        )
        content = slip_pdf(shared_renderer(self.font_folder()), data)
        path = self.folder / f"{given.number}.pdf"
        return printer.send_content(content, path, given.number, self.folder / "slips", job_seconds=PRINT_SECONDS)

    def _by_itself(self, id: str, matters: Sequence[str], priority: str) -> None:
        first, *more = matters
        now = self.desk.engine.centre_now()
        series = self._series(self.desk.row("matter", first).prefix)
        if not left(self.desk.store, series, now):
            raise HallError("kiosk.no_numbers")

        def make(number: BlockNumber | None) -> verbs.Issue:
            return verbs.Issue(matter=first, more=more, priority=priority, site=self.desk.me.site, number=number)

        self.desk.do(numbered(make, series, now), id=id, scope=self.scope)

    def _series(self, prefix: str) -> Series:
        return Series(TICKET, self.scope, prefix)
