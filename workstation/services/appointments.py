"""Appointments at the desk and at a terminal: what is free, a seat for who telephones, who has come.

days, slots (this copy's, by the calendar) ─▶ book ─ask─▶ the centre alone gives seats
code ─▶ check_in ─ask─▶ the ticket that it became          without a network nothing of it: the appointment stays
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.calendar import Calendar, day_of
from sync.errors import HallError
from sync.protocol.verbs import appointment as verbs
from sync.records.states import Priority
from sync.rules.appointment import ticket_id
from sync.slots import begins_at, clock_of, days_from, minutes_of
from workstation.views import appointment as view
from workstation.views.appointment import Booked
from workstation.views.working_days import calendar_of

if TYPE_CHECKING:
    from workstation.services.desk import Desk

_SETTINGS = ("always_open", "open_hours", "appointment_days")


class AppointmentService:
    """The appointments of one queue: the window's, else the first that the person reaches."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def scope(self) -> str:
        """The queue; empty where there is none."""
        return self.desk.queue

    @property
    def seats(self) -> int:
        """Seats of a half hour; 0: nothing can be booked."""
        return int(self.desk.setting("appointment_seats"))

    @property
    def today(self) -> str:
        """The hall's day."""
        return day_of(self.desk.clock.now())

    def _calendar(self) -> tuple[Calendar, dict[str, Any]]:
        return calendar_of(self.desk.read), {name: self.desk.setting(name) for name in _SETTINGS}

    def days(self) -> list[str]:
        """The days on which something can be booked."""
        return list(days_from(self.today, *self._calendar()))

    def slots(self, matter: str, day: str) -> list[tuple[int, str, int]]:
        """(minute, as in 09:30, free seats) of the half hours of a day that are to come and not full."""
        taken = view.taken(self.desk.read, self.scope, day, self.desk.row("matter", matter).prefix)
        now = self.desk.clock.now()
        return [
            (minute, clock_of(minute), self.seats - taken[minute])
            for minute in minutes_of(day, *self._calendar())
            if begins_at(day, minute) > now and taken[minute] < self.seats
        ]

    def coming(self) -> list[Booked]:
        """Who is booked, from today on."""
        return view.coming(self.desk.read, self.scope, self.today)

    def of_code(self, code: str) -> Booked:
        """Today's appointment of a code. Raises HallError `queue.appointment.no_code`."""
        found = view.by_code(self.desk.read, self.scope, self.today, code.strip())
        if found is None:
            raise HallError("queue.appointment.no_code")
        return found

    async def book(self, matter: str, day: str, minute: int, phone: str, holder: str) -> Booked:
        """A seat for somebody. Raises HallError `refusal.…`."""
        id = self.desk.new_id()
        args = verbs.Book(
            matter=matter, day=day, minute=minute, phone=phone.strip(), holder=holder.strip() or None, channel="window"
        )
        await self.desk.ask(args, id=id, scope=self.scope)
        found = next((each for each in self.coming() if each.id == id), None)
        if found is None:
            raise HallError("sync.no_answer")
        return found

    async def check_in(self, appointment: str) -> tuple[str, bool]:
        """(number of the ticket that it became, whether its holder was in time). Raises HallError `refusal.…`."""
        await self.desk.ask(verbs.CheckIn(desk=self.desk.window), id=appointment, scope=self.scope)
        ticket = self.desk.row("ticket", ticket_id(appointment))
        if ticket is None or ticket.number is None:
            raise HallError("sync.no_answer")
        return str(ticket.number), ticket.priority == Priority.APPOINTMENT

    async def cancel(self, appointment: str) -> None:
        """Its seat is free again. Raises HallError `refusal.…`."""
        await self.desk.ask(verbs.CancelAppointment(), id=appointment, scope=self.scope)
