"""A small hall for the tests of the screens: a real server in this process, real replica files, the real terminal.

hall = LiveHall(folder, template)          the server listens on hall.url; time stands at hall.clock until driven
async with hall.sitting() as app:          a terminal at screen 0, its copy open
    await hall.sign_on(app, "0307", "w03") as the person would be after screen 0, at the screen of the role
    await press(app, "f2")
    await until(app, lambda: "A001" in text(app))
window = await hall.device("0308")         a second machine without a screen (workstation/headless/device.py)
await window.do("0308", verbs.CallNext(call="c9"), id="s9", scope=QUEUE)

0305 0307 0308 clerks of the main hall (0305: registration too)   0201 approver   0401 callback handler
0101 duty manager   0001 supervisor   0901 administrator          G012 grid worker of a park
0601 0602 kiosks: papers, tickets
everybody's PIN is 1234; windows w03 (A B), w04 (A), w05 (B), in the park p1
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sync.rules.register as _rules  # noqa: F401 - the server decides by all of them
from server_stub.app import Application
from server_stub.central.opening import open_store
from server_stub.central.people import new_code
from server_stub.central.seed import SeedRow, seed
from server_stub.services import Services
from sync.clock import DrivenClock
from sync.device_key import DeviceKey
from sync.protocol.verbs import ticket as verbs
from sync.replica.sessions import enrol
from sync.replica.store import ReplicaStore
from sync.transport.http import HttpTransport
from tests.served import OnThread
from tests.sync.hall_names import PIN
from tests.sync.small_hall import VERIFIER
from tests.terminal.hall import press, send, text
from workstation import journal as terminal_journal
from workstation.documents.outside import Outside
from workstation.headless.device import Device
from workstation.headless.journal import Journal
from workstation.keypump import KeyPump
from workstation.kiosk.app import KioskApp
from workstation.locations import locate
from workstation.settings import Settings
from workstation.terminal import DemoPerson, Terminal, TerminalApp

__all__ = [
    "BASE",
    "CASES",
    "NOW",
    "PARK_CASES",
    "PIN",
    "QUEUE",
    "LiveHall",
    "Machine",
    "press",
    "send",
    "text",
    "until",
]

T = TypeVar("T")
NOW = 1_795_400_000_000  # Monday 2026-11-23 10:13:20 in the hall
PATIENCE_S = 60.0
"""An outside server that is up may be slow on a machine that does much else; a try that fails waits for the driven
clock, which stands."""
BASE, QUEUE, PARK_QUEUE = "licang:base", "licang:queue", "licang:queue/jinhainiu"
CASES, PARK_CASES = "licang:case/registration", "licang:case/jinhainiu"
RATING, CALLBACK, PRINT = "licang:rating", "licang:callback", "licang:print"
OTHERS = ("licang:numbers", "licang:archive/registration")
SCOPES = (BASE, QUEUE, PARK_QUEUE, CASES, PARK_CASES, RATING, CALLBACK, PRINT, *OTHERS)

PEOPLE: Mapping[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "0305": ("周某", "hall", (("clerk", QUEUE), ("clerk", CASES))),
    "0307": ("赵某", "hall", (("clerk", QUEUE), ("clerk", CASES))),
    "0308": ("钱某", "hall", (("clerk", QUEUE), ("clerk", CASES))),
    "0201": ("孙某", "hall", (("approver", CASES), ("approver", PARK_CASES))),
    "0401": ("李某", "hall", (("callback", RATING), ("callback", CALLBACK))),
    "0101": (
        "吴某",
        "hall",
        tuple(("duty", over) for over in (BASE, QUEUE, PARK_QUEUE, RATING, CALLBACK, PRINT, "licang:device")),
    ),
    "0001": (
        "郑某",
        "hall",
        tuple(("supervisor", over) for over in (QUEUE, PARK_QUEUE, CASES, PARK_CASES, RATING, CALLBACK)),
    ),
    "0901": ("王某", "hall", (("admin", BASE),)),
    "0601": ("孔某", "hall", (("kiosk", PRINT),)),
    "0602": ("曹某", "hall", (("kiosk", QUEUE),)),
    "G012": ("冯某", "jinhainiu", (("grid", PARK_QUEUE), ("grid", PARK_CASES))),
}
FIELDS = [
    {"name": "company", "label": "公司名称", "required": True, "personal": False},
    {"name": "legal_person", "label": "法定代表人", "required": True, "personal": True},
    {"name": "phone", "label": "联系电话", "required": False, "personal": True},
    {"name": "address", "label": "住所", "required": True, "personal": False},
    {"name": "capital", "label": "注册资本", "required": False, "personal": False},
]
MATTERS = {
    "m-change": ("企业变更登记", "registration", "A", 12),
    "m-set-up": ("个体户设立", "registration", "A", 6),
    "m-food": ("食品经营许可延续", "registration", "B", 9),
}
WINDOWS = {"w03": ("03", ["A", "B"]), "w04": ("04", ["A"]), "w05": ("05", ["B"])}


def rows(*, sample: bool = True) -> list[SeedRow]:
    """What the hall begins with."""
    found = [
        SeedRow(
            "hall", "licang", BASE, {"name": "李沧区政务服务大厅", "bureau": "李沧区行政审批服务局", "sample": sample}
        ),
        SeedRow("office", "registration", BASE, {"name": "企业登记科"}),
        SeedRow("site", "hall", BASE, {"name": "主大厅", "kind": "hall", "queue_scope": QUEUE}),
        SeedRow(
            "site",
            "jinhainiu",
            BASE,
            {"name": "金海牛产业园", "kind": "park", "queue_scope": PARK_QUEUE, "case_scope": PARK_CASES},
        ),
        SeedRow("setting", "always_open", BASE, {"value": {"value": True}}),
        SeedRow("setting", "day_closes", BASE, {"value": {"value": ""}}),
        SeedRow("window", "p1", BASE, {"label": "1", "site": "jinhainiu", "skills": ["A"], "queue_scope": PARK_QUEUE}),
    ]
    for id, (label, skills) in WINDOWS.items():
        found.append(
            SeedRow("window", id, BASE, {"label": label, "site": "hall", "skills": skills, "queue_scope": QUEUE})
        )
    for id, (name, office, prefix, minutes) in MATTERS.items():
        body = {
            "name": name,
            "office": office,
            "prefix": prefix,
            "expected_minutes": minutes,
            "promised_days": 3,
            "statutory_days": 20,
            "basis": "《中华人民共和国公司法》第三十四条",
            "materials": [
                {"name": "变更登记申请书", "required": True},
                {"name": "法定代表人身份证", "required": True},
                {"name": "租赁合同", "required": False},
            ],
            "fields": FIELDS,
        }
        if id == "m-set-up":
            body |= {"licence": "营业执照", "licence_years": 0}
        found.append(SeedRow("matter", id, BASE, body))
    for staff, (name, site, grants) in PEOPLE.items():
        found.append(SeedRow("staff", staff, BASE, {"name": name, "site": site, "office": "registration"}))
        for role, over in grants:
            found.append(
                SeedRow("role_assignment", f"{staff}/{role}/{over}", BASE, {"staff": staff, "role": role, "over": over})
            )
    return found


def make_template(folder: Path, *, sample: bool = True, verifier: str = VERIFIER) -> Path:
    """A seeded store to be copied for each test; everybody's PIN costs next to nothing to try."""
    path = folder / "hall.db"
    store = open_store(f"sqlite:///{path}")
    seed(store, SCOPES, rows(sample=sample), dict.fromkeys(PEOPLE, verifier), NOW)
    store.secret("server")
    store.close()
    return path


