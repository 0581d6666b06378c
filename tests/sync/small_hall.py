"""A small hall for the tests of the sync engine: a real store, the real application in memory, replicas on real files.

    hall = SmallHall(folder)                      made once, copied for each test
    async with hall.open():                       the server's lifespan
        window = await hall.machine("0307")       a device: enrolled, signed on, everything pulled
        n = window.do(verbs.Miss(), id=ticket)    previewed, in the outbox; fails where the replica refuses
        await window.push(); await window.pull()
        window.network.lose = "response"          the next request arrives, its answer does not

0307 0308 0309 clerks of queue and cases   0201 approver   0901 administrator   0001 supervisor   0101 duty manager
Everybody's PIN is 1234; windows w1, w2, w3; matter m1 of the office registration,
prefix A; one case, c0, received and 0307's.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

import sync.rules.register as _rules  # noqa: F401 - both ends decide by all of them
from server_stub.app import Application
from server_stub.central.audit import verify
from server_stub.central.people import new_code
from server_stub.central.seed import SeedRow, seed
from server_stub.services import Services
from sync.clock import DrivenClock
from sync.device_key import DeviceKey
from sync.protocol.messages import Result, SessionOpened
from sync.protocol.operation import Args
from sync.replica.exchange import Exchange
from sync.replica.leases import LeaseKeeper
from sync.replica.sessions import Opening, enrol, open_session
from sync.replica.store import ReplicaStore
from sync.replica.submit import Actor, Submitted, Taking, submit
from sync.rules.outcome import Refusal
from sync.transport.http import HttpTransport
from tests.postgres import ask
from tests.sync.hall_names import (
    ARCHIVE,
    BASE,
    CALLBACK,
    CASES,
    CLERKS,
    FOOD,
    MONDAY,
    NUMBERS,
    PIN,
    QUEUE,
    RATING,
    SCOPES,
)

__all__ = [
    "ARCHIVE",
    "BASE",
    "CALLBACK",
    "CASES",
    "CLERKS",
    "FOOD",
    "MONDAY",
    "NUMBERS",
    "PIN",
    "QUEUE",
    "RATING",
    "SCOPES",
    "VERIFIER",
    "Machine",
    "Network",
    "SmallHall",
    "first_rows",
    "new",
]
_CHEAP = Argon2id(salt=b"cheap for a test", length=32, iterations=1, lanes=1, memory_cost=8)
VERIFIER = _CHEAP.derive_phc_encoded(PIN.encode())
_ENDED = "SELECT device, n, status, code FROM result WHERE kind <> 'device.enrol@1'"


def first_rows() -> list[SeedRow]:
    """The hall as it stands before anybody has done anything."""

    def row(table: str, id: str, **columns: Any) -> SeedRow:
        return SeedRow(table, id, BASE, columns)

    roles = [(staff, "clerk", over) for staff in CLERKS for over in (QUEUE, CASES)]
    roles += [("0201", "approver", CASES), ("0901", "admin", BASE), ("0101", "duty", QUEUE)]
    roles += [("0001", "supervisor", over) for over in (QUEUE, CASES)]
    people = {**dict.fromkeys(CLERKS, "赵某"), "0201": "钱某", "0901": "孙某", "0101": "李某", "0001": "周某"}
    matter = {"name": "企业登记", "office": "registration", "prefix": "A", "expected_minutes": 7}
    case = {"matter": "m1", "office": "registration", "site": "hall", "form": {"phone": "1"}, "received_by": "0307"}
    return [
        row("hall", "licang", name="大厅", bureau="样例局", sample=True),
        row("office", "registration", name="企业登记科"),
        row("site", "hall", name="大厅", kind="hall", queue_scope=QUEUE, case_scope=CASES),
        row("setting", "always_open", value={"value": True}),
        row("matter", "m1", **matter, promised_days=5, statutory_days=20, basis="样例法第一条"),
        *(row("window", f"w{i}", label=f"0{i}", site="hall", skills=["A"], queue_scope=QUEUE) for i in (1, 2, 3)),
        *(row("staff", staff, name=name, site="hall") for staff, name in people.items()),
        *(row("role_assignment", f"{s}-{r}-{o}", staff=s, role=r, over=o) for s, r, o in roles),
        SeedRow("case", "c0", CASES, {**case, "state": "received", "applicant": "吴某", "owner": "0307"}),
    ]


class Network(httpx.AsyncBaseTransport):
    """The way to the application, with its troubles in the test's hand.

    `lose` holds for one request: "request" never arrives, "late" arrives when it is told to, "response" arrives and is
    not heard; `dark` is the same for all until it is lifted. `down` for all.
    `spare` requests get through before `lose` holds; `passes` is called while an answer is on its way.
    `kept` are the requests that went, for a duplicate that comes late. `held`: the answer to a GET, or what
    `holds` says, waits for the event; `late`: a push is on its way until it, and what is sent after it arrives before.
    `over` is set whenever a push was answered, or lost. `instead` are answers to pushes that the server never hears of.
    Several applications are several server processes; `server` is the one that is reached.
    """

    def __init__(self, app: Any) -> None:
        self._ways = [httpx.ASGITransport(app=each) for each in (app if isinstance(app, list) else [app])]
        self.server = 0
        self.lose = ""
        self.dark = ""
        self.spare = 0
        self.passes: Callable[[], None] | None = None
        self.down = False
        self.held: asyncio.Event | None = None
        self.holds = "GET"
        self.holding = asyncio.Event()
        self.late: asyncio.Event | None = None
        self.over = asyncio.Event()
        self.instead: list[bytes] = []
        self.kept: list[tuple[str, httpx.URL, httpx.Headers, bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        if self.lose and self.spare:
            self.spare, lose = self.spare - 1, self.dark
        else:
            lose, self.lose = self.lose or self.dark, ""
        pushes = request.url.path == "/v1/push"
        try:
            if pushes and self.late is not None:
                late, self.late = self.late, None
                await _sent(request)
                await late.wait()
            return await self._carried(request, lose)
        finally:
            if pushes:
                self.over.set()

    async def _carried(self, request: httpx.Request, lose: str) -> httpx.Response:
        if self.down or lose == "request":
            raise httpx.ConnectError("lost")
        if request.method == "POST":
            self.kept.append((request.method, request.url, request.headers, await request.aread()))
            await _sent(request)
        if lose == "late":
            raise httpx.ConnectError("lost, for now")
        if self.instead and request.url.path == "/v1/push":
            return httpx.Response(200, content=self.instead.pop(0), headers={"content-type": "application/json"})
        response = await self._ways[self.server].handle_async_request(request)
        if self.passes is not None:
            self.passes()
        if lose == "response":
            await response.aread()
            raise httpx.ReadTimeout("lost")
        if self.held is not None and request.method == self.holds:
            held, self.held = self.held, None
            self.holding.set()
            await held.wait()
        return response

    async def again(self, index: int) -> httpx.Response:
        """A request that went before, once more, heard by nobody."""
        method, url, headers, content = self.kept[index]
        request = httpx.Request(method, url, headers=headers, content=content)
        response = await self._ways[self.server].handle_async_request(request)
        await response.aread()
        return response


async def _sent(request: httpx.Request) -> None:
    if trace := request.extensions.get("trace"):
        await trace("http11.send_request_body.complete", {})


class Machine:
    """A device: its replica, its people, its exchange with the server."""

    def __init__(self, path: Path, app: Any, clock: DrivenClock, device: str, key: DeviceKey) -> None:
        self.path = path
        self.device = device
        self.key = key
        self.clock = clock
        self.network = Network(app)
        self.transport = HttpTransport("http://memory", transport=self.network)
        self.actors: dict[str, Actor] = {}
        self.staff = ""
        self.opened: SessionOpened | None = None
        self.open()

    def open(self) -> None:
        """Open the file, for the first time or after a crash."""
        self.store = ReplicaStore(self.path, self.key.replica)
        self.exchange = Exchange(self.store, self.transport, self.clock, self.key)
        self.keeper = LeaseKeeper(self.store, self.transport, self.clock)

    async def sign_on(self, staff: str, pin: str = PIN) -> SessionOpened:
        """A person signs on; what is sent goes under their session from now on."""
        opened = await open_session(self.transport, Opening(self.device, self.key, staff, pin))
        self.store.reach(opened.expect)
        self.opened = opened
        self.actors[staff] = Actor(staff, opened.session)
        self.staff = staff
        return opened

    def ask(self, args: Args | Taking, *, id: str, scope: str = QUEUE, by: str = "") -> Submitted | Refusal:
        """A step, as the replica takes it."""
        return submit(self.store, self.clock, self.actors[by or self.staff], args, id=id, scope=scope)

    def do(self, args: Args, *, id: str, scope: str = QUEUE, by: str = "") -> int:
        """A step that the replica takes: its number."""
        outcome = self.ask(args, id=id, scope=scope, by=by)
        assert isinstance(outcome, Submitted), outcome
        return outcome.n

    async def push(self) -> list[Result]:
        """Send what is new, once."""
        return await self.exchange.push()

    async def pull(self) -> set[str]:
        """Pull everything."""
        return await self.exchange.pull_all()

    async def ended(self, args: Args, *, id: str, scope: str = QUEUE, by: str = "") -> Result:
        """A step and how it ended; pulled."""
        n = self.do(args, id=id, scope=scope, by=by)
        [result] = [result for result in await self.push() if result.n == n]
        await self.pull()
        return result

    def row(self, table: str, id: str) -> dict[str, Any] | None:
        """A record as this machine shows it."""
        columns = self.store.columns[table]
        found = self.store.reader().execute(columns.select_one, (id,)).fetchone()
        return None if found is None else {"scope": found[1], "v": found[2], **columns.body(tuple(found))}

    def all(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows of a query over the replica."""
        return [tuple(row) for row in self.store.read(sql, params)]

    def outbox(self) -> list[tuple[int, str]]:
        """(n, state) of what is not done with."""
        return [(n, state) for n, state in self.all("SELECT n, state FROM outbox ORDER BY n")]

    def refusals(self) -> list[tuple[int, str, str]]:
        """(n, status, code) of what was not accepted."""
        return [(n, s, c) for n, s, c in self.all("SELECT n, status, code FROM refusal ORDER BY n")]

    async def close(self) -> None:
        """Close the file and the connections."""
        self.store.close()
        await self.transport.close()


