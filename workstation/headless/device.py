"""One machine of the hall without a screen: its replica file, the people signed on at it, its exchange.

    device = await Device.enrol(hall.url, code, "window 03", folder, clock, journal)
    await device.sign_on("0303", "3003")
    outcome = device.submit("0303", verbs.Miss(), id=ticket, scope=queue)     offline too: an outbox row, or a Refusal
    results = await device.exchange()                                         push, blobs, pull: what ended
    result = await device.do("0303", verbs.CallNext(call=…), id=session, scope=queue)   both, for one step

Every submit stands in the journal (where one is given) before it is made, every answer before the next request.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec

import sync.rules as _rules  # noqa: F401 - the verbs and their rules, all of them
from sync.clock import Clock
from sync.device_key import DeviceKey
from sync.errors import TransportError
from sync.protocol.messages import REFUSED, Result, SessionOpened
from sync.protocol.operation import Args, kind_of
from sync.replica.blobs import Blobs
from sync.replica.exchange import Exchange
from sync.replica.sessions import Opening, enrol, open_session
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor, submit
from sync.rules.outcome import Refusal
from sync.transport.http import HttpTransport
from workstation.headless.journal import Journal


class Enrolment(msgspec.Struct, frozen=True):
    """What a device must keep to come back after a crash."""

    device: str
    key: str


class Device:
    """A replica and its way to the server. `online` False: exchange is not even tried."""

    def __init__(
        self,
        store: ReplicaStore,
        enrolment: Enrolment,
        url: str,
        clock: Clock,
        journal: Journal | None = None,
        *,
        label: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.store = store
        self.enrolment = enrolment
        self.label = label
        self.clock = clock
        self.journal = journal
        self.online = True
        self.transport = HttpTransport(url, transport=transport)
        self.key = DeviceKey.read(enrolment.key)
        self.link = Exchange(store, self.transport, clock, self.key)
        self.blobs = Blobs(store, self.transport, self.clock)
        self.results: dict[int, Result] = {}
        self._actors: dict[str, Actor] = {}

    @property
    def id(self) -> str:
        """The device's id at the server."""
        return self.enrolment.device

    @classmethod
    async def enrol(
        cls,
        url: str,
        code: str,
        label: str,
        path: Path,
        clock: Clock,
        journal: Journal | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> Device:
        """Turn a one-time code into a device with its own replica file at `path`. Raises HallError."""
        door, key = HttpTransport(url), DeviceKey.make()
        try:
            given = await enrol(door, code, label, key)
        finally:
            await door.close()
        ReplicaStore.create(path, device=given.device, hall=given.hall, shapes=given.shapes)
        enrolment = Enrolment(given.device, key.text)
        return cls(ReplicaStore(path), enrolment, url, clock, journal, label=label, transport=transport)

    def reopened(self, *, transport: httpx.AsyncBaseTransport | None = None) -> Device:
        """The same machine after its process was killed: the file opened anew, nobody signed on. Close this first."""
        return Device(
            ReplicaStore(self.store.path),
            self.enrolment,
            self.transport.url,
            self.clock,
            self.journal,
            label=self.label,
            transport=transport,
        )

    async def sign_on(self, staff: str, pin: str) -> SessionOpened:
        """A person signs on; the scopes of their roles are pulled. Raises ServerRefused, TransportError."""
        opened = await open_session(self.transport, Opening(self.id, self.key, staff, pin))
        self.store.reach(opened.expect)
        self._actors[staff] = Actor(staff, opened.session)
        await self.link.pull_all()
        return opened

    def submit(self, staff: str, args: Args, *, id: str, scope: str) -> int | Refusal:
        """One step of a person signed on here: its number in the outbox, or the replica's own refusal."""
        journal = self.journal
        serial = journal.ask(self.id, kind_of(args), id, scope, staff) if journal is not None else 0
        outcome = submit(self.store, self.clock, self._actors[staff], args, id=id, scope=scope)
        if isinstance(outcome, Refusal):
            if journal is not None:
                journal.refused(serial, self.id, outcome.code)
            return outcome
        if journal is not None:
            journal.queued(serial, self.id, outcome.n)
        return outcome.n

    async def push(self) -> list[Result]:
        """Send one push, if there is something to say; what ended stands in the journal."""
        ended = await self.link.push()
        self.results |= {result.n: result for result in ended}
        if self.journal is not None and ended:
            for result in ended:
                self.journal.answer(self.id, result.n, result.status, result.code)
            self.journal.sync()
        return ended

    async def exchange(self) -> list[Result]:
        """Push until nothing is left, send files, pull everything. Raises TransportError `offline` when off."""
        if not self.online:
            raise TransportError("offline", device=self.label)
        ended: list[Result] = []
        while some := await self.push():
            ended += some
        await self.blobs.send()
        await self.link.pull_all()
        return ended

    async def pull(self) -> None:
        """Pull everything."""
        await self.link.pull_all()

    async def do(self, staff: str, args: Args, *, id: str, scope: str) -> Result:
        """One step and its answer. A refusal of the replica itself comes as a result with number 0."""
        outcome = self.submit(staff, args, id=id, scope=scope)
        if isinstance(outcome, Refusal):
            return Result(n=0, status=REFUSED, code=outcome.code, params=dict(outcome.params))
        await self.exchange()
        return self.results[outcome]

    def row(self, table: str, id: str) -> dict[str, Any] | None:
        """A record as this machine sees it, its own pending steps included."""
        columns = self.store.columns[table]
        found = self.store.reader().execute(columns.select_one, (id,)).fetchone()
        if found is None:
            return None
        values = tuple(found)
        return {"id": values[0], "scope": values[1], "v": values[2], **columns.body(values)}

    def rows(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """Rows of a query over the replica."""
        return [dict(row) for row in self.store.read(sql, params)]

    def pending(self) -> int:
        """Operations without an answer."""
        return self.store.pending()

    async def close(self) -> None:
        """Close the connections and the file."""
        await self.transport.close()
        self.store.close()