@dataclass(frozen=True, slots=True)
class Machine:
    """An enrolled replica file and its device's key."""

    path: Path
    device: str
    key: DeviceKey


class LiveHall:
    """The server on a thread of its own. `stop_server` and `start_server` are the network going and coming back: same
    store, same port."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        self.clock = DrivenClock(NOW)
        self._store = folder / "central" / "hall.db"
        self._store.parent.mkdir(parents=True)
        for part in template.parent.glob("hall.db*"):
            shutil.copy(part, self._store.parent / part.name)
        self._port = 0
        self._machines = 0
        self._devices: list[Device] = []
        self._server: OnThread | None = None
        self.start_server()

    # -- the server ---------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start_server(self) -> None:
        """Listen; returns once requests are answered."""
        self.services = Services.open(f"sqlite:///{self._store}", self.clock)
        hub = self.services.hub
        self._server = OnThread(
            Application(self.services), port=self._port, ending=hub.close, timeout_graceful_shutdown=2
        )
        self._port = self._server.port

    async def served(self, work: Coroutine[Any, Any, T]) -> T:
        """Done where the server's own work is done: its locks belong to its loop."""
        assert self._server is not None
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._server.loop))

    def stop_server(self) -> None:
        """Gone: requests find nobody."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    async def stop(self) -> None:
        """Close every device and the server."""
        for device in self._devices:
            await device.close()
            if device.journal is not None:
                device.journal.close()
        await asyncio.to_thread(self.stop_server)

    # -- machines -----------------------------------------------------------------------------------------------------

    async def enrol(self, name: str = "", *, encrypted: bool = False) -> Machine:
        """A new machine with its replica file."""
        self._machines += 1
        label = name or f"machine-{self._machines}"
        path = self.folder / label / "replica.db"
        code = await self._code()
        door, key = HttpTransport(self.url), DeviceKey.make(encrypted=encrypted)
        try:
            given = await enrol(door, code, label, key)
        finally:
            await door.close()
        ReplicaStore.create(path, device=given.device, hall=given.hall, shapes=given.shapes, key=key.replica)
        return Machine(path, given.device, key)

    async def _code(self) -> str:
        now = self.clock.now()
        return await self.services.store.write(lambda tx: new_code(tx, now))

    async def device(self, *staff: str, name: str = "") -> Device:
        """A machine without a screen, at which these people are signed on."""
        self._machines += 1
        label = name or f"device-{self._machines}"
        folder = self.folder / label
        journal = Journal(folder / "journal.jsonl")
        device = await Device.enrol(self.url, await self._code(), label, folder / "replica.db", self.clock, journal)
        self._devices.append(device)
        for each in staff:
            await device.sign_on(each, PIN)
        return device

    async def tickets(self, device: Device, staff: str, *matters: str, **more: Any) -> list[str]:
        """Give out tickets a second apart; their ids."""
        ids = []
        for matter in matters:
            self.clock.advance(1000)
            ids.append(f"t-{device.label}-{self.clock.now()}")
            holder = more.get("holder", "某设备有限公司")
            args = verbs.Issue(matter=matter, holder=holder, site="hall", priority=more.get("priority", "none"))
            result = await device.do(staff, args, id=ids[-1], scope=QUEUE)
            assert result.status == "accepted", result
        return ids

    # -- terminals ----------------------------------------------------------------------------------------------------

    def terminal(self, machine: Machine, *, people: tuple[DemoPerson, ...] = (), **settings: Any) -> TerminalApp:
        """A terminal on this machine, not yet running."""
        locations = locate(machine.path.parent)
        return TerminalApp(
            Terminal(machine.path, self.url, lambda: machine.key, locations, self.clock, people),
            clock=self.clock,
            settings=Settings(**settings),
            locations=locations,
            journal=terminal_journal.Journal(locations.journal_file, self.clock),
        )

    @contextlib.asynccontextmanager
    async def sitting(
        self,
        staff: str = "",
        window: str = "",
        *,
        machine: Machine | None = None,
        size: tuple[int, int] = (100, 30),
        people: tuple[DemoPerson, ...] = (),
        **settings: Any,
    ) -> AsyncIterator[TerminalApp]:
        """A terminal running, at screen 0; with `staff` signed on, at the screen of the role."""
        app = self.terminal(machine or await self.enrol(), people=people, **settings)
        async with app.run_test(size=size):
            await asyncio.wait_for(app.opened.wait(), 20)
            await press(app)
            app.services.levels.use(Outside(deadline_s=PATIENCE_S))
            if staff:
                await self.sign_on(app, staff, window)
            yield app

    async def sign_on(self, app: TerminalApp, staff: str, window: str = "") -> None:
        """Sign on without the keys of screen 0, and wait until the copy is complete."""
        await app.sign_on(staff, PIN, window)
        await until(app, lambda: app.person.staff_id == staff)
        await self.settled(app)

    async def settled(self, app: TerminalApp | KioskApp) -> None:
        """Everything said has been answered and pulled: the outbox is empty, the copy stands where the server does."""
        desk = app.desk
        assert desk is not None
        desk.engine.nudge()

        def level() -> bool:
            held = {row["scope"]: row["seq"] for row in desk.read("SELECT scope, seq FROM cursor")}
            return (
                bool(held)
                and not desk.read("SELECT 1 FROM outbox")
                and all(held[scope] >= seq for scope, seq in heads.items() if scope in held)
            )

        heads: dict[str, int] = {}
        heads.update(dict(await self.services.store.read(lambda tx: tx.fetch("SELECT scope, seq FROM head"))))
        await until(app, level)
        await press(app)


async def until(app: KeyPump, condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until the condition holds; the loop goes on meanwhile, and asking takes a fifth of the time at most. Fails
    with what the screen shows."""
    try:
        async with asyncio.timeout(seconds):
            asked = time.perf_counter()
            while app.is_running and not condition():
                await asyncio.sleep(max(0.005, 4 * (time.perf_counter() - asked)))
                asked = time.perf_counter()
        assert app.is_running, "the terminal has ended"
    except TimeoutError:
        raise AssertionError("not within the time; the screen shows:\n" + "\n".join(text(app))) from None