class SmallHall:
    """The centre: its store at `url`, a file in `folder` where none is named, the application over it, the machines
    enrolled with it."""

    def __init__(self, folder: Path, *, now: int = MONDAY, url: str = "") -> None:
        self.folder = folder
        self.clock = DrivenClock(now)
        self.url = url or f"sqlite:///{folder / 'central.db'}"
        self.services: Services
        self.app: Application
        self.machines: list[Machine] = []

    def make(self, rows: Iterable[SeedRow] = (), scopes: Iterable[str] = ()) -> SmallHall:
        """Make the store, with more rows and scopes than it has anyway."""
        self.folder.mkdir(parents=True, exist_ok=True)
        services = Services.open(self.url, self.clock)
        everything = [*first_rows(), *rows]
        staff = [row.id for row in everything if row.table == "staff"]
        seed(services.store, [*SCOPES, *scopes], everything, dict.fromkeys(staff, VERIFIER), self.clock.now())
        services.store.close()
        return self

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[SmallHall]:
        """The server runs as long as the block lasts."""
        self.services = Services.open(self.url, self.clock)
        self.app = Application(self.services)
        started, ended = asyncio.Event(), asyncio.Event()

        async def serve() -> None:  # a task of its own: the lifespan ends in the task that it began in
            async with self.app.lifespan():
                started.set()
                await ended.wait()

        server = asyncio.create_task(serve())
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait({server, waiting}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield self
        finally:
            for machine in self.machines:
                await machine.close()
            self.machines.clear()
            ended.set()
            waiting.cancel()
            await server

    async def device(self, *, clock: DrivenClock | None = None, encrypted: bool = False) -> Machine:
        """A new device with an empty replica, nobody signed on."""
        now = self.clock.now()
        code = await self.services.store.write(lambda tx: new_code(tx, now))
        door, key = HttpTransport.in_memory(self.app), DeviceKey.make(encrypted=encrypted)
        given = await enrol(door, code, "window", key)
        await door.close()
        path = self.folder / f"{given.device}.db"
        ReplicaStore.create(path, device=given.device, hall=given.hall, shapes=given.shapes, key=key.replica)
        machine = Machine(path, self.app, clock or self.clock, given.device, key)
        self.machines.append(machine)
        return machine

    async def machine(self, *staff: str, clock: DrivenClock | None = None) -> Machine:
        """A device at which these people have signed on, everything pulled."""
        machine = await self.device(clock=clock)
        for person in staff:
            await machine.sign_on(person)
        await machine.pull()
        return machine

    def all(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows of a query over the centre's store, by a connection of the test's own; booleans as 0 and 1."""
        if not self.url.startswith("sqlite"):
            found = ask(self.url, sql, *params)
            return [tuple(int(value) if isinstance(value, bool) else value for value in row) for row in found]
        with contextlib.closing(sqlite3.connect(f"file:{self.folder / 'central.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(sql, params).fetchall()

    def results(self) -> dict[tuple[str, int], tuple[str, str | None]]:
        """(device, n) → (status, code) of everything that ended, but for the enrolments."""
        return {(d, n): (s, c) for d, n, s, c in self.all(_ENDED)}

    def faults(self) -> list[str]:
        """What the audit finds."""
        return [str(fault) for fault in verify(self.url)]


_ids = itertools.count(1)


def new(prefix: str = "id") -> str:
    """A fresh id."""
    return f"{prefix}{next(_ids)}"
