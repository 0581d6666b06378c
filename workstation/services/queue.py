"""Calling tickets at a window: what only the centre decides is asked, the rest is said at once.

call_next, call ─ask─▶ the centre chooses or refuses; the ticket comes back with its rows
                ─do──▶ without a network: only what is leased to this window, previewed, reconciled afterwards
serve, miss, recall, hold, resume, transfer, finish ─do─▶ previewed, in the outbox
undo ─▶ the last step: withdrawn while unsent; a call also by ticket.undo_call within the hall's limit
"""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sync.calendar import day_of, start_of_day_ms
from sync.errors import HallError
from sync.protocol.operation import Args
from sync.protocol.verbs import ticket as verbs
from sync.records.states import TicketState
from sync.replica import driver
from sync.replica.leases import take, usable
from sync.rules import policy
from sync.rules.balanced import Layout
from workstation.services.desk import Desk
from workstation.views import learned
from workstation.views import queue as view
from workstation.views.queue import Counter, Current, Figures, LeasedTicket, QueueTicket
from workstation.views.requests import Wanted, asked_of, wanted

POLICY = ("queue_policy", "missed_pause", "ageing")
TAUGHT_MS = 5 * 60_000
CALLED = frozenset({TicketState.CALLED, TicketState.RECALLED})


@dataclass(frozen=True, slots=True)
class LastStep:
    """What was done last, for the status line and Ctrl+Z."""

    n: int
    verb: str
    ticket: str
    number: str
    at: int


