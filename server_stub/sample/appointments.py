"""Appointments of a morning, booked the day before: one missed, one that waits, one to report now, some to come.

    half hour long past, nobody came ─▶ missed, by time itself
    reported                         ─▶ a ticket in its half hour's place, among those who wait
    the next half hour               ─▶ its code can be typed at a terminal, or its page opened, from now on
    tomorrow and after               ─▶ on the desk's list; one was given up, and its seat is free again

Very early in the day there is no half hour that was booked before it began: then nobody came by appointment.
"""

from __future__ import annotations

from typing import Final

from server_stub.sample.hall import queue
from server_stub.sample.matters import BY_ID, SampleMatter
from server_stub.sample.play import Script
from server_stub.sample.visitors import phone, visitor
from sync.calendar import DAY_MS, MINUTE_MS, day_of, start_of_day_ms
from sync.protocol.verbs import appointment as verbs
from sync.slots import SLOT_MINUTES

HALF_HOUR: Final = SLOT_MINUTES * MINUTE_MS
IN_TIME: Final = 14 * MINUTE_MS
"""So long after its half hour began somebody still reports in time."""
TO_COME: Final = (("b01", 1, 9 * 60 + 30), ("c05", 1, 14 * 60), ("e03", 2, 10 * 60), ("a05", 2, 10 * 60))
"""Matter, days from today, minute of that day."""
GIVEN_UP: Final = ("d05", 2, 15 * 60)
BOOKER: Final = "0304"
"""The clerk who books for who telephones."""


def report(script: Script, matter: SampleMatter, at: int, booked_at: int) -> bool:
    """Somebody with an appointment reports about `at`, in time; False where none could have been booked for then."""
    midnight = start_of_day_ms(day_of(at))
    begins = midnight + (at - midnight + HALF_HOUR // 2) // HALF_HOUR * HALF_HOUR
    if begins >= midnight + DAY_MS:  # the day's last minutes
        begins -= HALF_HOUR
        at = min(at, begins + IN_TIME)
    if begins <= booked_at:
        return False
    id = _book(script, "reported", matter, begins, booked_at)
    script.citizen(at, verbs.CheckIn(), id=id, scope=queue())
    return True


def write_appointments(script: Script, now: int, booked_at: int) -> None:
    """All the others, as they stand at `now`."""
    midnight = start_of_day_ms(day_of(now))
    past = (now - 46 * MINUTE_MS) // HALF_HOUR * HALF_HOUR
    if past > max(booked_at, midnight):
        _book(script, "missed", BY_ID["b04"], past, booked_at)
    _book(script, "next", BY_ID["a03"], now // HALF_HOUR * HALF_HOUR + HALF_HOUR, booked_at)
    for name, days, minute in TO_COME:
        by = BOOKER if name == TO_COME[0][0] else ""
        _book(script, f"{name}/{days}", BY_ID[name], midnight + days * DAY_MS + minute * MINUTE_MS, booked_at, by)
    name, days, minute = GIVEN_UP
    id = _book(script, "given up", BY_ID[name], midnight + days * DAY_MS + minute * MINUTE_MS, booked_at)
    script.citizen(booked_at + 1, verbs.CancelAppointment(), id=id, scope=queue())


def _book(script: Script, key: str, matter: SampleMatter, begins: int, at: int, by: str = "") -> str:
    """A seat, from a telephone's page or, with `by`, at the desk; its id."""
    id, day = script.id("appointment", key), day_of(begins)
    args = verbs.Book(
        matter=matter.id,
        day=day,
        minute=(begins - start_of_day_ms(day)) // MINUTE_MS,
        phone=phone(script, f"appointment/{key}"),
        holder=visitor(script, matter.form, f"appointment/{key}"),
        channel="window" if by else "phone",
    )
    if by:
        script.say(at, by, args, id=id, scope=queue())
    else:
        script.citizen(at, args, id=id, scope=queue())
    return id
