"""What a window and a terminal do all day, on the real services, until they are told to stop or are killed.

    Window      takes its window · calls · serves · now and then misses, puts aside, sends on, takes back · leaves
    Terminal    gives out tickets until the hall has so many; its numbers are the centre's, or its own without it

Each writes what a person would remember: {"has": ticket} when somebody stands there, {"leaving": ticket} before the key
that sends them on, {"number": "A017"} once it is on a slip. A line outlives the process that wrote it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import Counter
from pathlib import Path

import msgspec

from sync.calendar import day_of
from sync.clock import SystemClock
from sync.device_key import DeviceKey
from sync.errors import HallError
from sync.replica.engine import Engine
from sync.replica.store import ReplicaStore
from workstation.services.desk import Desk
from workstation.services.kiosk_tickets import KioskTicketService
from workstation.services.queue import CALLED, QueueService
from workstation.services.signon import SignOnService

BREATH = 0.2  # seconds after a key that was refused: thirty who try again at once leave a server no time to come up


class Machine(msgspec.Struct, frozen=True):
    """A machine of the crowd, as it is handed to each of its lives."""

    replica: str
    key: str
    staff: str
    pin: str
    label: str  # of its window; empty: a terminal
    journal: str
    stop: str  # the file that ends the day
    target: int  # tickets that the terminals give out together


class Life:
    """What both have in common: the copy, the engine, the person, the journal."""

    def __init__(self, machine: Machine, url: str) -> None:
        self.machine = machine
        self.chance = random.Random(time.monotonic_ns())
        self.told: Counter[str] = Counter()
        self._journal = os.open(machine.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        key, clock = DeviceKey.read(machine.key), SystemClock()
        store = ReplicaStore(Path(machine.replica))
        self.engine = Engine(store, url, clock, on_session=lambda opened: self.desk.resume(opened), key=key)
        self.desk = Desk(store, self.engine, clock, key)
        self.engine.start()
        self.signon = SignOnService(self.desk)

    def write(self, **line: object) -> None:
        """One line, with the machine's steady clock, which all processes share."""
        os.write(self._journal, json.dumps({"at": time.monotonic_ns(), **line}).encode() + b"\n")

    async def live(self) -> None:
        """From sign-on to the end of the day."""
        while not await self.tried(self.sign_on()):
            pass
        while not os.path.exists(self.machine.stop):  # noqa: ASYNC240 - the file's name in memory, no waiting
            await self.tried(self.step())
        while not await self.tried(self.leave()) or self.desk.store.pending():
            await asyncio.sleep(BREATH)
        self.write(over=self.told)
        await asyncio.to_thread(self.engine.stop)
        self.desk.store.close()

    async def tried(self, step: object) -> bool:
        """Whether it went; a refusal is counted, and tried again by whoever asked."""
        try:
            await step  # type: ignore[misc]
        except HallError as error:
            self.told[error.code] += 1
            await asyncio.sleep(BREATH)
            return False
        return True

    async def sign_on(self) -> None:
        """As after every start of the program; without the centre by what an earlier life left."""
        await self.signon.sign_on(self.machine.staff, self.machine.pin)

    async def step(self) -> None:
        """One thing that a person does."""
        raise NotImplementedError

    async def leave(self) -> None:
        """The end of the day."""


class Window(Life):
    """A clerk at a window."""

    def __init__(self, machine: Machine, url: str) -> None:
        super().__init__(machine, url)
        self.queue = QueueService(self.desk)
        self._here: str | None = None

    async def step(self) -> None:
        """Whoever is here is served; where nobody is, somebody is called."""
        queue = self.queue
        if self.desk.window is None or not queue.seated:
            await self.signon.take_window(self.machine.label)
        current = queue.current()
        if current is None:
            self._here = None
            await self.fetch()
            return
        if current.id != self._here:
            self._here = current.id
            self.write(has=current.id)
        if current.state in CALLED:
            await self.greet()
        else:
            await self.finish()

    async def fetch(self) -> None:
        """Who was put aside or comes back late, else the next."""
        aside = self.queue.aside()
        held = [ticket.id for ticket in aside if ticket.state == "held"]
        missed = [ticket.id for ticket in aside if ticket.state == "missed"]
        if held and self.chance.random() < 0.5:
            self.queue.resume(held[0])
        elif missed and self.chance.random() < 0.2:
            self.queue.reactivate(self.chance.choice(missed))
        elif self.queue.waiting():
            await self.queue.call_next()
        else:
            await asyncio.sleep(BREATH)

    async def greet(self) -> None:
        """The called person comes, or does not."""
        drawn = self.chance.random()
        if drawn < 0.06:
            self._leaving()
            self.queue.miss()
        elif drawn < 0.10:
            self.queue.recall()
        elif drawn < 0.12 and self.queue.undo_left_ms:
            self._leaving()
            await self.queue.undo()
        else:
            self.queue.serve()

    async def finish(self) -> None:
        """The service takes a moment and ends, mostly."""
        await asyncio.sleep(self.chance.uniform(0.02, 0.3))
        drawn = self.chance.random()
        self._leaving()
        if drawn < 0.05:
            self.queue.hold()
        elif drawn < 0.10 and (others := self.queue.other_windows()):
            self.queue.transfer(window=self.chance.choice(others)[0])
        else:
            self.queue.finish()

    def _leaving(self) -> None:
        self.write(leaving=self._here)
        self._here = None

    async def leave(self) -> None:
        """签退."""
        await self.signon.leave()


class Terminal(Life):
    """A terminal that gives out tickets."""

    def __init__(self, machine: Machine, url: str) -> None:
        super().__init__(machine, url)
        self.tickets = KioskTicketService(self.desk, Path(machine.replica).parent)
        self._enough = False

    async def sign_on(self) -> None:
        """And hold numbers, for the time without a network."""
        await super().sign_on()
        self.tickets.hold_numbers()

    async def step(self) -> None:
        """Somebody takes a ticket, unless there have been enough."""
        today = day_of(self.desk.clock.now())
        [(given,)] = self.desk.read("SELECT count(*) FROM ticket WHERE day = ?", (today,))
        if given < self.machine.target:
            matter, _ = self.chance.choice(self.tickets.matters())
            priority = "elderly" if self.chance.random() < 0.1 else "none"
            ticket = await self.tickets.issue([matter], priority)
            self.write(number=ticket.number)
        elif not self._enough and not self.desk.store.pending():
            self._enough = True
            self.write(enough=given)
        await asyncio.sleep(BREATH)
