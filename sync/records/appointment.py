"""预约: a seat in a half hour of one group of matters; scope `hall:queue[/site]`, its holder's telephone beside it.

appointment   hall:queue      the seat, the code at the terminal, the ticket that it became
booking       hall:callback   whose it is: one open a telephone and matter, and how often nobody came
"""

from __future__ import annotations

from sync.records.base import Field, Record, moment, personal, unique


class Appointment(Record, table=True):
    """预约. A group is the letter of its matters' tickets; `seat` counts from 1 and is given up by a cancellation."""

    __tablename__ = "appointment"
    __table_args__ = (
        unique("appointment_seat", "scope", "day", "prefix", "minute", "seat", where="seat IS NOT NULL"),
        unique("appointment_code", "scope", "day", "code", where="code IS NOT NULL"),
    )

    day: str = Field(index=True)
    minute: int  # of the hall's day, at which the half hour begins
    starts_at: int | None = moment()
    prefix: str
    matter: str
    seat: int | None = None
    code: str | None = None  # six digits, of this queue and day
    holder: str | None = personal("appointment_name_days")
    state: str = Field(index=True)
    channel: str  # phone | window
    booked_at: int | None = moment()
    ended_at: int | None = moment()
    ticket: str | None = Field(default=None, index=True)


class Booking(Record, table=True):
    """Who booked; the id is the appointment's."""

    __tablename__ = "booking"
    __table_args__ = (unique("booking_open", "phone", "matter", where="open"),)

    phone: str = personal("appointment_misses_days", needed=True, index=True)
    matter: str
    open: bool = True
    missed_at: int | None = moment()  # nobody came
