"""The queue as citizens see it: one's own ticket, the small screen at a window, the hall's display. No names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server_stub.public import screens, token
from server_stub.public.store import PublicStore, one
from sync.calendar import day_of, start_of_day_ms
from sync.protocol.identifiers import scope_of
from sync.records.states import InviteState, TicketState

CALLED = (TicketState.CALLED, TicketState.RECALLED)
MOVING = (*CALLED, TicketState.ISSUED, TicketState.WAITING, TicketState.SERVING, TicketState.HELD, TicketState.MISSED)
DISPLAYED = 8
"""Lines of the hall's display, so many as fit its height."""


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A ticket; `ahead` counts those who wait for the same windows and came earlier, None once it does not wait."""

    number: str | None
    state: str
    matter: str
    window: str | None
    ahead: int | None
    rating: str | None  # token, while the invitation is open
    rated: bool

    @property
    def moves(self) -> bool:
        """Whether the page is worth reading again soon."""
        return self.state in MOVING


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the small screen offers for a while after a service."""

    number: str | None
    rating: str


@dataclass(frozen=True, slots=True)
class WindowPage:
    """The small screen: who is called or served, and whose rating is asked for."""

    address: str  # its own token: who rates at the screen itself comes back to it
    label: str
    number: str | None
    state: str  # called | serving | free | paused | closed
    invitation: Invitation | None


@dataclass(frozen=True, slots=True)
class Announced:
    """One line of the hall's display."""

    number: str | None
    window: str
    again: bool
    at: int


async def ticket_page(store: PublicStore, id: str) -> TicketPage | None:
    """The page of a ticket, None where there is no such ticket."""
    ticket = await one(store, "ticket", id)
    if ticket is None:
        return None
    matter, window = await one(store, "matter", ticket.matter), await one(store, "window", ticket.window)
    rating, rated = None, False
    for link in await store.read("invite_link", ticket=id):
        invite = await one(store, "invite", link.id)
        if invite is not None and is_open(invite, store.clock.now()):
            rating = token.make(store.secret, token.RATING, link.id)
        rated = rated or (invite is not None and invite.state == InviteState.RATED)
    return TicketPage(
        number=ticket.number,
        state=str(ticket.state),
        matter=matter.name if matter else "",
        window=window.label if window else None,
        ahead=await _ahead(store, ticket) if ticket.state == TicketState.WAITING else None,
        rating=rating,
        rated=rated,
    )


async def _ahead(store: PublicStore, ticket: Any) -> int:
    waiting = await store.read(
        "ticket", scope=ticket.scope, day=ticket.day, state=str(TicketState.WAITING), prefix=ticket.prefix
    )
    mine = (ticket.arrived_at or 0, ticket.id)
    return sum((other.arrived_at or 0, other.id) < mine for other in waiting)


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
    return WindowPage(address, window.label, number, state, await _invitation(store, id))


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


async def display(store: PublicStore, site: str | None) -> tuple[str, Sequence[Announced]] | None:
    """The name over the display and the newest announcements of today, newest first; None for an unknown site."""
    scope = scope_of(store.hall, "queue")
    place = await one(store, "hall", store.hall)
    if site is not None:
        place = await one(store, "site", site)
        if place is None or place.queue_scope is None:
            return None
        scope = place.queue_scope
    labels = {row.id: row.label for row in await store.read("window", queue_scope=scope)}
    since = start_of_day_ms(day_of(store.clock.now()))
    said = await store.read("announcement", newest="at", limit=DISPLAYED, scope=scope)
    lines = [
        Announced(a.number, labels.get(a.window, a.window), a.kind == "recall", a.at) for a in said if a.at >= since
    ]
    return (place.name if place else ""), lines
