"""A queue as it stands: who waits, the open windows and when each is free. What a ticket's page and the list of matters
are estimated from.

tickets, sessions, windows, layout, what was learned ──▶ Standing ──▶ sync.waits
offers: each matter with the wait of who came now, and where to go; made anew every half minute, not for every phone
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from server_stub.public.lasting import Lasting, lasting
from server_stub.public.store import PublicStore, one
from sync.calendar import day_of
from sync.records.states import SessionState, TicketState
from sync.rules.policy import offered
from sync.waits import Desk, Estimate, Newcomer, minutes_of, newcomers
from sync.window_name import window_name

MINUTE_MS: Final = 60_000
KEPT_MS: Final = MINUTE_MS // 2
_kept: WeakKeyDictionary[PublicStore, dict[str, tuple[int, Sequence[Offer]]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Offer:
    """A matter: what the wait of who takes a ticket now should be, minutes from and to (None: no open window takes it),
    and the windows to go to."""

    id: str
    matter: str
    minutes: tuple[int, int] | None
    windows: Sequence[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A queue now."""

    now: int
    settings: Mapping[str, Any]
    waiting: Sequence[Any]
    windows: Mapping[str, Any]
    desks: Sequence[Desk]
    known: Mapping[str, Lasting]
    layout: Any

    def lasts(self, ticket: Any) -> int:
        """What its service should take, ms."""
        return self._of(ticket).lasts

    def off(self, ticket: Any) -> float:
        """How far off that was so far."""
        return self._of(ticket).off

    def _of(self, ticket: Any) -> Lasting:
        return self.known.get(ticket.matter, Lasting(MINUTE_MS, 0.0))

    def labels(self, ticket: Any) -> list[str]:
        """The open windows that may call this ticket, and where they are."""
        may = [desk for desk in self.desks if offered(ticket, self.windows[desk.id], self.settings, self.layout)]
        return sorted(found(self.windows[desk.id]) for desk in may)


def found(window: Any) -> str:
    """A window as a citizen finds it: what stands on it, and the floor."""
    name = window_name(window.label)
    return f"{name} ({window.place})" if window.place else name


async def standing(store: PublicStore, scope: str, day: str) -> Standing:
    """The queue `scope` on its day."""
    settings = {name: store.setting(name) for name in ("queue_policy", "missed_pause", "ageing")}
    now = store.clock.now()
    waiting = await store.read("ticket", scope=scope, day=day, state=str(TicketState.WAITING))
    windows = {row.id: row for row in await store.read("window", queue_scope=scope)}
    known = await lasting(store, scope)
    bare = Standing(now, settings, waiting, windows, (), known, await one(store, "layout", scope))
    desks = []
    for session in await store.read("window_session", scope=scope, closed_at=None):
        if session.state != SessionState.OPEN or session.window not in windows:
            continue
        here = await one(store, "ticket", session.ticket)
        free_at = (here.serving_at or now) + bare.lasts(here) if here is not None else now
        desks.append(Desk(session.window, windows[session.window].skills, free_at))
    return Standing(now, settings, waiting, windows, desks, known, bare.layout)


async def offers(store: PublicStore, scope: str) -> Sequence[Offer]:
    """Every matter that a window of this queue serves, by name."""
    now, of_store = store.clock.now(), _kept.setdefault(store, {})
    at, kept = of_store.get(scope, (0, ()))
    if scope in of_store and 0 <= now - at < KEPT_MS:
        return kept
    queue = await standing(store, scope, day_of(now))
    every = any(not window.skills for window in queue.windows.values())
    served = {prefix for window in queue.windows.values() for prefix in window.skills or ()}
    matters = [row for row in await store.read("matter") if row.active and (every or row.prefix in served)]
    waits = await asyncio.to_thread(_waits, queue, {row.prefix for row in matters})
    made = [
        Offer(
            row.id,
            row.name,
            minutes_of(waits[row.prefix]) if row.prefix in waits else None,
            queue.labels(Newcomer(row.prefix, now)),
        )
        for row in sorted(matters, key=lambda row: row.name)
    ]
    of_store[scope] = (now, made)
    return made


def _waits(queue: Standing, prefixes: set[str]) -> dict[str, Estimate]:
    return newcomers(
        prefixes, queue.waiting, queue.desks, queue.lasts, queue.now, queue.settings, queue.off, queue.layout
    )
