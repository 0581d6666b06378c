"""The queue trace's people at work: tickets given out at the desk, called at the window that served them, finished.

    arrival     the desk issues the ticket
    called      the recorded server's window calls it – later where that server still serves another – and serves it
    finished    the window finishes; the rating's invitation opens
    abandoned   the desk cancels the ticket

Now and then a free colleague presses the same ticket at the same moment: one of the two is refused.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass

from sync.errors import HallError
from sync.protocol.identifiers import derived
from sync.protocol.messages import ACCEPTED, Result
from sync.protocol.operation import Args
from sync.protocol.verbs import ticket as verbs
from sync.rules.outcome import Refusal
from workstation.replay.faults import PARTITION
from workstation.replay.hall import DESK, QUEUE, SITE, Machine, ReplayHall, staff_of, window_of
from workstation.replay.log import QueueTrace, Visit

RIVALRY = 0.02
ARRIVE, FINISH, ABANDON, CALL = range(4)  # at equal times in this order


@dataclass(slots=True)
class Figures:
    """What the replay itself saw."""

    served: int = 0
    abandoned: int = 0
    calls: int = 0
    lost_calls: int = 0


class Queue:
    """One replay of a queue trace."""

    def __init__(self, trace: QueueTrace, hall: ReplayHall, servers: list[str]) -> None:
        self._hall = hall
        self._staff = {server: staff_of(i) for i, server in enumerate(servers)}
        self._sessions: dict[str, str] = {}
        self._busy: dict[str, int] = {}
        self._calls = 0
        self._moments: list[tuple[int, int, int, Visit]] = []
        for i, visit in enumerate(trace.visits):
            self._moments.append((visit.arrived, ARRIVE, i, visit))
            kind, at = (CALL, visit.called) if visit.server else (ABANDON, visit.abandoned)
            self._moments.append((at, kind, i, visit))
        heapq.heapify(self._moments)
        self.figures = Figures()

    @property
    def moments(self) -> int:
        """How many steps the trace has, for the progress bar."""
        return len(self._moments) + sum(1 for moment in self._moments if moment[1] == CALL)

    async def run(self, progress: Callable[[], None]) -> None:
        """Work through the day."""
        while self._moments:
            at, kind, order, visit = heapq.heappop(self._moments)
            if kind == CALL and self._busy.get(visit.server, 0) > at:
                heapq.heappush(self._moments, (self._busy[visit.server], CALL, order, visit))
                continue
            self._hall.server.set_time(at)
            await self._at(kind, order, visit, at)
            progress()
        await self._hall.settle()

    async def _at(self, kind: int, order: int, visit: Visit, at: int) -> None:
        ticket = derived("ticket", visit.ticket)
        if kind == ARRIVE:
            await self._desk(verbs.Issue(matter=derived("matter", visit.service), site=SITE), ticket)
        elif kind == ABANDON:
            await self._desk(verbs.Cancel(reason="left"), ticket)
            self.figures.abandoned += 1
        elif kind == CALL:
            finish = max(visit.finished, at)
            await self._call(visit.server, ticket)
            self._busy[visit.server] = finish
            heapq.heappush(self._moments, (finish, FINISH, order, visit))
        else:
            await self._step(visit.server, verbs.Finish(invite=derived("invite", ticket)), ticket)
            self.figures.served += 1

    # -- people -------------------------------------------------------------------------------------------------------

    async def _desk(self, args: Args, ticket: str) -> None:
        machine = self._hall.machines[DESK]
        await machine.ready(DESK)
        if not isinstance(args, verbs.Issue):
            await machine.pull()
        _accepted(await machine.do(DESK, args, id=ticket, scope=QUEUE))

    async def _call(self, server: str, ticket: str) -> None:
        """Press the ticket until it is called here; a rival who came first gives it back."""
        machine = await self._online(server)
        session = await self._session(server)
        if self._hall.chance.random.random() < RIVALRY and (rival := self._free_colleague(server)):
            await self._rivalry(server, rival, ticket)
        else:
            await machine.pull()
            _accepted(await self._press(server, session, ticket))
        await machine.pull()
        await self._step(server, verbs.Serve(segment=derived("segment", ticket)), ticket, cut_off=True)

    async def _press(self, server: str, session: str, ticket: str) -> Result:
        self._calls += 1
        self.figures.calls += 1
        args = verbs.Call(session=session, call=derived("call", ticket, self._calls))
        staff = self._staff[server]
        result = await self._hall.machines[staff].do(staff, args, id=ticket, scope=QUEUE)
        if result.code == "taken":
            self.figures.lost_calls += 1
        return result

    def _free_colleague(self, server: str) -> str | None:
        """Somebody at another machine with a session and nobody at the window."""
        own = self._hall.machines[self._staff[server]]
        now = self._hall.clock.now()
        free = [
            other
            for other in self._sessions
            if self._hall.machines[self._staff[other]] is not own and self._busy.get(other, 0) <= now
        ]
        return self._hall.chance.random.choice(sorted(free)) if free else None

    async def _rivalry(self, server: str, rival: str, ticket: str) -> None:
        """Both press at once; one is told that the other came first."""
        mine, theirs = self._sessions[server], await self._session(rival)
        await asyncio.gather(
            (await self._online(server)).pull(),
            (await self._online(rival)).pull(),
        )
        first, second = await asyncio.gather(self._press(server, mine, ticket), self._press(rival, theirs, ticket))
        if second.status == ACCEPTED:
            machine = self._hall.machines[self._staff[rival]]
            await machine.pull()
            _accepted(await machine.do(self._staff[rival], verbs.UndoCall(), id=ticket, scope=QUEUE))
            await self._hall.machines[self._staff[server]].pull()
            first = await self._press(server, mine, ticket)
        _accepted(first)

    async def _step(self, server: str, args: Args, ticket: str, *, cut_off: bool = False) -> None:
        """A step at the window; it can be done without the network, and `cut_off` lets that happen from here on."""
        staff = self._staff[server]
        machine = self._hall.machines[staff]
        if cut_off and not machine.cut_off and self._hall.chance.strikes(PARTITION):
            machine.cut_off = True
            self._hall.chance.counters.partitions += 1
        if machine.cut_off:
            outcome = machine.submit(staff, args, id=ticket, scope=QUEUE)
            if isinstance(outcome, Refusal):
                raise HallError(f"refusal.{outcome.code}", **outcome.params)
            return
        await machine.ready(staff)
        _accepted(await machine.do(staff, args, id=ticket, scope=QUEUE))

    async def _online(self, server: str) -> Machine:
        """The server's machine, back on the network with everything said: only the centre calls."""
        staff = self._staff[server]
        machine = self._hall.machines[staff]
        machine.cut_off = False
        await machine.ready(staff)
        await machine.push()
        return machine

    async def _session(self, server: str) -> str:
        """The server's window session, opened at the first call."""
        if server not in self._sessions:
            staff, session = self._staff[server], derived("session", server)
            machine = await self._online(server)
            await machine.pull()
            _accepted(await machine.do(staff, verbs.OpenWindow(window=window_of(server)), id=session, scope=QUEUE))
            await machine.pull()
            self._sessions[server] = session
        return self._sessions[server]


def _accepted(result: Result) -> None:
    if result.status != ACCEPTED:
        raise HallError("replay.step_refused", reason=result.code or result.status)
