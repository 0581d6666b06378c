"""A signed paper in a hall of processes, and the code that prints one copy of it at a terminal for citizens."""

from __future__ import annotations

import asyncio

from sync.clock import SystemClock
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import printing as verbs
from tests.screens.live_hall import CASES, PIN
from tests.screens.real_hall import RealHall
from workstation.headless.device import Device
from workstation.headless.journal import Journal
from workstation.headless.signing import Seal

APPLICANT = "青岛某设备有限公司"


def code_for_a_paper(hall: RealHall) -> tuple[str, str]:
    """A case is received at a counter and its receipt signed; (number of the receipt, code for a terminal)."""
    return asyncio.run(_code_for_a_paper(hall))


async def _code_for_a_paper(hall: RealHall) -> tuple[str, str]:
    folder, clock = hall.folder / "counter", SystemClock()
    journal = Journal(folder / "journal.jsonl")
    counter = await Device.enrol(hall.process.url, hall.code(), "counter", folder / "replica.db", clock, journal)
    await counter.sign_on("0307", PIN)
    received = cases.Receive(matter="m-change", site="hall", applicant=APPLICANT, document="receipt")
    await _taken(counter, received, "c1")
    await counter.pull()
    receipt = counter.row("document", "receipt")
    assert receipt is not None
    seal = Seal(folder / "pki", bureau="李沧区行政审批服务局", server=hall.process.url, now_ms=clock.now())
    signed = await seal.sign(counter.store, receipt, clock.now())
    await _taken(counter, cases.Register(signed=signed), "receipt")
    await counter.exchange()
    given = verbs.GivePrint(document="receipt", channel="kiosk")
    await _taken(counter, given, "print-1")
    await counter.pull()
    right = counter.row("print_authorisation", "print-1")
    assert right is not None
    await counter.close()
    journal.close()
    return str(receipt["number"]), str(right["code"])


async def _taken(device: Device, args: object, id: str) -> None:
    result = await device.do("0307", args, id=id, scope=CASES)  # type: ignore[arg-type]
    assert result.status == "accepted", result


def state_of_the_copy(hall: RealHall) -> str:
    """What the centre knows of it."""
    [(state,)] = hall.look("SELECT state FROM print_authorisation")
    return state
