"""A ticket drawn with a telephone by somebody who stands in the hall.

display ─▶ code of these ten minutes ─▶ matters with their waits, priority ─draw─▶ the ticket's own page

The code on the display is another one every ten minutes and opens the form for ten more: a number is for who is here.
A browser holds one ticket at a time, by a cookie that goes with the day; clearing it gives no more than what one
address of the network may draw within the hour.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from server_stub.public import token
from server_stub.public.queue import MOVING
from server_stub.public.rating import first
from server_stub.public.standing import Offer, offers
from server_stub.public.store import PublicStore, one
from sync.calendar import day_of
from sync.protocol.messages import Result
from sync.protocol.verbs.ticket import Issue
from sync.records.settings import MINUTE
from sync.records.states import Priority
from sync.rules.ticket.issue import ANYONES

CODE, DRAW, DRAWN = "draw-code", "draw", "drawn"
"""What a token is for: the code on the display; a form that was not sent yet; the ticket that a browser has drawn."""
CODE_LASTS = 10 * MINUTE
OPENS, TAKES = 1, 3
"""So many codes later the form still opens, and what was filled in by then is still taken."""


@dataclass(frozen=True, slots=True)
class DrawForm:
    """What was filled in; `id` is the ticket that it would make, sealed."""

    matters: Sequence[str] = ()
    priority: str = str(Priority.NONE)
    id: str = ""


@dataclass(frozen=True, slots=True)
class DrawPage:
    """The matters of this queue with their waits, and what was chosen so far."""

    place: str
    offers: Sequence[Offer]
    priorities: Sequence[str]
    form: DrawForm


def code_path(store: PublicStore, site: str | None) -> str:
    """The address on the display of the hall's queue or a site's; empty where telephones are given no tickets."""
    if not store.setting("phone_tickets"):
        return ""
    told = f"{store.clock.now() // CODE_LASTS}.{site or ''}"
    return f"/g/{quote(token.make(store.secret, CODE, told), safe='')}"


def site_of(store: PublicStore, sealed: str, later: int) -> tuple[str | None, bool] | None:
    """(the site, None for the hall's own queue; whether the code is at most `later` codes old), None for no code."""
    told = token.check(store.secret, CODE, sealed)
    if told is None or not store.setting("phone_tickets"):
        return None
    made, _, site = told.partition(".")
    return site or None, 0 <= store.clock.now() // CODE_LASTS - int(made) <= later


async def draw_page(store: PublicStore, scope: str, place: str, form: DrawForm) -> DrawPage:
    """The form, filled in as it was sent."""
    sealed = token.make(store.secret, DRAW, secrets.token_hex(16))
    filled = DrawForm(form.matters, form.priority, sealed)
    return DrawPage(place, await offers(store, scope), [str(each) for each in ANYONES], filled)


def draw_form(posted: Mapping[str, Sequence[str]]) -> DrawForm:
    """What a form says."""
    priority = first(posted, "priority") or str(Priority.NONE)
    return DrawForm(tuple(dict.fromkeys(posted.get("m", ()))), priority, first(posted, "id"))


async def held(store: PublicStore, cookie: str) -> str | None:
    """The ticket that this browser drew and that is not over yet."""
    ticket = await one(store, "ticket", token.check(store.secret, DRAWN, cookie))
    today = ticket is not None and ticket.day == day_of(store.clock.now())
    return str(ticket.id) if today and ticket.state in MOVING else None


async def unfit(store: PublicStore, scope: str, form: DrawForm) -> str:
    """Why nothing can be drawn for what was chosen: none, or not_found where no window of this queue serves it."""
    served = {offer.id for offer in await offers(store, scope)}
    return "none" if not form.matters else "" if served.issuperset(form.matters) else "not_found"


async def draw(store: PublicStore, scope: str, id: str, form: DrawForm) -> Result:
    """A number; the same form sent again is the same one."""
    matter, *more = form.matters
    [site, *_] = await store.read("site", queue_scope=scope)
    return await store.submit(Issue(matter=matter, more=more, priority=form.priority, site=site.id), id, scope)
