"""The last steps of some cases of a fresh sample hall, taken by this very terminal.

A decision's right to issue goes to the machine that sent the case for approval. So the clerk whose cases are ready
sends them from here, and an approver grants one: screens 2 and 3 have something to decide and something to issue.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.clock import Clock
from sync.errors import HallError
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import ACCEPTED
from sync.protocol.verbs import case as verbs
from sync.replica.store import ReplicaStore
from workstation.headless.device import Device, Enrolment
from workstation.sample_hall import SamplePerson, TerminalPlace

CLERK, APPROVER = "0304", "0201"
OPINION = "申请材料齐全，符合法定形式，拟准予。"
_READY = """SELECT id, scope FROM "case" WHERE owner = ? AND state = 'in_review'
AND NOT EXISTS (SELECT 1 FROM conflict WHERE "case" = "case".id AND state = 'open') ORDER BY received_at, id"""


async def hand_in(place: TerminalPlace, url: str, people: Sequence[SamplePerson], clock: Clock) -> None:
    """Send the clerk's cases for approval, and grant the first. Raises HallError."""
    pins = {person.staff: person.pin for person in people}
    store = ReplicaStore(place.replica)
    device = Device(store, Enrolment(store.device, place.key().text), url, clock)
    try:
        await device.sign_on(CLERK, pins[CLERK])
        ready = device.rows(_READY, CLERK)
        for case in ready:
            args = verbs.Submit(opinion=OPINION, proposal="granted")
            await _do(device, CLERK, args, case["id"], case["scope"])
        if ready:
            await device.sign_on(APPROVER, pins[APPROVER])
            decide = verbs.Decide(
                decision="granted", reasons="", authorisation=uuid7(clock.now()), document=uuid7(clock.now())
            )
            await _do(device, APPROVER, decide, ready[0]["id"], ready[0]["scope"])
    finally:
        await device.close()


async def _do(device: Device, staff: str, args: verbs.Submit | verbs.Decide, case: str, scope: str) -> None:
    result = await device.do(staff, args, id=case, scope=scope)
    if result.status != ACCEPTED:
        raise HallError(f"refusal.{result.code}", **result.params)
