"""F10 on screen 7: a lost laptop is revoked, what it still says is decided; and the laptop itself leaves nothing."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import replace
from typing import Any

import pytest

from sync.device_key import DeviceKey
from sync.errors import ServerRefused
from sync.protocol.machine_code import AskCode, CodeGiven
from sync.protocol.verbs import case as verbs
from sync.protocol.verbs.device import DecideHeld, RevokeDevice
from sync.replica.sessions import enrol
from sync.transport.http import HttpTransport
from tests.screens.live_hall import CASES, LiveHall, press, text, until
from tests.screens.test_sync import a_case, shows
from workstation.headless.device import Device
from workstation.widgets.status_line import StatusLine
from workstation.widgets.window_table import WindowTable

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
        place = next(str(n) for n, each in enumerate(machines, 2) if each.label == "laptop")
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


async def test_the_author_of_held_work_learns_what_became_of_it_and_why(hall: LiveHall) -> None:
    laptop, duty = await hall.device("0308", name="laptop"), await hall.device("0101")
    await a_case(hall, laptop)
    laptop.submit("0308", verbs.Note(note="n1", text="已核对原件"), id="case-1", scope=CASES)
    laptop.submit("0308", verbs.Note(note="n2", text="来历不明"), id="case-1", scope=CASES)
    await duty.do("0101", RevokeDevice(reason="丢失"), id=laptop.store.device, scope=DEVICES)
    await laptop.link.farewell(laptop.key)
    other = await hall.device("0307")
    async with hall.sitting("0308") as app:
        await duty.pull()
        for row, choice, reason in zip(held_rows(duty), ("accept", "refuse"), ("核实过", "查不到来源"), strict=True):
            told = {name: row[name] for name in ("kind", "about", "within", "said", "by")}
            decided = DecideHeld(choice=choice, reason=reason, **told)
            assert (await duty.do("0101", decided, id=row["id"], scope=DEVICES)).status == "accepted"
        await until(app, lambda: len(app.services.outcomes.outcomes()) == 2)
        await until(app, lambda: shows(app, "已由值班长决定"))
        app.goto(7)
        await press(app)
        assert "待定已有结果 2 条" in app.top_frame.query_one(StatusLine).state  # type: ignore[union-attr]
        assert shows(app, "备注", "没有算数", "查不到来源", "已算数", "核实过")
        mine = {each.state: each.id for each in app.services.outcomes.outcomes()}
        table = app.top_frame.query_one("#open", WindowTable)  # type: ignore[union-attr]
        table.move_to(f"held-{mine['refused']}")
        await until(app, lambda: shows(app, "由 0101 吴某 决定: 没有算数"))
        assert shows(app, "理由: 查不到来源", "text: 来历不明", "原文在值班长处留存")
        table.move_to(f"held-{mine['accepted']}")
        await until(app, lambda: shows(app, "由 0101 吴某 决定: 已算数"))
        assert shows(app, "理由: 核实过", "记在您的名下")
        assert not shows(app, "text: 已核对原件")
        await other.pull()
        assert app.desk is not None
        await press(app, "f9", "f9")
        assert not app.services.outcomes.outcomes()
        await hall.settled(app)
    await other.pull()
    assert other.row("held_outcome", mine["refused"]) is None, "read: gone for everyone"
    await duty.pull()
    assert [row["said"] for row in held_rows(duty)] == [
        '{"note":"n1","text":"已核对原件"}',
        '{"note":"n2","text":"来历不明"}',
    ]


def held_rows(duty: Device) -> list[dict[str, Any]]:
    rows = duty.store.read("SELECT * FROM held_operation ORDER BY n")
    return [dict(row) for row in rows]


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


async def test_the_duty_manager_gives_a_code_with_which_another_machine_enrols(hall: LiveHall) -> None:
    async with hall.sitting("0101") as app:
        app.goto(7)
        await press(app, "f10", "1")
        await until(app, lambda: shows(app, f"--server {hall.url}", "之前有效，只能用一次"))
        [code] = re.findall(
            r"^\W*((?:[2-9A-HJKMNP-Z]{4}-){4}[2-9A-HJKMNP-Z]{4})\W*$", "\n".join(text(app)), re.MULTILINE
        )
        await press(app, "escape", "escape")
        door, key = HttpTransport(hall.url), DeviceKey.make()
        await enrol(door, code, "park-laptop", key)
        with pytest.raises(ServerRefused, match="code_unknown"):
            await enrol(door, code, "again", DeviceKey.make())
        await door.close()
        await until(app, lambda: any(each.label == "park-laptop" for each in app.services.machines.machines()))
        await press(app, "f10")
        assert shows(app, "park-laptop", "登记码由 0101 给出")
        await press(app, "escape")
        await asyncio.to_thread(hall.stop_server)
        await press(app, "f10", "1")
        await until(app, lambda: shows(app, "没有给出登记码"))


async def test_nobody_else_is_given_a_code(hall: LiveHall) -> None:
    for staff in ("0308", "0001", "0401"):
        device = await hall.device(staff)
        with pytest.raises(ServerRefused) as refused:
            await device.transport.ask("POST", "/v1/code", CodeGiven, AskCode())
        assert (refused.value.code, refused.value.params["status"]) == ("forbidden", 403)
