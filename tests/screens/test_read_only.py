"""A supervisor's keys and forged requests change nothing: the digests of all heads are the same before and after."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from sync.errors import HallError
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import AskLeases, Beat, Heard, Leases, Push, Pushed, WantedBlock
from sync.protocol.operation import KINDS, Envelope
from tests.screens.live_hall import LiveHall, press
from workstation.headless.device import Device
from workstation.terminal import TerminalApp

KEYS = (
    *(f"f{n}" for n in range(1, 12)),
    *"0123456789-aA测",
    *("enter", "escape", "space", "tab", "up", "down", "left", "right", "pageup", "end"),
    *(f"ctrl+{letter}" for letter in "zgpyetrn"),
    *("shift+tab", "backspace"),
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
    """Operations of every kind through the supervisor's own session, in their name and in others', and what else the
    wire takes: how they ended."""
    chance = random.Random(seed)
    scopes = [scope for scope, _ in await heads(hall)]
    found = await hall.services.store.read(lambda tx: tx.fetch("SELECT id FROM staff UNION SELECT id FROM matter"))
    ids = [*(id for (id,) in found), *(uuid7(hall.clock.now()) for _ in range(3))]
    kinds = sorted(KINDS)
    ended: set[str] = set()
    for n in range(1, many + 1):
        if n % 5 == 0:
            ended.add(await asked(device, scopes, chance))
            continue
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


async def asked(device: Device, scopes: list[str], chance: random.Random) -> str:
    """Numbers and leases are given on request, outside any push."""
    queues = [WantedBlock(of="ticket", scope=scope, prefix="A") for scope in scopes if ":queue" in scope]
    papers = [WantedBlock(of="material_receipt", scope=chance.choice(scopes)) for _ in range(3)]
    requests: list[tuple[str, type[Any], Any]] = [
        ("/v1/lease", Leases, AskLeases(blocks=queues + papers)),
        ("/v1/lease", Leases, AskLeases(session=uuid7(1))),
        ("/v1/heartbeat", Heard, Beat(session=uuid7(1))),
    ]
    path, answer, message = chance.choice(requests)
    try:
        told = await device.transport.ask("POST", path, answer, message)
    except HallError as error:
        return error.code
    return "given" if getattr(told, "blocks", None) else "nothing given"


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
        assert not ended & {"accepted", "given"}
        assert "nothing given" in ended


async def test_keys_and_forged_requests_of_a_supervisor_change_nothing(hall: LiveHall) -> None:
    await nothing_changes(hall, 60, 60)


@pytest.mark.prove
async def test_ten_thousand_keys_and_a_thousand_forged_requests(hall: LiveHall) -> None:
    await nothing_changes(hall, 10_000, 1_000)
