"""The queue as citizens see it: one's own ticket, the small screen at a window, the hall's display. No names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server_stub.public import screens, token
from server_stub.public.progress import address_of
from server_stub.public.standing import standing
from server_stub.public.store import PublicStore, one
from sync.calendar import day_of, start_of_day_ms
from sync.protocol.identifiers import scope_of
from sync.protocol.messages import Result
from sync.protocol.verbs.ticket import Cancel
from sync.records.states import InviteState, TicketState
from sync.rules.policy import order
from sync.waits import minutes_of
from sync.window_name import window_name

CALLED = (TicketState.CALLED, TicketState.RECALLED)
MOVING = (*CALLED, TicketState.ISSUED, TicketState.WAITING, TicketState.SERVING, TicketState.HELD, TicketState.MISSED)
MINUTE_MS = 60_000
DISPLAYED = 8
"""Lines of the hall's display, so many as fit its height."""
SAID = 80
"""Announcements that its page knows, so that none goes unsaid however many come between two readings."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A matter of the visit, and what to bring for it: (paper, whether it must be there)."""

    name: str
    bring: Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A ticket; `ahead` counts those who will be called before, None once it does not wait; `minutes` from and to is
    what the wait should be, None where no open window takes it. `errands`: the matter in hand and those that follow."""

    number: str | None
    state: str
    errands: Sequence[Errand]
    window: str | None
    ahead: int | None
    minutes: tuple[int, int] | None
    windows: Sequence[str]  # where it may be called to
    site: str
    ratings: Sequence[str]  # tokens of the invitations that are open
    rated: bool
    scope: str
    code: str = ""  # for rating at a terminal, while there is something to rate or will be
    progress: str = ""  # the path of its case's page; empty where it has none

    @property
    def moves(self) -> bool:
        """Whether the page is worth reading again soon."""
        return self.state in MOVING

    @property
    def may_go(self) -> bool:
        """Whether its holder may still give it up."""
        return self.state in (TicketState.WAITING, *CALLED)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the small screen offers for a while after a service."""

    number: str | None
    rating: str


@dataclass(frozen=True, slots=True)
class GivenOut:
    """A ticket that was just given out at this window, for its holder to take along on a telephone."""

    number: str
    ticket: str  # token


@dataclass(frozen=True, slots=True)
class WindowPage:
    """The small screen: who is called or served, and whose rating is asked for or who was just given a ticket."""

    address: str  # its own token: who rates at the screen itself comes back to it
    label: str
    number: str | None
    state: str  # called | serving | free | paused | closed
    following: Sequence[str]  # the person's further matters
    scopes: Sequence[str]
    invitation: Invitation | None
    given: GivenOut | None


@dataclass(frozen=True, slots=True)
class Announced:
    """One line of the hall's display; `open` until its person has come, or was given up."""

    id: str
    ticket: str
    number: str | None
    window: str
    again: bool
    at: int
    open: bool
    place: str = ""


async def ticket_page(store: PublicStore, id: str) -> TicketPage | None:
    """The page of a ticket, None where there is no such ticket."""
    ticket = await one(store, "ticket", id)
    if ticket is None:
        return None
    site = await one(store, "site", ticket.site)
    waits = await _place(store, ticket) if ticket.state == TicketState.WAITING else None
    if waits is None and ticket.state == TicketState.WAITING:  # it was called while its place was looked up
        ticket = await one(store, "ticket", id) or ticket
    window = await one(store, "window", ticket.window)
    ratings, rated = [], False
    for link in await store.read("invite_link", ticket=id):
        invite = await one(store, "invite", link.id)
        if invite is not None and is_open(invite, store.clock.now()):
            ratings.append(token.make(store.secret, token.RATING, link.id))
        rated = rated or (invite is not None and invite.state == InviteState.RATED)
    return TicketPage(
        number=ticket.number,
        state=str(ticket.state),
        errands=[await errand(store, id) for id in (ticket.matter, *(each["matter"] for each in ticket.more or ()))],
        window=window_name(window.label, window.place) if window else None,
        ahead=waits.ahead if waits else None,
        minutes=waits.minutes if waits else None,
        windows=waits.windows if waits else (),
        site=site.name if site else "",
        ratings=ratings,
        rated=rated,
        scope=ticket.scope,
        code=token.code_of(store.secret, id) if ratings or ticket.state in MOVING else "",
        progress=await address_of(store, ticket.case),
    )


async def give_up(store: PublicStore, id: str, scope: str) -> Result:
    """The ticket is cancelled by its own holder."""
    return await store.submit(Cancel(reason="left"), id, scope)


async def errand(store: PublicStore, id: str) -> Errand:
    """A matter's name and what to bring for it."""
    matter = await one(store, "matter", id)
    if matter is None:
        return Errand("", ())
    return Errand(matter.name, [(str(each["name"]), bool(each.get("required"))) for each in matter.materials or ()])


@dataclass(frozen=True, slots=True)
class _Place:
    ahead: int
    minutes: tuple[int, int] | None
    windows: Sequence[str]


