"""Nobody at a window can keep its people from rating: sent on, put aside or cut short by the end of the day, the
ticket's own page asks of each part, and what is said there is of whoever did it.
"""

from __future__ import annotations

import asyncio
import re

import httpx

from server_stub.public import token
from server_stub.public.central import SEALS
from sync.calendar import day_of
from sync.protocol.identifiers import uuid7
from sync.protocol.verbs import ticket as verbs
from tests.screens.ledger_hall import visitor, window
from tests.screens.live_hall import QUEUE, LiveHall
from workstation.headless.device import Device


async def said(device: Device, staff: str, args: object, id: str) -> None:
    result = await device.do(staff, args, id=id, scope=QUEUE)  # type: ignore[arg-type]
    assert result.status == "accepted", result


async def rated_on_the_page(hall: LiveHall, ticket: str, level: str) -> int:
    """As the citizen does, from the ticket's page; how many invitations stood there."""
    address = token.make(hall.services.store.secret(SEALS), token.TICKET, ticket)
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20) as phone:
        asked = re.findall(r'href="(/r/[^"]+)"', (await phone.get(f"/t/{address}")).text)
        for path in asked:
            answer = await phone.post(path, data={"level": level}, follow_redirects=True)
            assert answer.status_code == 200, answer.text
    return len(asked)


async def test_each_part_of_a_visit_is_rated_however_it_ended(hall: LiveHall) -> None:
    one, session = await window(hall)
    other, at_04 = await window(hall, "0308", "w04")
    hall.clock.advance(1000)
    sent_on = await visitor(hall, one, session, finish=False)
    await said(one, "0307", verbs.Transfer(window="w04"), sent_on)
    await said(other, "0308", verbs.Call(session=at_04, call=uuid7(hall.clock.now())), sent_on)
    await said(other, "0308", verbs.Serve(segment=uuid7(hall.clock.now())), sent_on)
    aside = await visitor(hall, one, session, finish=False)
    await said(one, "0307", verbs.Hold(), aside)
    going_on = await visitor(hall, one, session, finish=False)
    duty = await hall.device("0101")
    await said(duty, "0101", verbs.CloseDay(day=day_of(hall.clock.now())), QUEUE)
    async with asyncio.timeout(60):
        while len(await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM invite"))) < 4:
            await asyncio.sleep(0.01)
    assert await rated_on_the_page(hall, sent_on, "satisfied") == 2
    assert await rated_on_the_page(hall, aside, "dissatisfied") == 1
    assert await rated_on_the_page(hall, going_on, "fair") == 1
    found = await hall.services.store.read(
        lambda tx: tx.fetch(
            "SELECT l.ticket, r.staff, r.level FROM rating r JOIN invite_link l ON l.id = r.id WHERE NOT r.defaulted"
        )
    )
    assert sorted(tuple(row) for row in found) == sorted(
        [
            (sent_on, "0307", "satisfied"),
            (sent_on, "0308", "satisfied"),
            (aside, "0307", "dissatisfied"),
            (going_on, "0307", "fair"),
        ]
    )
    [entry] = await hall.services.store.read(lambda tx: tx.fetch("SELECT rated_staff, phone FROM rectification"))
    assert tuple(entry) == ("0307", "13900000021")
