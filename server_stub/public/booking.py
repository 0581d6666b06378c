"""Appointments on a phone: what can be booked, and what became of what was.

matter ─▶ day ─▶ half hour, telephone ─book─▶ the appointment's own page: code, when to come, check-in, cancel
"""

from __future__ import annotations

import secrets
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server_stub.public import token
from server_stub.public.queue import Errand, errand
from server_stub.public.rating import first, typed
from server_stub.public.store import PublicStore, one
from sync.calendar import day_of
from sync.protocol.identifiers import scope_of
from sync.protocol.messages import Result
from sync.protocol.verbs import appointment as verbs
from sync.records.states import AppointmentState
from sync.rules.policy import serves
from sync.slots import begins_at, clock_of, days_from, minutes_of

APPOINTMENT, BOOK = "appointment", "book"
"""What a token is for: the page of an appointment; a form that was not sent yet."""
_SETTINGS = ("always_open", "open_hours", "appointment_days")


@dataclass(frozen=True, slots=True)
class HalfHour:
    """`minute` of the day, as in 09:30, and how many seats are free."""

    minute: int
    clock: str
    free: int


@dataclass(frozen=True, slots=True)
class BookForm:
    """What was filled in; `id` is the appointment that it would make, sealed."""

    matter: str = ""
    day: str = ""
    minute: int = -1
    holder: str = ""
    phone: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class BookPage:
    """The matters that windows here serve; of the chosen one what to bring, the days, and the half hours of the chosen
    day."""

    place: str
    matters: Sequence[tuple[str, str]]
    matter: Errand | None
    days: Sequence[str]
    slots: Sequence[HalfHour]
    form: BookForm


@dataclass(frozen=True, slots=True)
class AppointmentPage:
    """`may` is what its holder can do now: check_in, late (an ordinary ticket), cancel. `floors`: where windows that
    serve the matter are."""

    state: str
    code: str | None
    day: str
    begins: str
    ends: str
    early: int  # minutes before
    late: int  # minutes after
    matter: Errand
    site: str
    floors: Sequence[str]
    may: frozenset[str]
    ticket: str | None  # token
    scope: str
    today: bool


async def queue_of(store: PublicStore, site: str | None) -> tuple[str, str] | None:
    """(scope, name) of the hall's queue or a site's; None for an unknown site."""
    if site is None:
        hall = await one(store, "hall", store.hall)
        return scope_of(store.hall, "queue"), (hall.name if hall else "")
    place = await one(store, "site", site)
    return (place.queue_scope, place.name) if place is not None and place.queue_scope else None


async def book_page(store: PublicStore, scope: str, place: str, form: BookForm) -> BookPage:
    """What can be booked in a queue, as far as was chosen."""
    settings = {name: store.setting(name) for name in _SETTINGS}
    windows = await store.read("window", queue_scope=scope)
    policy = {"queue_policy": store.setting("queue_policy")}
    every = [row for row in await store.read("matter") if row.active]
    matters = [row for row in every if any(serves(window, row.prefix, policy) for window in windows)]
    chosen = next((row for row in matters if row.id == form.matter), None)
    names = sorted(((row.id, row.name) for row in matters), key=lambda each: each[1])
    if chosen is None or not store.setting("appointment_seats"):
        return BookPage(place, names if store.setting("appointment_seats") else (), None, (), (), form)
    now = store.clock.now()
    days = days_from(day_of(now), store.calendar, settings)
    day = form.day if form.day in days else next(iter(days), "")
    slots: list[HalfHour] = []
    if day:
        taken = Counter(
            row.minute
            for row in await store.read("appointment", scope=scope, day=day, prefix=chosen.prefix)
            if row.seat is not None
        )
        for minute in minutes_of(day, store.calendar, settings):
            if begins_at(day, minute) > now:
                free = max(0, store.setting("appointment_seats") - taken[minute])
                slots.append(HalfHour(minute, clock_of(minute), free))
    sealed = token.make(store.secret, BOOK, secrets.token_hex(16))
    filled = BookForm(chosen.id, day, form.minute, form.holder, form.phone, sealed)
    return BookPage(place, names, await errand(store, chosen.id), days, slots, filled)


