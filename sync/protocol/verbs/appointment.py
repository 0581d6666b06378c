"""Verbs on appointments; `id` is the appointment."""

from __future__ import annotations

from sync.protocol.operation import Args, Count, kind


@kind("appointment.book@1")
class Book(Args, frozen=True, kw_only=True):
    """Take a seat in the half hour that begins at `minute` of `day`; the centre alone knows what is free."""

    matter: str
    day: str
    minute: Count
    holder: str | None = None
    phone: str
    channel: str = "phone"


@kind("appointment.cancel@1")
class CancelAppointment(Args, frozen=True, kw_only=True):
    """Give the seat up."""


@kind("appointment.check_in@1")
class CheckIn(Args, frozen=True, kw_only=True):
    """The person is there: a ticket of the centre's; `desk` the window where it is given out."""

    desk: str | None = None


@kind("appointment.lapse@1")
class LapseAppointment(Args, frozen=True, kw_only=True):
    """By the clock: nobody came."""
