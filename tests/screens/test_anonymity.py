"""The rated clerk learns neither who rated nor which ticket a rating belongs to: not from the copy, the wire, a screen,
a file or a page. Every word of the ratings is marked; all that the clerk can reach is searched for the marks.
"""

from __future__ import annotations

import httpx
import pytest

from server_stub.central.opening import open_store
from server_stub.central.seed import SeedRow, seed
from server_stub.public import token
from server_stub.public.central import SEALS
from sync.protocol.identifiers import uuid7
from sync.protocol.verbs import rating as verbs
from tests.screens.anonymity import copy_of, reached, told, wire
from tests.screens.ledger_hall import PHONE, rate, visitor, window
from tests.screens.live_hall import BASE, CALLBACK, QUEUE, RATING, LiveHall
from workstation.headless.device import Device

GOOD, BAD, ADDED, TRIED = "MARKGOOD", "MARKBAD", "MARKADDED", "MARKTRIED"
CLERK, HANDLER = "0307", "0401"


async def rated_twice(hall: LiveHall) -> tuple[Device, tuple[str, ...]]:
    """A good rating, a bad one with words added and a callback tried: the clerk's machine, and the marks."""
    device, session = await window(hall)
    good, bad = await visitor(hall, device, session), await visitor(hall, device, session)
    await rate(hall, good, "very_satisfied", GOOD)
    await rate(hall, bad, "dissatisfied", BAD)
    address = f"/r/{token.make(hall.services.store.secret(SEALS), token.RATING, bad)}"
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20) as citizen:
        assert (await citizen.post(f"{address}/words", data={"words": ADDED})).status_code in (200, 303)
    handler = await hall.device(HANDLER)
    for args in (
        verbs.Assign(handler=HANDLER),
        verbs.Attempt(attempt=uuid7(hall.clock.now()), round="first", outcome="reached", note=TRIED),
    ):
        assert (await handler.do(HANDLER, args, id=bad, scope=CALLBACK)).status == "accepted"
    return device, (GOOD, BAD, ADDED, TRIED, PHONE, good, bad)


async def test_nothing_that_the_rated_clerk_reaches_tells_who_rated(hall: LiveHall) -> None:
    device, marks = await rated_twice(hall)
    gathered = await reached(hall, CLERK, "w03", device)
    assert told(gathered, marks) == []
    assert len(gathered) > 150


LEAKS = {
    "a role on the ratings": SeedRow("role_assignment", "leak", BASE, {"staff": CLERK, "role": "duty", "over": RATING}),
    "a right to read who rated": SeedRow(
        "role_assignment", "leak", BASE, {"staff": CLERK, "role": "callback", "over": CALLBACK}
    ),
    "words in the queue": SeedRow("pause", "leak", QUEUE, {"session": "s", "reason": BAD}),
}


@pytest.mark.parametrize("leak", LEAKS)
async def test_the_walk_notices(hall: LiveHall, leak: str) -> None:
    device, marks = await rated_twice(hall)
    row = LEAKS[leak]
    hall.stop_server()
    store = open_store(f"sqlite:///{hall._store}")
    seed(store, [], [row], {}, hall.clock.now())
    store.close()
    hall.start_server()
    await device.exchange()
    assert told(copy_of(device.store.path), marks)
    if "role" in leak:
        assert {place.split()[0] for place, _ in told(await wire(hall, device), marks)} >= {"GET"}