class QueueService:
    """What screen 1 calls."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.last: LastStep | None = None
        self.minutes: Mapping[str, int] = {}  # of each matter, as services have taught them
        self._taught = ("", 0)  # the queue, and when

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def scope(self) -> str:
        """The queue of who is here; empty where there is none."""
        return self.desk.queue

    @property
    def today(self) -> str:
        """The hall's day."""
        return day_of(self.desk.clock.now())

    def counter(self) -> Counter | None:
        """The window where the person sits."""
        return view.counter(self.desk.read, self.desk.window)

    def takes(self) -> list[str]:
        """The prefixes that the hall's policy gives this window now; empty: all."""
        counter = self.counter()
        return policy.skills_of(counter, self._policy(), self._layout()) if counter is not None else []

    def waiting(self, *, here: bool = True) -> list[QueueTicket]:
        """Who waits, in the order in which they will be called here, or in the whole queue."""
        now, counter = self.desk.clock.now(), self.counter() if here else None
        asked = (self.scope, self.today, now, self._policy(), counter, self._layout(), self.minutes)
        return view.waiting(self.desk.read, *asked)

    def _policy(self) -> dict[str, Any]:
        return {name: self.desk.setting(name) for name in POLICY}

    def _layout(self) -> Layout | None:
        found: Layout | None = self.desk.row("layout", self.scope)
        return found

    def aside(self) -> list[QueueTicket]:
        """Held here, and missed today."""
        return view.aside(self.desk.read, self.scope, self.today, self.counter())

    def current(self) -> Current | None:
        """The ticket at this window."""
        found = view.current(self.desk.read, self.desk.window_session)
        if found is None or found.matter not in self.minutes:
            return found
        return replace(found, expected_minutes=self.minutes[found.matter])

    def given_up(self, ticket: str) -> bool:
        """Whether its holder does not come any more, and said so."""
        row = self.desk.row("ticket", ticket)
        return row is not None and row.state == TicketState.CANCELLED

    def watch(self, app: Any, tables: frozenset[str]) -> None:
        """Rows have changed: now and then what services take is learned anew, in a thread."""
        now, whose = self.desk.clock.now(), self.scope if self.desk.person is not None else ""
        fresh = whose == self._taught[0] and 0 <= now - self._taught[1] < TAUGHT_MS
        if whose and not fresh and tables & {"*", "service_segment"}:
            self._taught = (whose, now)
            app.run_worker(self._learn(app, whose), group="learned")

    async def _learn(self, app: Any, scope: str) -> None:
        since = (date.fromisoformat(self.today) - timedelta(days=learned.DAYS)).isoformat()
        with contextlib.suppress(*driver.errors()):  # the copy is closing, or gives no answer now
            self.minutes = await asyncio.to_thread(learned.minutes, self.desk.read, scope, since)
            app.rows_changed(frozenset({"service_segment"}))

    def figures(self) -> Figures:
        """The person's day."""
        return view.figures(self.desk.read, self.desk.me.staff, self.today, start_of_day_ms(self.today))

    def matters(self) -> list[tuple[str, str]]:
        """(id, name) of what this window does."""
        return view.matters_of(self.desk.read, self.takes() or None)

    def every_matter(self) -> list[tuple[str, str]]:
        """(id, name) of all matters in use."""
        return view.matters_of(self.desk.read, None)

    def other_windows(self) -> list[tuple[str, str, str]]:
        """(id, label, person) where a ticket may be sent."""
        return view.other_windows(self.desk.read, self.scope, self.desk.window)

    def asked(self) -> list[Wanted]:
        """The windows that the duty manager asks the person here for: to go on at their own, or to sit down at one."""
        scopes = self.desk.me.scopes("queue", "clerk", "grid")
        return asked_of(wanted(self.desk.read, scopes), self.desk.window)

    def pause_reason(self) -> str | None:
        """Why this window is paused, None while it is not."""
        session = self.desk.row("window_session", self.desk.window_session)
        return (session.pause_reason or "") if session is not None and session.state == "paused" else None

    @property
    def seated(self) -> bool:
        """Whether the person still has the window: a session closed elsewhere is gone."""
        session = self.desk.row("window_session", self.desk.window_session)
        return session is not None and session.closed_at is None

    @property
    def online(self) -> bool:
        """Whether the centre can be asked."""
        return self.desk.engine.status.online and self.desk.engine.status.signed_on

    # -- what only the centre decides ---------------------------------------------------------------------------------

    async def call_next(self) -> Current:
        """Call whoever is next; the ticket that the centre chose. Raises HallError."""
        session = self._session()
        if not self.online:
            return self._call_leased(session)
        result = await self.desk.ask(verbs.CallNext(call=self.desk.new_id()), id=session, scope=self.scope)
        return self._called(result.n)

    async def call(self, ticket: str) -> Current:
        """Call this ticket. Raises HallError `refusal.taken` where another window came first."""
        session = self._session()
        if not self.online:
            return self._call_leased(session, ticket)
        args = verbs.Call(session=session, call=self.desk.new_id())
        result = await self.desk.ask(args, id=ticket, scope=self.scope)
        return self._called(result.n)

    def _called(self, n: int) -> Current:
        current = self.current()
        if current is None:
            raise HallError("queue.called_elsewhere")
        self._step(n, "call", current.id, current.number)
        return current

    @property
    def counts_offline(self) -> bool:
        """Whether this machine has the clock by which a lease can be counted."""
        return bool(self.desk.clock.boot()[0])

    def leased(self, waiting: Sequence[QueueTicket] | None = None) -> list[LeasedTicket]:
        """What may be called here without a network, in the order of the list `waiting`, read anew if not given; after
        that what the window was laid out for when it was leased, and is no more."""
        left = {each.ticket: each for each in usable(self.desk.store, self.desk.clock)}
        if not left:
            return []
        found = [ticket for ticket in (self.waiting() if waiting is None else waiting) if ticket.id in left]
        if len(found) < len(left):
            listed = {ticket.id for ticket in found}
            found += [t for t in self.waiting(here=False) if t.id in left and t.id not in listed]
        return [LeasedTicket(t.id, t.number or "", left[t.id].lease, left[t.id].left_ms) for t in found]

    def _call_leased(self, session: str, ticket: str | None = None) -> Current:
        """Under a lease; who holds none, or another ticket, waits for the network."""
        leased = self.leased()
        wanted = next((each for each in leased if ticket in (None, each.id)), None)
        if wanted is None:
            code = "queue.no_boot_clock" if not self.counts_offline else "queue.offline_call"
            raise HallError("queue.offline_other" if leased and self.counts_offline else code)
        taking = take(self.desk.clock, wanted.lease, session=session, call=self.desk.new_id())
        return self._called(self.desk.do(taking, id=wanted.id, scope=self.scope))

    async def issue(self, matters: Sequence[str], priority: str) -> str:
        """Give out a ticket for these matters, in this order; the number that the centre gave."""
        first, *more = matters
        counter = self.desk.row("window", self.desk.window)
        site = counter.site if counter is not None else self.desk.me.site
        id = self.desk.new_id()
        args = verbs.Issue(matter=first, more=more, priority=priority, site=site, desk=self.desk.window)
        await self.desk.ask(args, id=id, scope=self.scope)
        ticket = self.desk.row("ticket", id)
        if ticket is None or ticket.number is None:
            raise HallError("sync.no_answer")
        return str(ticket.number)

    def number(self, typed: str) -> tuple[str, str, str | None]:
        """(id, state, window) of the ticket meant: `a37` is A037. Raises HallError `queue.no_number`."""
        wanted = unicodedata.normalize("NFKC", typed).strip().upper()
        letters = wanted.rstrip("0123456789")
        digits = wanted[len(letters) :]
        if letters and digits:
            wanted = f"{letters}{int(digits):03d}"
        elif digits:
            matching = [each.number for each in self.waiting() if each.number and each.number.endswith(digits)]
            wanted = matching[0] if len(set(matching)) == 1 else wanted
        found = view.by_number(self.desk.read, self.scope, self.today, wanted)
        if found is None:
            raise HallError("queue.no_number", number=wanted)
        return found

    # -- what the window decides --------------------------------------------------------------------------------------

    def serve(self) -> None:
        """The person has come."""
        self._do(verbs.Serve(segment=self.desk.new_id()), "serve")

    def miss(self) -> None:
        """Nobody came."""
        self._do(verbs.Miss(), "miss")

    def recall(self) -> None:
        """Said once more."""
        self._do(verbs.Recall(), "recall")

    def hold(self) -> None:
        """Put aside; the window is free."""
        self._do(verbs.Hold(), "hold")

    def finish(self) -> None:
        """Done; the invitation to rate opens at the centre."""
        self._do(verbs.Finish(invite=self.desk.new_id()), "finish")

    def transfer(self, *, window: str | None = None, matter: str | None = None) -> None:
        """Send on, keeping the arrival."""
        self._do(verbs.Transfer(window=window, matter=matter), "transfer")

    def resume(self, ticket: str) -> None:
        """Go on with what was put aside."""
        args = verbs.Resume(session=self._session(), segment=self.desk.new_id())
        self._do(args, "resume", ticket)

    def reactivate(self, ticket: str) -> None:
        """A missed person has turned up."""
        self._do(verbs.Reactivate(), "reactivate", ticket)

    def pause(self, reason: str) -> None:
        """No tickets for a while."""
        self.desk.do(verbs.PauseWindow(pause=self.desk.new_id(), reason=reason), id=self._session(), scope=self.scope)

    def resume_window(self) -> None:
        """Tickets again."""
        self.desk.do(verbs.ResumeWindow(), id=self._session(), scope=self.scope)

    def _do(self, args: Args, verb: str, ticket: str | None = None) -> None:
        if ticket is None:
            current = self.current()
            if current is None:
                raise HallError("queue.nobody_here")
            ticket = current.id
        n = self.desk.do(args, id=ticket, scope=self.scope)
        self._step(n, verb, ticket, self.desk.row("ticket", ticket).number or "")

    def _step(self, n: int, verb: str, ticket: str, number: str) -> None:
        self.last = LastStep(n, verb, ticket, number, self.desk.clock.now())

    def _session(self) -> str:
        if self.desk.window_session is None or not self.seated:
            raise HallError("queue.no_window")
        return self.desk.window_session

    # -- taking it back -----------------------------------------------------------------------------------------------

    @property
    def undo_left_ms(self) -> int:
        """How long the last call can still be taken back, 0 where it cannot."""
        last = self.last
        if last is None or last.verb not in ("call", "recall"):
            return 0
        ticket = self.desk.row("ticket", last.ticket)
        if ticket is None or ticket.state not in CALLED or ticket.session != self.desk.window_session:
            return 0
        return max(0, int(ticket.called_at) + int(self.desk.setting("undo_call")) - self.desk.clock.now())

    async def undo(self) -> str:
        """Take the last step back; its verb. Raises HallError why not."""
        last = self.last
        if last is None:
            raise HallError("queue.nothing_to_undo")
        if self.desk.undo(last.n):
            self.last = None
            return last.verb
        if last.verb not in ("call", "recall"):
            raise HallError("queue.sent_already", number=last.number)
        if self.online:
            await self.desk.ask(verbs.UndoCall(), id=last.ticket, scope=self.scope)
        else:  # it was called under a lease, which is used by it
            self.desk.do(verbs.UndoCall(), id=last.ticket, scope=self.scope)
        self.last = None
        return "call"
