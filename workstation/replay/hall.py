"""The hall that a log needs: its people, windows and matters, and the machines they work at.

    resources ─▶ clerks R001 … on machines (one each, or `devices` shared in turn); approver and desk have theirs

The hall is marked as a sample, so that its clock may be driven and its seal says so. Its PINs protect nothing: they are
hashed at the least cost, since a log of a year signs on thousands of times.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from sync.clock import DrivenClock
from sync.errors import ServerRefused, TransportError
from sync.protocol.identifiers import derived
from sync.protocol.messages import ACCEPTED, REFUSED, Result
from sync.protocol.operation import Args
from sync.rules.outcome import Refusal
from workstation.hall_process import ask_server
from workstation.headless.device import Device
from workstation.headless.hall import HeadlessHall
from workstation.headless.journal import Journal
from workstation.replay.faults import KILL, Chance

HALL = "replay"
BASE, QUEUE, CASES = f"{HALL}:base", f"{HALL}:queue", f"{HALL}:case/log"
SCOPES = [BASE, QUEUE, CASES, f"{HALL}:rating", f"{HALL}:callback", f"{HALL}:numbers", f"{HALL}:archive/log"]
OFFICE, SITE, APPROVER, DESK = "log", "hall", "A001", "D001"
PIN = "1234"
RENEW_MS = 11 * 3_600_000  # a session lasts twelve hours
TRIES = 200
LOG_DAYS = 100 * 365  # a recorded log lasts a year, and the oracle reads the hall's to its beginning


def description(resources: Sequence[str], services: Sequence[str], at: int) -> bytes:
    """The hall as `sync-server init` takes it."""
    rows: list[dict[str, Any]] = []

    def row(table: str, id: str, **body: Any) -> None:
        rows.append({"table": table, "id": id, "scope": BASE, "body": body})

    row("hall", HALL, name="回放大厅", bureau="回放样例审批局", sample=True)
    row("office", OFFICE, name="回放")
    row("site", SITE, name="大厅", kind="hall", queue_scope=QUEUE, case_scope=CASES)
    for name, value in (("always_open", True), ("day_closes", ""), ("log_days", LOG_DAYS)):
        row("setting", name, value={"value": value})
    for i, service in enumerate(services):
        row(
            "matter",
            derived("matter", service),
            name=service,
            office=OFFICE,
            prefix=prefix_of(i),
            expected_minutes=5,
            promised_days=10,
            statutory_days=20,
            basis="《中华人民共和国行政许可法》",
        )
    for i, resource in enumerate(resources):
        row("window", window_of(resource), label=f"{i + 1:02d}", site=SITE, queue_scope=QUEUE, skills=[])
    people = {**{staff_of(i): resource for i, resource in enumerate(resources)}, APPROVER: "审批", DESK: "导办"}
    for staff, name in people.items():
        row("staff", staff, name=name, site=SITE, office=OFFICE)
        role = "approver" if staff == APPROVER else "clerk"
        for over in (CASES,) if staff == APPROVER else (QUEUE, CASES):
            row("role_assignment", f"{staff}/{over}", staff=staff, role=role, over=over)
    return msgspec.json.encode(
        {"scopes": SCOPES, "rows": rows, "verifiers": dict.fromkeys(people, _verifier()), "at": at}
    )


def staff_of(index: int) -> str:
    """The staff number of a resource."""
    return f"R{index + 1:03d}"


def window_of(resource: str) -> str:
    """The window of a resource."""
    return derived("window", resource)


def prefix_of(index: int) -> str:
    """A, B … Z, AA …"""
    letters = chr(ord("A") + index % 26)
    return letters if index < 26 else prefix_of(index // 26 - 1) + letters


def _verifier() -> str:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    return Argon2id(salt=b"replay-sample", length=16, iterations=1, lanes=1, memory_cost=8).derive_phc_encoded(
        PIN.encode()
    )


class Machine:
    """A device and the people who share it; `cut_off` while a partition lasts."""

    def __init__(self, device: Device, hall: ReplayHall) -> None:
        self.device = device
        self.cut_off = False
        self._hall = hall
        self._signed_on: dict[str, int] = {}

    async def ready(self, staff: str) -> None:
        """`staff` has a live session here."""
        now = self.device.clock.now()
        if self._signed_on.get(staff, -RENEW_MS) + RENEW_MS <= now:
            await self._steady(lambda: self.device.sign_on(staff, PIN))
            self._signed_on[staff] = now

    def signed_on(self, staff: str) -> bool:
        """Whether `staff` ever signed on here."""
        return staff in self._signed_on

    def submit(self, staff: str, args: Args, *, id: str, scope: str) -> int | Refusal:
        """A step into the outbox."""
        outcome = self.device.submit(staff, args, id=id, scope=scope)
        self._hall.count("submitted" if isinstance(outcome, int) else "not_queued")
        return outcome

    async def push(self) -> None:
        """Everything in the outbox has its answer."""
        await self._steady(self._push)

    async def _push(self) -> None:
        while self.device.pending():
            await self._hall.perhaps_killing(self.device.push)

    async def pull(self) -> None:
        """The replica is as new as the server."""
        await self._steady(self.device.pull)

    async def do(self, staff: str, args: Args, *, id: str, scope: str) -> Result:
        """A step and its answer; a refusal of the replica itself has the number 0."""
        outcome = self.submit(staff, args, id=id, scope=scope)
        if isinstance(outcome, Refusal):
            return Result(n=0, status=REFUSED, code=outcome.code, params=dict(outcome.params))
        await self.push()
        return self.device.results[outcome]

    async def _steady(self, work: Any) -> None:
        """Try until it works: the network comes back, a session that has ended is opened anew."""
        for _ in range(TRIES):
            try:
                await work()
            except ServerRefused as refused:
                if refused.params.get("status") != 401:
                    raise
                if not self._signed_on:
                    raise
                for staff in self._signed_on:
                    with contextlib.suppress(TransportError):
                        await self.device.sign_on(staff, PIN)
            except TransportError:
                await asyncio.sleep(0.002)
            else:
                return
        raise TransportError("unreachable", detail=f"{TRIES} tries")


class ReplayHall:
    """The server child, the machines, the journal and the chance of faults."""

    def __init__(self, folder: Path, clock: DrivenClock, chance: Chance) -> None:
        self.folder = folder
        self.clock = clock
        self.chance = chance
        self.server = HeadlessHall(folder, clock)
        self.journal = Journal(folder / "journal.jsonl")
        self.machines: dict[str, Machine] = {}
        self.counts: dict[str, int] = {"submitted": 0, "not_queued": 0}

    @classmethod
    async def open(
        cls,
        folder: Path,
        resources: Sequence[str],
        services: Sequence[str],
        at: int,
        chance: Chance,
        devices: int | None,
        extra: Iterable[str],
    ) -> ReplayHall:
        """Make the store, start the server, enrol the machines and sign everyone on."""
        hall = cls(folder, DrivenClock(at), chance)
        hall._make_store(description(resources, services, at))
        hall.server.start()
        people = [staff_of(i) for i in range(len(resources))]
        shared = min(devices or len(people), len(people))
        codes = iter(hall.server.codes(shared + 2))
        clerks = [await hall._machine(f"clerk{i + 1:03d}", next(codes)) for i in range(shared)]
        hall.machines |= {staff: clerks[i % shared] for i, staff in enumerate(people)}
        for staff in extra:
            hall.machines[staff] = await hall._machine(staff, next(codes))
        return hall

    def _make_store(self, description: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "hall.json"
        file.write_bytes(description)
        ask_server("init", "--store", self.server.store_url, str(file))

    async def _machine(self, label: str, code: str) -> Machine:
        path = self.folder / f"{label}.db"
        device = await Device.enrol(
            self.server.url, code, label, path, self.clock, self.journal, transport=self.chance.transport()
        )
        return Machine(device, self)

    @property
    def all_machines(self) -> list[Machine]:
        """Every machine once."""
        return list(dict.fromkeys(self.machines.values()))

    def count(self, what: str) -> None:
        """One more."""
        self.counts[what] = self.counts.get(what, 0) + 1

    async def perhaps_killing(self, work: Any) -> None:
        """Do it, and now and then kill the server while it is under way."""
        if not self.chance.strikes(KILL):
            await work()
            return
        task = asyncio.ensure_future(work())
        await asyncio.sleep(self.chance.random.random() * 0.008)
        self.server.crash()
        self.chance.counters.server_kills += 1
        await asyncio.to_thread(self.server.start)
        await task

    async def settle(self) -> None:
        """Everybody is back on the network, and everything has been said and heard."""
        for staff, machine in self.machines.items():
            machine.cut_off = False
            await machine.ready(staff)
        for machine in self.all_machines:
            await machine.push()
        for machine in self.all_machines:
            await machine.pull()

    async def close(self) -> None:
        """Stop the server and close the files."""
        for machine in self.all_machines:
            await machine.device.close()
        self.journal.close()
        self.server.stop()

    def outcomes(self) -> dict[str, int]:
        """How the operations ended."""
        found = dict.fromkeys((ACCEPTED, REFUSED, "conflict", "held", "quarantined"), 0)
        for machine in self.all_machines:
            for result in machine.device.results.values():
                found[result.status] += 1
        return {"submitted": self.counts["submitted"], **found}
