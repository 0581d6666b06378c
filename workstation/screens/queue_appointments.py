"""Screen 1, Ctrl+R: appointments at the desk – check in by code, book for who telephones, the list of who is booked.

code ─▶ the ticket's number          book: matter ─▶ day ─▶ half hour ─▶ telephone, name ─▶ the code, to be read out
list ─Enter─▶ check in | cancel
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from workstation.locale import say
from workstation.screens.queue_issue import pick_matter
from workstation.services.appointments import AppointmentService
from workstation.weekday import with_weekday
from workstation.widgets.dialog import Ask, Pick, Tell
from workstation.widgets.rows import Row
from workstation.widgets.table_dialog import TableDialog
from workstation.widgets.window_table import Column

if TYPE_CHECKING:
    from workstation.screens.queue import QueueScreen
    from workstation.views.appointment import Booked

SLOTS: Final = (
    Column("time", "queue.appointment.col.time", 8),
    Column("free", "queue.appointment.col.free", 8, align="right"),
)
BOOKED: Final = (
    Column("day", "queue.appointment.col.day", 10),
    Column("time", "queue.appointment.col.time", 6),
    Column("matter", "queue.col.matter", 14, flexible=True),
    Column("holder", "queue.col.holder", 8, priority=2),
    Column("code", "queue.appointment.col.code", 6),
    Column("state", "queue.appointment.col.state", 8),
)
CODE_DIGITS = 6


async def appointments(screen: QueueScreen) -> None:
    """Ask what, and do it."""
    service: AppointmentService = screen.hall.services.appointments
    options = [(each, say(f"queue.appointment.{each}")) for each in ("check_in", "book", "list")]
    chosen = await screen.ask(Pick(say("queue.appointments"), options))
    if chosen == "check_in":
        title = say("queue.appointment.check_in")
        code = await screen.ask(Ask(title, say("queue.appointment.code"), limit=CODE_DIGITS, digits=True))
        if code:
            await _check_in(screen, service, service.of_code(code).id)
    elif chosen == "book":
        await _book(screen, service)
    elif chosen == "list":
        await _list(screen, service)


async def _check_in(screen: QueueScreen, service: AppointmentService, appointment: str) -> None:
    screen.hint("queue.asking", tone="dim")
    number, in_time = await service.check_in(appointment)
    screen.reread()
    if in_time:
        screen.hint("queue.appointment.checked_in", tone="good", number=number)
    else:
        screen.hint("queue.appointment.was_late", tone="warn", number=number)


async def _book(screen: QueueScreen, service: AppointmentService) -> None:
    title = say("queue.appointment.book")
    if not service.seats:
        screen.hint("queue.appointment.none")
        return
    matter = await pick_matter(screen, title)
    if not matter:
        return
    days = await asyncio.to_thread(service.days)
    day = await screen.ask(Pick(title, [(each, with_weekday(each)) for each in days[:9]])) if days else None
    if day is None:
        if not days:
            screen.hint("queue.appointment.none")
        return
    slots = await asyncio.to_thread(service.slots, matter, day)
    rows = [Row(minute, (clock, str(free))) for minute, clock, free in slots]
    slot = await screen.ask(
        TableDialog(f"{title} {with_weekday(day)}", SLOTS, rows, empty="queue.appointment.day_full")
    )
    if slot is None:
        return
    phone = await screen.ask(Ask(title, say("queue.appointment.phone"), limit=16, digits=True))
    if not phone:
        return
    holder = await screen.ask(Ask(title, say("queue.appointment.holder"), limit=40))
    if holder is None:
        return
    screen.hint("queue.asking", tone="dim")
    booked = await service.book(matter, day, int(str(slot.key)), phone, holder)
    screen.hint("queue.appointment.booked", tone="good", day=booked.day, time=booked.clock)
    await screen.ask(Tell(title, _told(booked)))


def _told(booked: Booked) -> list[str]:
    """What is read out to whoever telephones."""
    return [
        booked.matter_name,
        f"{with_weekday(booked.day)} {booked.clock}",
        say("queue.appointment.tell_code", code=booked.code),
        say("queue.appointment.tell_when"),
    ]


async def _list(screen: QueueScreen, service: AppointmentService) -> None:
    title = say("queue.appointment.list")
    found = {each.id: each for each in await asyncio.to_thread(service.coming)}
    rows = [Row(each.id, _cells(each)) for each in found.values()]
    row = await screen.ask(TableDialog(title, BOOKED, rows, empty="queue.appointment.nobody"))
    if row is None:
        return
    booked = found[str(row.key)]
    steps = [(each, say(f"queue.appointment.{each}")) for each in ("check_in", "cancel")]
    step = await screen.ask(Pick(f"{booked.day} {booked.clock} {booked.matter_name}", steps))
    if step == "check_in":
        await _check_in(screen, service, booked.id)
    elif step == "cancel":
        screen.hint("queue.asking", tone="dim")
        await service.cancel(booked.id)
        screen.hint("queue.appointment.cancelled", tone="good", day=booked.day, time=booked.clock)


def _cells(each: Booked) -> tuple[str, ...]:
    state = say(f"queue.appointment.state.{each.state}")
    return each.day, each.clock, each.matter_name, each.holder, each.code, state