def book_form(posted: Mapping[str, Sequence[str]]) -> BookForm:
    """What a form says; full-width digits of a telephone are plain ones, blanks and dashes nothing."""
    minute = first(posted, "minute")
    phone = unicodedata.normalize("NFKC", first(posted, "phone"))
    return BookForm(
        matter=first(posted, "m"),
        day=first(posted, "day"),
        minute=int(minute) if minute.isascii() and minute.isdigit() and len(minute) < 5 else -1,
        holder=" ".join(typed(first(posted, "holder")).split())[:40],
        phone="".join(sign for sign in phone if sign not in " -()")[:40],
        id=first(posted, "id"),
    )


async def book(store: PublicStore, scope: str, id: str, form: BookForm) -> Result:
    """A seat; the same form sent again is the same seat."""
    args = verbs.Book(
        matter=form.matter,
        day=form.day,
        minute=form.minute,
        holder=form.holder or None,
        phone=form.phone,
        channel="phone",
    )
    return await store.submit(args, id, scope)


async def appointment_page(store: PublicStore, id: str) -> AppointmentPage | None:
    """The page of an appointment, None where there is none."""
    found = await one(store, "appointment", id)
    if found is None:
        return None
    now, sites = store.clock.now(), await store.read("site", queue_scope=found.scope)
    early, late = store.setting("appointment_early"), store.setting("appointment_late")
    starts_at = found.starts_at or 0
    today = found.day == day_of(now)
    may: set[str] = set()
    if found.state == AppointmentState.BOOKED and now < starts_at:
        may.add("cancel")
    if today and found.state in (AppointmentState.BOOKED, AppointmentState.MISSED) and now >= starts_at - early:
        in_time = found.state == AppointmentState.BOOKED and now < starts_at + late
        may.add("check_in" if in_time else "late")
    return AppointmentPage(
        state=str(found.state),
        code=found.code,
        day=found.day,
        begins=clock_of(found.minute),
        ends=clock_of(found.minute + 30),
        early=early // 60_000,
        late=late // 60_000,
        matter=await errand(store, found.matter),
        site=sites[0].name if sites else "",
        floors=await _floors(store, found.scope, found.prefix),
        may=frozenset(may),
        ticket=token.make(store.secret, token.TICKET, found.ticket) if found.ticket else None,
        scope=found.scope,
        today=today,
    )


async def _floors(store: PublicStore, scope: str, prefix: str) -> list[str]:
    windows = await store.read("window", queue_scope=scope)
    return sorted({each.place for each in windows if each.place and (not each.skills or prefix in each.skills)})


async def check_in(store: PublicStore, id: str, scope: str) -> Result:
    """Its holder is there. Said only while the page offers it: an answer stands, and a refusal would too."""
    return await store.submit(verbs.CheckIn(), id, scope)


async def cancel(store: PublicStore, id: str, scope: str) -> Result:
    """Its holder does not come."""
    return await store.submit(verbs.CancelAppointment(), id, scope)


def path_of(store: PublicStore, id: str) -> str:
    """The address of an appointment's page."""
    return f"/a/{token.make(store.secret, APPOINTMENT, id)}"


OF_THE_NUMBER = frozenset({"slot_full", "appointment_exists", "appointment_many", "appointment_barred"})
"""Refusals with one sentence for all: apart, they would tell anybody whether a telephone has an appointment."""


def wrong_of(result: Result) -> tuple[str, dict[str, Any]]:
    """The catalogue's key for why a seat was not given, and what fills it in."""
    code = str(result.code)
    if code == "bad_value":
        field = str(result.params.get("field"))
        return (f"book_wrong_{field}" if field in ("phone", "holder") else "wrong_busy"), {}
    if code in OF_THE_NUMBER:
        return "book_wrong_not_given", {}
    return ("book_wrong_not_offered" if code == "not_offered" else "wrong_busy"), {}
