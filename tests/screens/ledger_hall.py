"""A hall in which somebody was rated badly: tickets worked at a window, the citizen's own page answered.

bad = await unhappy_visitor(hall)       served by 0307 at w03, then rated on the public page; the entry's id
"""

from __future__ import annotations

import httpx

from server_stub.public import token
from server_stub.public.central import SEALS
from sync.protocol.identifiers import uuid7
from sync.protocol.verbs import ticket as verbs
from sync.trusted import machine_trust
from tests.screens.live_hall import QUEUE, LiveHall
from workstation.headless.device import Device

SERVICE_MS = 7 * 60_000
WORDS = "排了两次队，第二次才说少一份任职文件。"
PHONE = "13900000021"


async def window(hall: LiveHall, staff: str = "0307", at: str = "w03") -> tuple[Device, str]:
    """A clerk's machine with its window open: (device, session)."""
    device = await hall.device(staff)
    session = uuid7(hall.clock.now())
    result = await device.do(staff, verbs.OpenWindow(window=at), id=session, scope=QUEUE)
    assert result.status == "accepted", result
    return device, session


async def visitor(
    hall: LiveHall,
    device: Device,
    session: str,
    *,
    staff: str = "0307",
    holder: str = "赵某某",
    matter: str = "m-change",
    finish: bool = True,
) -> str:
    """A ticket called and served there; the id of the invitation to rate, or of the ticket where service goes on."""

    async def do(args: object, id: str) -> None:
        result = await device.do(staff, args, id=id, scope=QUEUE)  # type: ignore[arg-type]
        assert result.status == "accepted", result

    hall.clock.advance(1000)
    ticket, invite = uuid7(hall.clock.now()), uuid7(hall.clock.now())
    await do(verbs.Issue(matter=matter, holder=holder, phone=PHONE, site="hall"), ticket)
    await do(verbs.Call(session=session, call=uuid7(hall.clock.now())), ticket)
    await do(verbs.Serve(segment=uuid7(hall.clock.now())), ticket)
    if not finish:
        return ticket
    hall.clock.advance(SERVICE_MS)
    await do(verbs.Finish(invite=invite), ticket)
    return invite


async def rate(hall: LiveHall, invite: str, level: str = "dissatisfied", words: str = WORDS) -> None:
    """As the citizen does, on the page."""
    secret = hall.services.store.secret(SEALS)
    async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20, verify=machine_trust()) as client:
        page = f"/r/{token.make(secret, token.RATING, invite)}"
        answer = await client.post(page, data={"level": level, "words": words}, follow_redirects=True)
        assert answer.status_code == 200, answer.text


async def unhappy_visitor(hall: LiveHall, device: Device | None = None, session: str = "", **how: str) -> str:
    """Served and rated badly; the id of the ledger's entry."""
    if device is None:
        device, session = await window(hall)
    invite = await visitor(hall, device, session, holder=how.get("holder", "赵某某"))
    await rate(hall, invite, how.get("level", "dissatisfied"), how.get("words", WORDS))
    return invite
