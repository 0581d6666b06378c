"""预约: a seat in a half hour, a code, and at last a ticket.

    book ─▶ booked ──check_in──▶ checked_in   a ticket of the class appointment, in the queue from its half hour on
              ├──cancel──▶ cancelled          the seat is free again
              └──lapse───▶ missed ──check_in, the same day──▶ late     an ordinary ticket

    booking: made by book, gone with cancel and check_in, and with a second lapse once the miss counts no more

Seats are rows under a unique index, so no half hour is overbooked whatever is said at once. Whose an appointment is
lies in the scope `callback`: one open a telephone and matter; who did not come too often books no more for a while.
Coming early wins nothing: until its half hour begins, the ticket is called only where nobody else waits.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from sync.calendar import DAY_MS, day_of
from sync.protocol.identifiers import class_of, derived, hall_of, scope_of
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import appointment as verbs
from sync.records.states import AppointmentState as S
from sync.records.states import Priority, Role, TicketState
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine
from sync.rules.ticket.close import close_later
from sync.rules.ticket.issue import next_number
from sync.slots import begins_at, days_from, minutes_of

if TYPE_CHECKING:
    from sync.records.appointment import Appointment, Booking
    from sync.records.matter import Matter

MACHINE = Machine(
    "appointment",
    {
        "check_in": {S.BOOKED: S.CHECKED_IN, S.MISSED: S.LATE},
        "cancel": {S.BOOKED: S.CANCELLED},
        "lapse": {S.BOOKED: S.MISSED},
    },
)
BY_STAFF = frozenset({Role.CLERK, Role.DUTY, Role.GRID})
CODE_DIGITS = 6
HOLDER_MOST = 40
_PHONE = re.compile(r"\+?[0-9]{7,15}")


def _callback(op: Operation[Any]) -> str:
    return scope_of(hall_of(op.scope), "callback")


def _scopes(op: Operation[Any]) -> tuple[str, ...]:
    return (op.scope, _callback(op))


def ticket_id(appointment: str) -> str:
    """The ticket that an appointment becomes."""
    return derived("appointment", appointment)


def _read_for_book(op: Operation[verbs.Book]) -> tuple[Read, ...]:
    return (
        Key("appointment", op.id),
        Key("booking", op.id, _callback(op)),
        Key("matter", op.args.matter, scope_of(hall_of(op.scope), "base")),
        match("appointment", scope=op.scope, day=op.args.day),
        match("booking", in_scope=_callback(op), phone=op.args.phone),
    )


@rule(verbs.Book, GUARD, BY_STAFF | {Role.CITIZEN}, reads=_read_for_book, scopes=_scopes, exclusive=True)
def book(op: Operation[verbs.Book], facts: Facts) -> Effects:
    """Refused `exists`, `not_found` (matter), `inactive`, `bad_value` (phone, holder, channel), `wrong_scope`,
    `not_offered` (no such half hour, or it has begun), `slot_full`, `appointment_exists`, `appointment_many`,
    `appointment_barred`."""
    args = op.args
    if class_of(op.scope) != "queue":
        raise Refused("wrong_scope", table="appointment", id=op.id)
    facts.absent("appointment", op.id)
    facts.absent("booking", op.id)
    matter: Matter = facts.need("matter", args.matter)
    if not matter.active:
        raise Refused("inactive", table="matter", id=matter.id)
    wrong = (
        ("phone", _PHONE.fullmatch(args.phone) is None),
        ("holder", args.holder is not None and not 0 < len(args.holder.strip()) <= HOLDER_MOST),
        ("channel", args.channel not in ("phone", "window")),
    )
    for field, is_wrong in wrong:
        if is_wrong:
            raise Refused("bad_value", field=field)
    starts_at = _offered(args.day, args.minute, facts)
    _may_book(facts.match("booking", phone=args.phone), matter.id, facts)
    of_day: list[Appointment] = list(facts.match("appointment", scope=op.scope, day=args.day))
    seat = _free_seat([a for a in of_day if (a.prefix, a.minute) == (matter.prefix, args.minute)], facts)
    effects = Effects().put(
        "appointment",
        op.id,
        day=args.day,
        minute=args.minute,
        starts_at=starts_at,
        prefix=matter.prefix,
        matter=matter.id,
        seat=seat,
        code=_code(op.id, {a.code for a in of_day}),
        holder=args.holder.strip() if args.holder else None,
        state=S.BOOKED,
        channel=args.channel,
        booked_at=facts.received,
    )
    effects.put("booking", op.id, scope=_callback(op), phone=args.phone, matter=matter.id, open=True)
    return effects.later(starts_at + facts.setting("appointment_late"), kind_of(verbs.LapseAppointment), op.id)


def _offered(day: str, minute: int, facts: Facts) -> int:
    """When the half hour begins; refused `not_offered` where there is none, or it is past."""
    if day not in days_from(day_of(facts.received), facts.calendar, facts.settings):
        raise Refused("not_offered", day=day)
    if minute not in minutes_of(day, facts.calendar, facts.settings):
        raise Refused("not_offered", day=day)
    starts_at = begins_at(day, minute)
    if starts_at <= facts.received:
        raise Refused("not_offered", day=day)
    return starts_at


def _may_book(bookings: Any, matter: str, facts: Facts) -> None:
    """One open a person and matter, not too many at a time, and not too often in vain."""
    held = [each.matter for each in bookings if each.open]
    if matter in held:
        raise Refused("appointment_exists", matter=matter)
    if len(held) >= facts.setting("appointment_open"):
        raise Refused("appointment_many", most=len(held))
    most, kept = facts.setting("appointment_misses"), facts.setting("appointment_misses_days") * DAY_MS
    missed = sorted(each.missed_at for each in bookings if (each.missed_at or 0) > facts.received - kept)
    if most and len(missed) >= most:
        raise Refused("appointment_barred", until=missed[-most] + kept)


def _free_seat(taken: list[Appointment], facts: Facts) -> int:
    seats = {each.seat for each in taken if each.seat is not None}
    most: int = facts.setting("appointment_seats")
    seat = next((n for n in range(1, most + 1) if n not in seats), None)
    if seat is None or len(seats) >= most:
        raise Refused("slot_full")
    return seat


def _code(id: str, taken: set[str | None]) -> str:
    """Six digits that nobody else has on this day, the same for the same appointment."""
    codes = (f"{int(derived('code', id, turn), 16) % 10**CODE_DIGITS:0{CODE_DIGITS}d}" for turn in count())
    return next(code for code in codes if code not in taken)


def _reads(op: Operation[Any]) -> tuple[Read, ...]:
    return (Key("appointment", op.id), Key("booking", op.id, _callback(op)))


def _of(op: Operation[Any], facts: Facts) -> Appointment:
    found: Appointment = facts.need("appointment", op.id)
    if found.scope != op.scope:
        raise Refused("not_found", table="appointment", id=op.id)
    return found


@rule(verbs.CancelAppointment, GUARD, BY_STAFF | {Role.CITIZEN}, reads=_reads, scopes=_scopes, exclusive=True)
def cancel(op: Operation[verbs.CancelAppointment], facts: Facts) -> Effects:
    """The seat is free again. Refused `state`, `appointment_begun` once the half hour has begun."""
    found = _of(op, facts)
    after = MACHINE.after(found, "cancel")
    if facts.received >= (found.starts_at or 0):
        raise Refused("appointment_begun")
    effects = Effects().put("appointment", op.id, state=after, seat=None, code=None, ended_at=facts.received)
    return _forget(effects, op, facts)


def _forget(effects: Effects, op: Operation[Any], facts: Facts) -> Effects:
    """Whose it was is kept for no longer than it is asked for."""
    if facts.get("booking", op.id) is not None:
        effects.delete("booking", op.id, scope=_callback(op))
    return effects


@rule(verbs.LapseAppointment, GUARD, {Role.CLOCK}, reads=_reads, scopes=_scopes)
def lapse(op: Operation[verbs.LapseAppointment], facts: Facts) -> Effects:
    """Nobody came; it counts against whoever booked, until it is said again once that is over. Refused `state`,
    `not_due`."""
    found = _of(op, facts)
    booking: Booking | None = facts.get("booking", op.id)
    if found.state == S.MISSED and booking is not None:
        until = (booking.missed_at or 0) + facts.setting("appointment_misses_days") * DAY_MS
        return _forget(Effects(), op, facts) if facts.now >= until else _forget_later(Effects(), op, until)
    after = MACHINE.after(found, "lapse")
    if facts.now < (found.starts_at or 0):
        raise Refused("not_due", at=found.starts_at)
    effects = Effects().put("appointment", op.id, state=after, ended_at=facts.now)
    effects.put("booking", op.id, scope=_callback(op), open=False, missed_at=facts.now)
    return _forget_later(effects, op, facts.now + facts.setting("appointment_misses_days") * DAY_MS)


def _forget_later(effects: Effects, op: Operation[Any], at: int) -> Effects:
    return effects.later(at, kind_of(verbs.LapseAppointment), op.id)


def _read_for_check_in(op: Operation[verbs.CheckIn]) -> tuple[Read, ...]:
    ticket = ticket_id(op.id)
    return (
        *_reads(op),
        Key("ticket", ticket),
        Key("contact", ticket, _callback(op)),
        match("site", in_scope=scope_of(hall_of(op.scope), "base"), queue_scope=op.scope),
        match("number_series", scope=op.scope),
    )


@rule(
    verbs.CheckIn,
    GUARD,
    BY_STAFF | {Role.CITIZEN, Role.KIOSK},
    reads=_read_for_check_in,
    scopes=_scopes,
    exclusive=True,
)
def check_in(op: Operation[verbs.CheckIn], facts: Facts) -> Effects:
    """The ticket: in its half hour's place where its holder is in time, else an ordinary one of the same day.

    Refused `state`, `too_early` naming until when, `appointment_day`.
    """
    found = _of(op, facts)
    after, ticket = MACHINE.after(found, "check_in"), ticket_id(op.id)
    facts.absent("ticket", ticket)
    starts_at, received = found.starts_at or 0, facts.received
    if found.day != day_of(received):
        raise Refused("appointment_day", day=found.day)
    if received < starts_at - facts.setting("appointment_early"):
        raise Refused("too_early", until=starts_at - facts.setting("appointment_early"))
    in_time = found.state == S.BOOKED and received < starts_at + facts.setting("appointment_late")
    if not in_time:
        after = S.LATE
    effects = Effects()
    day, number = next_number(effects, op, facts, found.day, found.prefix)
    sites = facts.match("site", queue_scope=op.scope)
    effects.put(
        "ticket",
        ticket,
        number=number,
        day=day,
        matter=found.matter,
        prefix=found.prefix,
        holder=found.holder,
        priority=Priority.APPOINTMENT if in_time else Priority.NONE,
        state=TicketState.WAITING,
        site=sites[0].id if sites else "",
        desk=op.args.desk,
        issued_at=received,
        arrived_at=starts_at if in_time else received,
    )
    booking: Booking | None = facts.get("booking", op.id)
    if booking is not None:
        _forget(effects, op, facts)
        effects.put("contact", ticket, scope=_callback(op), holder=found.holder, phone=booking.phone, at=received)
    effects.put("appointment", op.id, state=after, ticket=ticket, ended_at=received)
    close_later(effects, op, facts)
    return effects
