"""A proposal of every kind by the duty manager's key; who is asked for a window hears it, and meets it there."""

from __future__ import annotations

import pytest

from sync.calendar import MINUTE_MS
from sync.protocol.verbs import ticket as verbs
from tests.screens.ledger_hall import window
from tests.screens.live_hall import QUEUE, LiveHall, press, text, until
from workstation.terminal import TerminalApp
from workstation.widgets.dialog import Dialog


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


async def proposed(app: TerminalApp, words: str) -> None:
    """Choose the proposal that says so, with F9 and its number."""
    await until(app, lambda: shows(app, "o 建议"))
    await press(app, "f9")
    await until(app, lambda: isinstance(app.screen, Dialog) and shows(app, words))
    row = next(line for line in text(app) if words in line and "o 建议" not in line)
    await press(app, next(digit for digit in "123456" if f" {digit} " in row))


@pytest.mark.parametrize("size", [(100, 30), (80, 24)])
async def test_a_window_is_asked_for_and_opened_by_who_is_free(hall: LiveHall, size: tuple[int, int]) -> None:
    device = await hall.device("0307", "0308")
    await hall.tickets(device, "0307", *["m-food"] * 3)
    hall.clock.advance(20 * MINUTE_MS)
    async with hall.sitting("0101", size=size) as duty, hall.sitting("0305", size=size) as clerk:
        await press(clerk, "1")
        await press(duty, "6")
        await proposed(duty, "开窗口03")
        await until(duty, lambda: shows(duty, "已请开窗口03"))
        await until(clerk, lambda: shows(clerk, "值班长请开窗口03: 食品经营许可延续"))
        await until(duty, lambda: any("未开 已请" in line for line in text(duty)))
        assert (await device.do("0308", verbs.OpenWindow(window="w03"), id="s-3", scope=QUEUE)).status == "accepted"
        await until(clerk, lambda: not any("值班长请开窗口03" in line and "(" in line for line in text(clerk)))
        await until(duty, lambda: not shows(duty, "已请"))


async def test_who_pauses_is_asked_to_go_on_and_the_request_can_be_taken_back(hall: LiveHall) -> None:
    device, session = await window(hall)
    await hall.tickets(device, "0307", *["m-food"] * 3)
    paused = verbs.PauseWindow(pause="p-1", reason="吃饭")
    assert (await device.do("0307", paused, id=session, scope=QUEUE)).status == "accepted"
    hall.clock.advance(20 * MINUTE_MS)
    async with hall.sitting("0001") as supervisor:
        await until(supervisor, lambda: shows(supervisor, "o 建议"))
        await press(supervisor, "f9", "1")
        assert device.rows("SELECT 1 FROM window_request") == []
    async with hall.sitting("0101") as app:
        await press(app, "6")
        await proposed(app, "窗口03 恢复")
        await until(app, lambda: shows(app, "已请窗口03 恢复叫号"))
        await until(app, lambda: shows(app, "暂停 已请"))
        await press(app, "f9")
        await until(app, lambda: isinstance(app.screen, Dialog) and shows(app, "撤回"))
        row = next(line for line in text(app) if "撤回  " in line)
        await press(app, next(digit for digit in "123456" if f" {digit} " in row))
        await until(app, lambda: shows(app, "已撤回对窗口03 的请求"))
        await hall.settled(app)
        await device.pull()
        assert [row["state"] for row in device.rows("SELECT state FROM window_request")] == ["withdrawn"]


async def test_a_window_that_is_wanted_stands_on_screen_0_and_going_on_meets_it(hall: LiveHall) -> None:
    machine = await hall.enrol()
    async with hall.sitting("0307", "03", machine=machine) as app:
        device = await hall.device("0101", "0308")
        asks = verbs.AskWindow(window="w04", service="A")
        assert (await device.do("0101", asks, id="r-1", scope=QUEUE)).status == "accepted"
        await press(app, "f12")
        await until(app, lambda: any("04" in line and "请开窗" in line for line in text(app)))
        await app.sign_on("0307", "1234", "03")
        await until(app, lambda: app.person.staff_id == "0307")
        await press(app, "f10", "1")
        await until(app, lambda: app.services.queue.pause_reason() is not None)
        await hall.settled(app)
        await device.pull()
        asks = verbs.AskWindow(window="w03", service="B")
        assert (await device.do("0101", asks, id="r-2", scope=QUEUE)).status == "accepted"
        await until(app, lambda: shows(app, "值班长请本窗口恢复叫号: 食品经营许可延续"))
        await press(app, "f10")
        await hall.settled(app)
        await device.pull()
        assert [dict(row) for row in device.rows("SELECT id, state, met_by FROM window_request ORDER BY id")] == [
            {"id": "r-1", "state": "asked", "met_by": None},
            {"id": "r-2", "state": "met", "met_by": "0307"},
        ]
