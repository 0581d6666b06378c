"""A supervisor's keys and forged requests change nothing: the digests of all heads are the same before and after."""

from __future__ import annotations

import random

import msgspec
import pytest

from sync.errors import HallError
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import Push, Pushed
from sync.protocol.operation import KINDS, Envelope
from tests.screens.live_hall import LiveHall, press
from workstation.headless.device import Device
from workstation.terminal import TerminalApp

KEYS = (
    *(f"f{n}" for n in range(1, 12)),
    *"0123456789-aA测",
    *("enter", "escape", "space", "tab", "up", "down", "left", "right", "pageup", "end"),
    *("ctrl+z", "ctrl+g", "ctrl+p", "ctrl+y", "shift+tab", "backspace"),
)
STAFF = "0001"


async def heads(hall: LiveHall) -> list[tuple[str, str]]:
    found = await hall.services.store.read(lambda tx: tx.fetch("SELECT scope, hash FROM head ORDER BY scope"))
    return [(scope, hash) for scope, hash in found]


async def keys(app: TerminalApp, many: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(many):
        await press(app, chance.choice(KEYS))


async def forged(hall: LiveHall, device: Device, many: int, seed: int) -> set[str]:
    """Operations of every kind through the supervisor's own session, in their name and in others'; how they ended."""
    chance = random.Random(seed)
    scopes = [scope for scope, _ in await heads(hall)]
    found = await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM staff UNION SELECT id FROM matter"))
    ids = [*(id for (id,) in found), *(uuid7(hall.clock.now()) for _ in range(3))]
    kinds = sorted(KINDS)
    ended: set[str] = set()
    for n in range(1, many + 1):
        operation = Envelope(
            n=100_000 + n,
            kind=kinds[n % len(kinds)],
            id=chance.choice(ids),
            scope=chance.choice(scopes),
            args=msgspec.Raw(msgspec.json.encode(arguments(kinds[n % len(kinds)], chance))),
            by=chance.choice([STAFF, STAFF, "0101", "0307", "clock", "citizen"]),
            session=device.transport.session,
            said_at=hall.clock.now(),
        )
        push = Push(device=device.id, boot="b", boot_now=1, ops=[operation])
        try:
            pushed = await device.transport.ask("POST", "/v1/push", Pushed, push)
            ended |= {result.status for result in pushed.results}
        except HallError as error:
            ended.add(error.code)
    return ended


def arguments(kind: str, chance: random.Random) -> dict[str, object]:
    """Arguments of the right types for the verb, so that nothing but the role stands in its way."""
    told: dict[str, object] = {}
    for field in msgspec.structs.fields(KINDS[kind]):
        if field.required or chance.random() < 0.3:
            of = str(field.type)
            told[field.name] = 1 if "int" in of else [] if "list" in of else {} if "dict" in of else "0307"
    return told


async def nothing_changes(hall: LiveHall, pressed: int, sent: int) -> None:
    device, machine = await hall.device(STAFF), await hall.enrol()
    async with hall.sitting(STAFF, machine=machine) as app:
        before = await heads(hall)
        await keys(app, pressed, 1)
        ended = await forged(hall, device, sent, 2)
        assert await heads(hall) == before
        assert ended
        assert "accepted" not in ended


async def test_keys_and_forged_requests_of_a_supervisor_change_nothing(hall: LiveHall) -> None:
    await nothing_changes(hall, 60, 60)


@pytest.mark.prove
async def test_ten_thousand_keys_and_a_thousand_forged_requests(hall: LiveHall) -> None:
    await nothing_changes(hall, 10_000, 1_000)
