"""One hour of a sample hall on a driven clock: its people at their machines, and what is printed of it.

hour.at("0303")          the person, signed on at a machine of their own
hour.tick(2)             two minutes pass, for everybody and for the server
hour.tell(key, …)        a line with the hall's time
await who.done(verb, …)  a step that must be accepted; anything else ends the script
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync.calendar import MINUTE_MS
from sync.clock import DrivenClock
from sync.errors import HallError
from sync.protocol.identifiers import derived
from sync.protocol.messages import ACCEPTED, Result
from sync.protocol.operation import Args, kind_of
from workstation.headless.device import Device
from workstation.headless.hall import HeadlessHall
from workstation.headless.journal import Journal
from workstation.headless.signing import Seal
from workstation.hours import hhmm
from workstation.locale import say
from workstation.sample_hall import SamplePerson
from workstation.window_words import window_words

Tell = Callable[[str], None]


class Worker:
    """A person at a machine."""

    def __init__(self, hour: Hour, person: SamplePerson, device: Device) -> None:
        self.hour = hour
        self.person = person
        self.device = device

    @property
    def staff(self) -> str:
        """Staff number."""
        return self.person.staff

    @property
    def window(self) -> str:
        """Where they sit, as it is said."""
        return window_words(self.person.window_label)

    async def ask(self, args: Args, *, id: str, scope: str) -> Result:
        """A step and its answer, whatever it is."""
        return await self.device.do(self.staff, args, id=id, scope=scope)

    async def done(self, args: Args, *, id: str, scope: str) -> Result:
        """A step that must be accepted. Raises HallError `headless.step`."""
        result = await self.ask(args, id=id, scope=scope)
        if result.status != ACCEPTED:
            raise HallError("headless.step", kind=kind_of(args), by=self.staff, status=result.status, why=result.code)
        return result

    def offline(self, args: Args, *, id: str, scope: str) -> int:
        """A step into the outbox, without the server. Raises HallError `headless.step` where the replica refuses."""
        outcome = self.device.submit(self.staff, args, id=id, scope=scope)
        if not isinstance(outcome, int):
            raise HallError("headless.step", kind=kind_of(args), by=self.staff, status="refused", why=outcome.code)
        return outcome

    def row(self, table: str, id: str) -> dict[str, Any]:
        """A record as this machine sees it. Raises HallError `headless.no_row`."""
        found = self.device.row(table, id)
        if found is None:
            raise HallError("headless.no_row", table=table, id=id)
        return found


class Hour:
    """The hall, its workers by staff number, the seal, and a source of ids."""

    def __init__(self, folder: Path, clock: DrivenClock, tell: Tell) -> None:
        self.folder = folder
        self.clock = clock
        self.hall = HeadlessHall(folder, clock)
        self.journal = Journal(folder / "journal.jsonl")
        self.workers: dict[str, Worker] = {}
        self._tell = tell
        self._ids = 0

    def id(self) -> str:
        """An id for a new record."""
        self._ids += 1
        return derived("headless", self.hall.store_url, self._ids)

    def tick(self, minutes: float) -> None:
        """Time passes."""
        self.hall.advance(round(minutes * MINUTE_MS))

    def tell(self, key: str, **params: object) -> None:
        """A line of what happened."""
        self._tell(f"{hhmm(self.clock.now())}  {say(f'headless.{key}', **params)}")

    def at(self, staff: str) -> Worker:
        """The person at their machine."""
        return self.workers[staff]

    async def arrive(self, *staff: str) -> None:
        """These people sign on, each at a machine of their own."""
        known = {person.staff: person for person in self.hall.people}
        for number, code in zip(staff, self.hall.codes(len(staff)), strict=True):
            path = self.folder / "replicas" / f"{number}.db"
            device = await Device.enrol(self.hall.url, code, number, path, self.clock, self.journal)
            self.workers[number] = Worker(self, known[number], device)
            await device.sign_on(number, known[number].pin)

    def open_seal(self, bureau: str) -> None:
        """Make the sample PKI and hold its seal."""
        self.seal = Seal(self.folder / "pki", bureau=bureau, server=self.hall.url, now_ms=self.clock.now())

    async def settle(self) -> None:
        """Everybody exchanges until nothing is new: twice, as the first round makes news for the second."""
        for _ in range(2):
            for worker in self.workers.values():
                await worker.device.exchange()

    async def close(self) -> None:
        """Close machines and journal."""
        for worker in self.workers.values():
            await worker.device.close()
        self.journal.close()
