"""A queue as it stands: who waits, the open windows and when each is free. What a ticket's page and the list of matters
are estimated from.

tickets, sessions, windows, layout, what was learned ──▶ Standing ──▶ sync.waits
standing: made once for as long as the queue's scope and the hall's base stand, however many phones ask
offers: each matter with the wait of who came now, and where to go; made anew every half minute, not for every phone
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from server_stub.public.lasting import Lasting, lasting
from server_stub.public.store import PublicStore, one
from sync.calendar import day_of
from sync.protocol.identifiers import hall_of, scope_of
from sync.records.states import SessionState, TicketState
from sync.rules.policy import offered
from sync.waits import Desk, Estimate, Newcomer, estimates, minutes_of, newcomers
from sync.window_name import window_name

MINUTE_MS: Final = 60_000
KEPT_MS: Final = MINUTE_MS // 2
FRESH_MS: Final = MINUTE_MS // 4
"""Waits are reckoned anew so often where nothing has changed but the time."""
REST: Final = 2
_standings: WeakKeyDictionary[PublicStore, dict[str, _Made]] = WeakKeyDictionary()
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
    places: Mapping[str, Estimate] = field(default_factory=dict)  # by ticket, of who waits and may be called

    def estimates(self) -> Iterator[tuple[str, Estimate]]:
        """Everybody's, in one play forward."""
        return estimates(self.waiting, self.desks, self.lasts, self.now, self.settings, self.off, self.layout)

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
        return sorted(window_name(here.label, here.place) for here in (self.windows[desk.id] for desk in may))


class _Made(NamedTuple):
    """A standing that is made or being made: of which day, time and versions; with when the next may begin."""

    of: tuple[object, ...]
    task: asyncio.Task[tuple[Standing, float]]

    @property
    def failed(self) -> bool:
        """Whether nothing came of it."""
        return self.task.done() and (self.task.cancelled() or self.task.exception() is not None)


async def standing(store: PublicStore, scope: str, day: str) -> Standing:
    """The queue `scope` on its day, as its versions stand now. Whoever asks for the same shares it; the next begins
    only after twice the time that the one before took, so that a long queue leaves the server time for calls."""
    of_store = _standings.setdefault(store, {})
    while True:
        heads = await store.heads(scope, scope_of(hall_of(scope), "base"))
        of, last = (day, store.clock.now() // FRESH_MS, *heads), of_store.get(scope)
        if last is None or last.failed:
            last = of_store[scope] = _Made(of, asyncio.create_task(_made(store, scope, day)))
        if last.of == of:
            return (await asyncio.shield(last.task))[0]
        await asyncio.wait([last.task])
        if not last.failed:
            await asyncio.sleep(last.task.result()[1] - asyncio.get_running_loop().time())
        if of_store.get(scope) is last:
            del of_store[scope]


async def _made(store: PublicStore, scope: str, day: str) -> tuple[Standing, float]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    bare = await _read(store, scope, day)
    places = await asyncio.to_thread(dict, bare.estimates())
    ended = loop.time()
    return replace(bare, places=places), ended + REST * (ended - began)


async def _read(store: PublicStore, scope: str, day: str) -> Standing:
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
        busy = here.prefix if here is not None else None
        desks.append(Desk(session.window, windows[session.window].skills, free_at, busy))
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
