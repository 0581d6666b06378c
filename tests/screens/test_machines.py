"""F10 on screen 7: a lost laptop is revoked, what it still says is decided; and the laptop itself leaves nothing."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace

from sync.protocol.verbs import case as verbs
from sync.protocol.verbs.device import RevokeDevice
from tests.screens.live_hall import CASES, LiveHall, press, until
from tests.screens.test_sync import a_case, shows

DEVICES = "licang:device"


async def test_a_lost_laptop_is_revoked_and_what_it_said_is_decided(hall: LiveHall) -> None:
    laptop = await hall.device("0308", name="laptop")
    await a_case(hall, laptop)
    laptop.submit("0308", verbs.Note(note="n1", text="已核对原件"), id="case-1", scope=CASES)
    laptop.submit("0308", verbs.Note(note="n2", text="来历不明"), id="case-1", scope=CASES)
    async with hall.sitting("0101") as app:
        app.goto(7)
        await press(app, "f10")
        assert shows(app, "待定 0 笔", "laptop", "在用")
        machines = app.services.machines.machines()
        place = next(str(n) for n, each in enumerate(machines, 1) if each.label == "laptop")
        await press(app, place)
        assert shows(app, "一直不联网的机器收不到停用")
        await press(app, "1", *"lost", "enter")
        await until(app, lambda: hall_state(app, "laptop") == "revoked")
        await press(app, "escape")
        await laptop.link.farewell(laptop.key)
        assert not laptop.pending()
        await until(app, lambda: len(app.services.machines.held()) == 2)
        await until(app, lambda: shows(app, "2 笔停用设备的操作待决定"))
        await press(app, "f10")
        assert shows(app, "待定 2 笔", "0308", "备注")
        await press(app, "1")
        assert shows(app, "已核对原件", "记在其本人名下")
        await press(app, "1", *"seen", "enter")
        await until(app, lambda: len(app.services.machines.held()) == 1)
        await press(app, "1", "2", *"unknown", "enter")
        await until(app, lambda: not app.services.machines.held())
    other = await hall.device("0308")
    note = other.row("case_note", "n1")
    assert note is not None
    assert note["staff"] == "0308"
    assert other.row("case_note", "n2") is None


def hall_state(app: object, label: str) -> str:
    found = app.services.machines.machines()  # type: ignore[attr-defined]
    return next(each.state for each in found if each.label == label)


async def test_a_clerk_has_no_machines(hall: LiveHall) -> None:
    async with hall.sitting("0307") as app:
        app.goto(7)
        await press(app, "f10")
        assert not shows(app, "待定 0 笔")


async def test_a_revoked_terminal_hands_over_and_leaves_nothing(hall: LiveHall) -> None:
    machine = await hall.enrol("lost")
    duty = await hall.device("0101")
    async with hall.sitting("0307", machine=machine) as app:
        app.terminal = replace(app.terminal, erase=lambda: shutil.rmtree(machine.path.parent))
        assert app.desk is not None
        result = await duty.do("0101", RevokeDevice(reason="丢失"), id=machine.device, scope=DEVICES)
        assert result.status == "accepted", result
        app.sync_now()
        async with asyncio.timeout(60):
            while app.trouble is None:
                await asyncio.sleep(0.01)
    assert app.trouble is not None
    assert app.trouble.code == "signon.revoked_erased"
    assert not machine.path.parent.exists()
