"""Screen 0: signing on by keys, refusals in words, the wait after wrong PINs, handing the terminal on."""

from __future__ import annotations

import asyncio
import time

import pytest

from sync.errors import HallError
from sync.protocol.verbs import ticket as verbs
from tests.screens.live_hall import BASE, PIN, QUEUE, LiveHall, press, send, text, until
from workstation.app import HallApp
from workstation.terminal import DemoPerson, TerminalApp
from workstation.widgets.form import Form

HOUR = 3_600_000
PEOPLE = (
    DemoPerson("clerk", "0307", "赵某", PIN, "03"),
    DemoPerson("approver", "0201", "孙某", PIN),
    DemoPerson("callback", "0401", "李某", PIN),
    DemoPerson("grid", "G012", "冯某", PIN, "1"),
    DemoPerson("supervisor", "0001", "郑某", PIN),
    DemoPerson("admin", "0901", "王某", PIN),
)


def shows(app: HallApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


def number(app: TerminalApp) -> int:
    assert app.top_frame is not None
    return app.top_frame.NUMBER


async def test_a_clerk_signs_on_by_three_fields_and_sits_at_the_window(hall: LiveHall) -> None:
    async with hall.sitting() as app:
        await press(app, *"0307", "enter", *PIN, "enter", *"03", "enter")
        await until(app, lambda: number(app) == 1)
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.window == "w03"
        assert "窗口03 0307" in text(app)[0]


async def test_keys_typed_before_anything_is_loaded_sign_the_person_on(hall: LiveHall) -> None:
    app = hall.terminal(await hall.enrol())
    async with app.run_test(size=(80, 24)):
        send(app, *"0307", "enter", *PIN, "enter", *"３", "f9")  # a full-width digit too
        await until(app, lambda: number(app) == 1)
        await until(app, lambda: shows(app, "窗口03 0307"))


async def test_a_pin_is_never_shown_nor_kept(hall: LiveHall) -> None:
    machine = await hall.enrol()
    async with hall.sitting(machine=machine) as app:
        await press(app, *"0307", "enter", *"987654", "f9")
        assert shows(app, "还可以试 4 次")
        assert not shows(app, "987654")
        assert app.screen.query_one(Form).values["pin"] == ""
        await press(app, *PIN)
        assert shows(app, "****")
        await press(app, "f9")
        await until(app, lambda: number(app) == 2)
        await press(app, "f12")
        assert app.screen.query_one(Form).values["pin"] == ""
    for file in machine.path.parent.rglob("*"):
        if file.is_file():
            assert b"987654" not in file.read_bytes(), file.name


async def test_after_five_wrong_pins_the_person_waits_by_a_countdown(hall: LiveHall) -> None:
    async with hall.sitting() as app:
        await press(app, *"0307", "enter")
        for left in (4, 3, 2, 1, 0):
            await press(app, *"0000", "f9")
            await until(app, lambda left=left: shows(app, f"还可以试 {left} 次"))  # type: ignore[misc]
        await press(app, *PIN, "f9")
        await until(app, lambda: shows(app, "口令错误次数过多", "00:01:00"))
        await press(app, *PIN, "f9")
        assert shows(app, "请等倒计时结束")
        hall.clock.advance(61_000)
        await press(app, "f9")
        await until(app, lambda: number(app) == 2)


async def test_offline_the_kept_verifier_decides_and_counts_too(hall: LiveHall) -> None:
    machine = await hall.enrol()
    async with hall.sitting("0307", "03", machine=machine) as app:
        await press(app, "f12")
    hall.stop_server()
    async with hall.sitting(machine=machine) as app:
        await press(app, *"0308", "enter", *PIN, "f9")
        await until(app, lambda: shows(app, "不能离线登录"))
        form = app.screen.query_one(Form)
        form.entry("staff").value = "0307"
        for left in (4, 3, 2, 1, 0):
            await press(app, *"0000", "f9")
            await until(app, lambda left=left: shows(app, f"还可以试 {left} 次"))  # type: ignore[misc]
        await press(app, *PIN, "f9")
        await until(app, lambda: shows(app, "秒后再试"))
        hall.clock.advance(61_000)
        await press(app, *PIN, "f9")
        await until(app, lambda: number(app) == 1)
        await until(app, lambda: shows(app, "离线登录", "窗口03 0307"))
        hall.start_server()
        app.sync_now()
        await until(app, lambda: app.services.queue.online)
        assert app.desk is not None
        assert not app.desk.me.offline


async def test_after_72_hours_offline_nothing_new_is_begun_and_the_outbox_still_goes_out(hall: LiveHall) -> None:
    device = await hall.device("0308")
    first, _ = await hall.tickets(device, "0308", "m-change", "m-change")
    machine = await hall.enrol()
    async with hall.sitting("0307", "03", machine=machine) as app:
        await until(app, lambda: shows(app, "A001", "A002"))
        assert app.desk is not None
        desk = app.desk
        await press(app, "f2", "enter")
        await hall.settled(app)
        hall.stop_server()
        app.sync_now()
        await until(app, lambda: not app.services.queue.online)
        hall.clock.advance(72 * HOUR)
        desk.begin()  # 72 hours are not more than 72 hours
        hall.clock.skew_ms = -48 * HOUR  # nobody wins time by setting a clock back
        hall.clock.advance(1)
        with pytest.raises(HallError, match="offline_too_long"):
            desk.do(verbs.Miss(), id=first, scope=QUEUE)
        await press(app, "f11")
        await until(app, lambda: shows(app, "超过 72 小时没有连上中心"))
        assert not desk.store.pending()
        desk.do(verbs.Finish(invite=desk.new_id()), id=first, scope=QUEUE)  # what was begun is ended
        assert desk.store.pending() == 1
        hall.clock.skew_ms = 0
        hall.start_server()
        await press(app, "f12")  # the session has ended long ago
        await hall.sign_on(app, "0307")
        await until(app, lambda: not desk.store.pending())
        desk.begin()


async def test_a_lock_keeps_the_window_and_the_same_person_goes_on(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await hall.tickets(device, "0308", "m-change")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A001"))
        await press(app, "f2", "enter")
        assert app.desk is not None
        session = app.desk.window_session
        await press(app, "f12")
        assert number(app) == 0
        assert app.desk.person is None
        assert not shows(app, "0307 |")
        await press(app, "1")
        assert number(app) == 0  # nobody is here, so no other screen opens
        await hall.sign_on(app, "0307", "03")
        assert app.desk.window_session == session
        assert shows(app, "A001", "办理中")


async def test_the_terminal_is_handed_on_and_drafts_stay_with_their_author(hall: LiveHall) -> None:
    async with hall.sitting("0307", "03") as app:
        assert app.desk is not None
        app.desk.save_draft("case/1", {"words": "mine"})
        await press(app, "f12")
        await hall.sign_on(app, "0305", "03")  # the window is handed over at this very machine
        assert app.desk.me.staff == "0305"
        assert app.desk.window == "w03"
        assert app.desk.draft("case/1") is None
        app.desk.save_draft("case/1", {"words": "theirs"})
        await press(app, "f12")
        await hall.sign_on(app, "0307")
        assert app.desk.draft("case/1") == {"words": "mine"}


async def test_a_window_taken_elsewhere_is_said_and_another_can_be_chosen(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await device.do("0308", verbs.OpenWindow(window="w03"), id="s-1", scope=QUEUE)
    async with hall.sitting() as app:
        await press(app, *"0307", "enter", *PIN, "enter", *"03", "enter")
        await until(app, lambda: shows(app, "窗口03由 0308 在岗"))
        assert app.person.staff_id == ""
        assert app.desk is not None
        assert app.desk.person is None
        await press(app, "backspace", "backspace", *"99", "enter")
        await until(app, lambda: shows(app, "没有窗口99"))
        await press(app, "backspace", "backspace", *"04", "enter")
        await until(app, lambda: number(app) == 1)
        assert shows(app, "窗口04 0307")


async def test_f6_leaves_the_window_of_who_was_here(hall: LiveHall) -> None:
    async with hall.sitting("0307", "03") as app:
        await press(app, "f12", "f6")
        await until(app, lambda: shows(app, "已签退"))
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.read("SELECT 1 FROM window_session WHERE closed_at IS NULL") == []
        await press(app, "f6")
        await until(app, lambda: shows(app, "没有在岗的窗口"))
        await press(app, "f5")
        assert shows(app, "03", "空")


async def test_the_demos_people_sign_on_by_one_digit_each_at_their_screen(hall: LiveHall) -> None:
    async with hall.sitting(people=PEOPLE) as app:
        assert shows(app, "赵某", "0307", PIN, "网格员")
        for digit, screen in (("1", 1), ("2", 2), ("3", 4), ("4", 5), ("5", 6), ("6", 7)):
            await press(app, digit)
            await until(app, lambda: app.person.staff_id != "")
            await until(app, lambda screen=screen: number(app) == screen)  # type: ignore[misc]
            assert app.person.read_only == (digit == "5")
            await press(app, "f12")
        await press(app, "down", "enter")
        await until(app, lambda: app.person.staff_id == "0201")


async def test_on_a_narrow_terminal_tab_leads_from_the_people_to_the_fields(hall: LiveHall) -> None:
    async with hall.sitting(people=PEOPLE, size=(80, 24)) as app:
        assert shows(app, "赵某")
        await press(app, "tab", *"0201", "enter", *PIN, "f9")
        await until(app, lambda: number(app) == 2)


async def test_the_window_of_last_time_is_offered(hall: LiveHall) -> None:
    machine = await hall.enrol()
    async with hall.sitting("0307", "03", machine=machine) as app:
        await press(app, "f12")
    async with hall.sitting(machine=machine) as app:
        await until(app, lambda: app.screen.query_one(Form).values["window"] == "03")


async def test_a_scope_that_the_hall_does_not_have_keeps_nobody_at_the_door(hall: LiveHall) -> None:
    async with hall.sitting("0307") as app:
        assert app.desk is not None
        began = time.monotonic()
        held = await asyncio.to_thread(app.desk.engine.wait_held, {BASE, "licang:nowhere"}, 600.0)
        assert not held
        assert time.monotonic() - began < 300  # two exchanges, not the whole time