async def _place(store: PublicStore, ticket: Any) -> _Place | None:
    """Where a waiting ticket stands, by the very policy that the windows call by; None once it does not wait."""
    queue = await standing(store, ticket.scope, ticket.day)
    found, labels = queue.places.get(ticket.id), queue.labels(ticket)
    if found is None:
        in_order = order(queue.waiting, queue.now, queue.settings)
        before = [row.id for row in in_order if row.prefix == ticket.prefix]
        return _Place(before.index(ticket.id), None, labels) if ticket.id in before else None
    return _Place(found.ahead, minutes_of(found), labels)


def is_open(invite: Any, now: int) -> bool:
    """Whether an invitation can still be answered."""
    return bool(invite.state == InviteState.OPEN and (invite.lapses_at is None or now < invite.lapses_at))


async def window_page(store: PublicStore, address: str) -> WindowPage | None:
    """The small screen at an address, None where there is no such window or the address is not its own."""
    id = screens.window_at(store, address)
    window = await one(store, "window", id)
    if id is None or window is None:
        return None
    sessions = await store.read("window_session", window=id, closed_at=None)
    session = sessions[0] if sessions else None
    ticket = await one(store, "ticket", session.ticket) if session else None
    if ticket is not None:
        state = "called" if ticket.state in CALLED else "serving"
    else:
        state = {"open": "free", "paused": "paused"}.get(session.state, "closed") if session else "closed"
    number = ticket.number if ticket is not None else None
    following = [(await errand(store, each["matter"])).name for each in (ticket.more or () if ticket else ())]
    scopes = (window.queue_scope, scope_of(store.hall, "rating"))
    given = await _given_out(store, id)
    invitation = None if given is not None else await _invitation(store, id)
    return WindowPage(address, window_name(window.label), number, state, following, scopes, invitation, given)


async def _given_out(store: PublicStore, window: str) -> GivenOut | None:
    """The newest ticket given out at this window, for as long as an invitation to rate would stand there."""
    now = store.clock.now()
    newest = await store.read("ticket", newest="issued_at", limit=1, day=day_of(now), desk=window)
    if not newest or newest[0].number is None or newest[0].state != TicketState.WAITING:
        return None
    if not 0 <= now - (newest[0].issued_at or 0) < store.setting("small_screen_invite"):
        return None
    return GivenOut(newest[0].number, token.make(store.secret, token.TICKET, newest[0].id))


async def _invitation(store: PublicStore, window: str) -> Invitation | None:
    """The newest invitation of this window that is open and younger than the hall's setting."""
    now = store.clock.now()
    newest = await store.read("invite", newest="opened_at", limit=1, window=window, state=str(InviteState.OPEN))
    if not newest or not is_open(newest[0], now):
        return None
    invite = newest[0]
    if not 0 <= now - (invite.opened_at or 0) < store.setting("small_screen_invite"):
        return None
    link = await one(store, "invite_link", invite.id)
    return Invitation(link.number if link else None, token.make(store.secret, token.RATING, invite.id))


async def display(store: PublicStore, site: str | None) -> tuple[str, str, Sequence[Announced]] | None:
    """The name over the display, its queue's scope and today's newest announcements, newest first, more than it has
    lines for; None for an unknown site. Whoever waits again – the call was taken back, or sent them on – is called
    nowhere."""
    scope = scope_of(store.hall, "queue")
    place = await one(store, "hall", store.hall)
    if site is not None:
        place = await one(store, "site", site)
        if place is None or place.queue_scope is None:
            return None
        scope = place.queue_scope
    here = await store.read("window", queue_scope=scope)
    windows = {row.id: (window_name(row.label), row.place or "") for row in here}
    since = start_of_day_ms(day_of(store.clock.now()))
    said = await store.read("announcement", newest="at", limit=SAID, scope=scope)
    called = {row.id for state in CALLED for row in await store.read("ticket", state=str(state))}
    waits = {row.id for row in await store.read("ticket", state=str(TicketState.WAITING))}
    lines = []
    for each in (each for each in said if each.at >= since and each.ticket not in waits):
        label, found_at = windows.get(each.window, (each.window, ""))
        again, open = each.kind == "recall", each.ticket in called
        lines.append(Announced(each.id, each.ticket, each.number, label, again, each.at, open, found_at))
    return (place.name if place else ""), scope, lines


def still_called(lines: Sequence[Announced]) -> Sequence[Announced]:
    """Whom newer calls have pushed off the display before they came: each once, with the window of the last call."""
    seen, found = {line.ticket for line in lines[:DISPLAYED]}, []
    for line in lines[DISPLAYED:]:
        if line.open and line.ticket not in seen:
            seen.add(line.ticket)
            found.append(line)
    return found


async def announced(store: PublicStore, id: str) -> tuple[str | None, str] | None:
    """(number, window) of one of today's announcements; None for any other."""
    found = await one(store, "announcement", id)
    if found is None or found.at < start_of_day_ms(day_of(store.clock.now())):
        return None
    window = await one(store, "window", found.window)
    return found.number, window_name(window.label if window else found.window)
