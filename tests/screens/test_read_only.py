"""A supervisor's keys and forged requests change nothing: the digests of all heads are the same before and after, and
every row still is what the log says."""

from __future__ import annotations

import hashlib
import random

import msgspec
import pytest

from server_stub.central.audit import verify
from sync.protocol.identifiers import uuid7
from sync.protocol.messages import AskLeases, Beat, Heard, Leases, WantedBlock
from sync.protocol.verbs import case as cases
from sync.protocol.verbs import ticket as tickets
from tests.screens.forger import STAFF, Forger
from tests.screens.live_hall import CASES, PIN, QUEUE, LiveHall, press
from tests.screens.test_sync import a_case
from workstation.actions import ACTIONS
from workstation.headless.device import Device
from workstation.terminal import TerminalApp

KEYS = (
    *(f"f{n}" for n in range(1, 12)),
    *"0123456789-aA测",
    *("enter", "escape", "space", "tab", "up", "down", "left", "right", "pageup", "end"),
    *(f"ctrl+{letter}" for letter in "zgpyetrn"),
    *("shift+tab", "backspace"),
)
FILE = b"%PDF-1.4\n" + b"%" * 200


async def heads(hall: LiveHall) -> list[tuple[str, str]]:
    found = await hall.services.store.read(lambda tx: tx.fetch("SELECT scope, hash FROM head ORDER BY scope"))
    return [(scope, hash) for scope, hash in found]


async def keys(hall: LiveHall, app: TerminalApp, many: int, seed: int) -> int:
    """Random keys, F12 among them a few times: whoever is locked out signs on again. How often that was."""
    chance, locked = random.Random(seed), 0
    locks = set(chance.sample(range(many), max(many // 500, 1)))
    for n in range(many):
        await press(app, "f12" if n in locks else chance.choice(KEYS))
        if app.person.staff_id != STAFF:
            locked += 1
            await hall.sign_on(app, STAFF)
    return locked


async def shared_machine(hall: LiveHall) -> Forger:
    """A machine at which a clerk's window fell silent, with leased tickets and a block of numbers, and with a file that
    is still to come; then the supervisor signs on there."""
    device = await hall.device("0308")
    await a_case(hall, device)
    await hall.tickets(device, "0308", "m-change", "m-change")
    session = uuid7(hall.clock.now())
    opened = await device.do("0308", tickets.OpenWindow(window="w03"), id=session, scope=QUEUE)
    assert opened.status == "accepted"
    await device.transport.ask("POST", "/v1/heartbeat", Heard, Beat(session=session))
    wanted = [WantedBlock(of="ticket", scope=QUEUE, prefix="A")]
    given = await device.transport.ask("POST", "/v1/lease", Leases, AskLeases(session=session, blocks=wanted))
    assert given.leases
    assert given.blocks
    name = hashlib.sha256(FILE).hexdigest()
    attach = cases.Attach(
        case="case-1", name="租赁合同", ordinal=9, sha256=name, size=len(FILE), media_type="application/pdf"
    )
    attached = await device.do("0308", attach, id="material-9", scope=CASES)
    assert attached.status == "accepted", attached
    hall.clock.advance(90_000)
    await hall.tickets(device, "0308", "m-change")  # whoever pushes makes the server look at what is due
    assert await silent(hall, session)
    await device.sign_on(STAFF, PIN)
    return Forger(hall, device, (name, FILE), [session], 2)


async def silent(hall: LiveHall, session: str) -> bool:
    asked = "SELECT silent_at FROM window_session WHERE id = ?"
    found = await hall.services.store.read(lambda tx: tx.fetch_one(asked, (session,)))
    return found[0] is not None


async def nothing_changes(hall: LiveHall, pressed: int, sent: int) -> None:
    forger, machine = await shared_machine(hall), await hall.enrol()
    async with hall.sitting(STAFF, machine=machine) as app:
        before = await heads(hall)
        locked = await keys(hall, app, pressed, 1)
        await forger.send(sent)
        assert await heads(hall) == before
        assert not set(forger.ended) & {"accepted", "given", "blob 202", "blob 204"}, forger.ended
        assert forger.ended["nothing given"]
        assert forger.ended["read_only"] > sent // 2 - 40
        assert locked >= max(pressed // 500, 1)
    assert verify(f"sqlite:///{hall.folder / 'central' / 'hall.db'}") == []
    told = {"keys": pressed, "locked": locked, "requests": sum(forger.sent.values()), "routes": len(forger.sent)}
    print(msgspec.json.encode({**told, "heads": len(before), "ended": forger.ended}).decode())


async def test_keys_and_forged_requests_of_a_supervisor_change_nothing(hall: LiveHall) -> None:
    await nothing_changes(hall, 60, 100)


def test_the_keys_are_all_that_any_action_has() -> None:
    bound = {key for action in ACTIONS for key in action.keys if action.id != "app.quit"}
    assert bound <= {*KEYS, "f12"}, bound - set(KEYS)


async def test_who_sends_again_at_the_same_machine_finds_all_as_it_was(hall: LiveHall) -> None:
    """What the supervisor could not send is the clerk's still."""
    forger = await shared_machine(hall)
    await forger.send(100)
    device: Device = forger.device
    await device.sign_on("0308", PIN)
    await device.transport.put_blob(forger.waits[0], FILE, "application/pdf")
    given = await device.transport.ask("POST", "/v1/lease", Leases, AskLeases(session=forger.sessions[0]))
    assert given.leases
    assert (await device.do("0308", tickets.CloseWindow(), id=forger.sessions[0], scope=QUEUE)).status == "accepted"


@pytest.mark.prove
async def test_ten_thousand_keys_and_a_thousand_forged_requests(hall: LiveHall) -> None:
    await nothing_changes(hall, 10_000, 1_000)
