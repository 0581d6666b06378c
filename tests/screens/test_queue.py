"""Screen 1 over a real server: every key, two windows at once, offline, undo, type-ahead."""

from __future__ import annotations

import httpx
import pytest

from server_stub.public import token
from server_stub.public.central import SEALS
from sync.protocol.verbs import ticket as verbs
from tests.screens.live_hall import PARK_QUEUE, QUEUE, LiveHall, press, send, text, until
from workstation.headless.device import Device
from workstation.terminal import TerminalApp


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


def state_of(app: TerminalApp, number: str) -> str | None:
    assert app.desk is not None
    found = app.desk.read("SELECT state FROM ticket WHERE number = ?", (number,))
    return found[0]["state"] if found else None


async def morning(hall: LiveHall, *matters: str) -> Device:
    """A second clerk's machine, at window 04, that has given out tickets."""
    device = await hall.device("0308")
    await hall.tickets(device, "0308", *matters)
    await device.do("0308", verbs.OpenWindow(window="w04"), id="s-04", scope=QUEUE)
    return device


@pytest.mark.parametrize("size", [(100, 30), (80, 24)])
async def test_a_ticket_goes_from_call_to_finish_by_one_key_a_step(hall: LiveHall, size: tuple[int, int]) -> None:
    await morning(hall, "m-change", "m-set-up")
    async with hall.sitting("0307", "03", size=size) as app:
        await until(app, lambda: shows(app, "A001", "A002", "企业变更登记"))
        await press(app, "f2")
        assert state_of(app, "A001") == "called"
        await press(app, "f7")
        assert state_of(app, "A001") == "recalled"
        await press(app, "enter")
        assert state_of(app, "A001") == "serving"
        hall.clock.advance(120_000)
        await press(app, "f9")
        assert state_of(app, "A001") == "done"
        await hall.settled(app)
        if size[0] == 100:
            await until(app, lambda: shows(app, "已办1", "2.00 分"))


async def test_the_list_stands_in_the_order_in_which_the_centre_calls(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await hall.tickets(device, "0308", "m-change", "m-food", "m-set-up")
    await hall.tickets(device, "0308", "m-change", priority="elderly")
    await hall.tickets(device, "0308", "m-food", priority="appointment")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A003", "B002"))  # the last two that were given out, each by its own push
        listed = [ticket.number for ticket in app.services.queue.waiting()]
        called = []
        for _ in listed:
            await press(app, "f2")
            called.append(app.services.queue.current().number)
            await press(app, "f6")
        assert called == listed == ["B002", "A003", "A001", "B001", "A002"]
        assert shows(app, "预约") or shows(app, "已过号")


async def test_what_one_window_calls_leaves_the_others_list(hall: LiveHall) -> None:
    device = await morning(hall, "m-change")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A001"))
        await device.do("0308", verbs.CallNext(call="c-1"), id="s-04", scope=QUEUE)
        await until(app, lambda: state_of(app, "A001") == "called")
        await until(app, lambda: not shows(app, "A001"))
        await press(app, "f2")
        assert shows(app, "没有等候的号")
        await press(app, "f4", *"a1", "enter")
        assert shows(app, "A001 已被窗口04叫走")


async def test_a_call_is_taken_back_within_ten_seconds_and_not_later(hall: LiveHall) -> None:
    await morning(hall, "m-change", "m-set-up")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A001"))
        await press(app, "f2", "ctrl+z")
        assert state_of(app, "A001") == "waiting"
        await press(app, "f2")
        hall.clock.advance(11_000)
        await press(app, "ctrl+z")
        assert shows(app, "已超过可撤回的时间")
        assert state_of(app, "A001") == "called"


async def test_a_missed_ticket_waits_again_and_a_held_one_goes_on(hall: LiveHall) -> None:
    await morning(hall, "m-change")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A001"))
        await press(app, "f2", "f6")
        assert shows(app, "已过号")
        await press(app, "enter")
        assert state_of(app, "A001") == "waiting"
        assert shows(app, "曾过号", "暂缓")
        await press(app, "f2")
        assert shows(app, "没有等候的号")  # not offered again for five minutes
        await press(app, "f4", "enter", "enter", "f11")
        assert state_of(app, "A001") == "held"
        await press(app, "f11")
        assert state_of(app, "A001") == "serving"


async def test_a_ticket_is_sent_to_another_window_or_matter(hall: LiveHall) -> None:
    await morning(hall, "m-change", "m-set-up")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A001"))
        await press(app, "f2", "enter", "f8")
        assert shows(app, "窗口04 (0308 在岗)")
        await press(app, "1")
        assert app.services.queue.current() is None
        assert app.desk is not None
        assert app.desk.read("SELECT target_window FROM ticket WHERE number = 'A001'")[0][0] == "w04"
        await press(app, "f2", "enter", "f8", "2", *"食品", "enter")
        assert app.desk.read("SELECT matter, state FROM ticket WHERE number = 'A002'")[0][:] == ("m-food", "waiting")


async def test_a_pause_says_why_and_stops_calls_until_it_ends(hall: LiveHall) -> None:
    await morning(hall, "m-change")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A001"))
        await press(app, "f10", "2")
        assert shows(app, "暂停: 开会")
        await press(app, "f2")
        assert shows(app, "窗口在暂停")
        await press(app, "f10", "f2")
        assert state_of(app, "A001") == "called"
        await press(app, "f10")
        assert shows(app, "A001 已叫号: 人来了按回车开始，没来按 F6 过号")
        await press(app, "enter", "f10")
        assert shows(app, "A001 还在窗口: 先按 F9 办结")
        assert shows(app, "F11搁置")
        await press(app, "f11")
        assert shows(app, "F11续办", "Enter续办")


async def test_a_narrow_screen_too_says_what_may_be_called_without_a_network(hall: LiveHall) -> None:
    await morning(hall, "m-change")
    async with hall.sitting("0307", "03", size=(80, 24)) as app:
        await until(app, lambda: app.services.queue.leased(app.services.queue.waiting()))
        hall.stop_server()
        await until(app, lambda: shows(app, "断网可办: A001 (已租，剩 ", "恢复后自动对账"))


async def test_offline_only_what_is_leased_is_called_and_service_goes_on(hall: LiveHall) -> None:
    device = await morning(hall, "m-change", "m-set-up")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "断网可办: A001 (已租，剩 "))
        await press(app, "f2", "enter")
        await until(app, lambda: shows(app, "断网可办: A002 (已租，剩 "))
        hall.stop_server()
        await until(app, lambda: not app.services.queue.online)
        await press(app, "f9", "f2")
        assert (state_of(app, "A001"), state_of(app, "A002")) == ("done", "called")
        assert not shows(app, "断网可办: ")
        await press(app, "enter", "f9", "f2")
        assert state_of(app, "A002") == "done"
        assert shows(app, "没有租给本窗口的号", "恢复后自动对账")
        hall.start_server()
        app.sync_now()
        await until(app, lambda: app.services.queue.online)
        await hall.settled(app)
        await device.pull()
        found = device.rows("SELECT number, state FROM ticket ORDER BY number")
        assert {row["number"]: row["state"] for row in found} == {"A001": "done", "A002": "done"}


async def test_an_offline_call_is_taken_back_offline(hall: LiveHall) -> None:
    await morning(hall, "m-change")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "断网可办: A001 (已租，剩 "))
        hall.stop_server()
        await until(app, lambda: not app.services.queue.online)
        await press(app, "f2")
        assert state_of(app, "A001") == "called"
        await press(app, "ctrl+z")
        assert state_of(app, "A001") == "waiting"
        hall.start_server()
        app.sync_now()
        await hall.settled(app)
        assert state_of(app, "A001") == "waiting"


async def test_a_lease_ends_by_the_clock_and_the_screen_counts_it_down(hall: LiveHall) -> None:
    await morning(hall, "m-change")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "断网可办: A001 (已租，剩 "))
        hall.stop_server()
        await until(app, lambda: not app.services.queue.online)
        hall.clock.advance(5 * 60_000)
        await until(app, lambda: shows(app, "断网可办: A001 (已租，剩 04:"))
        hall.clock.advance(5 * 60_000)
        await until(app, lambda: shows(app, "断网: 没有已租的号"))
        await press(app, "f2")
        assert state_of(app, "A001") == "waiting"
        assert shows(app, "没有租给本窗口的号")


async def test_a_machine_without_a_boot_clock_says_so(hall: LiveHall) -> None:
    hall.clock.boot_id = ""
    await morning(hall, "m-change")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A001", "本机没有开机时钟"))
        hall.stop_server()
        await until(app, lambda: not app.services.queue.online)
        await press(app, "f2")
        assert state_of(app, "A001") == "waiting"


async def test_a_filter_keeps_the_order_and_says_that_it_is_on(hall: LiveHall) -> None:
    await morning(hall, "m-change", "m-food")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A001", "B001"))
        await press(app, "f3", *"B0", "enter")
        assert shows(app, "B001", "筛选: B0")
        assert not shows(app, "> A001")
        await press(app, "f3", "backspace", "backspace", "enter")
        assert shows(app, "A001", "筛选: 全部")


async def test_without_a_window_the_keys_are_grey_and_say_why(hall: LiveHall) -> None:
    await morning(hall, "m-change")
    async with hall.sitting("0307") as app:
        app.goto(1)
        await press(app)
        await until(app, lambda: shows(app, "A001", "未坐窗口"))
        for key in ("f2", "f4", "f6", "f7", "f8", "f9", "f10", "f11"):
            await press(app, key)
            assert shows(app, "您没有坐窗口"), key
        await press(app, "f5")
        assert shows(app, "已重读")


async def test_a_burst_typed_ahead_is_done_in_its_order(hall: LiveHall) -> None:
    await morning(hall, *["m-change"] * 5)
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A005"))
        for _ in range(5):
            send(app, "f2", "enter", "f9")
        await press(app)
        assert [state_of(app, f"A00{n}") for n in range(1, 6)] == ["done"] * 5


async def test_names_of_persons_are_masked_and_those_of_firms_are_not(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await hall.tickets(device, "0308", "m-change", holder="李某某")
    await hall.tickets(device, "0308", "m-change", holder="某设备租赁有限公司")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A002"))
        assert shows(app, "李**", "某设备租赁有~")
        assert not shows(app, "李某某")


async def test_one_ticket_for_two_matters_is_given_at_the_desk_and_both_are_done(hall: LiveHall) -> None:
    await morning(hall)
    async with hall.sitting("0307", "03") as app:
        await press(app, "ctrl+t")
        await press(app, *"zzz", "enter")
        assert shows(app, "没有这样的事项")  # and the line is still there to be put right
        await press(app, *["backspace"] * 3, *"qybg", "enter")
        assert shows(app, "已选: 企业变更登记")
        await press(app, *"个体", "enter", "enter", "1")
        await until(app, lambda: shows(app, "A001", "另1项"))
        assert app.desk is not None
        assert app.desk.read("SELECT desk FROM ticket WHERE number = 'A001'")[0][0] == "w03"
        await press(app, "f2", "enter")
        assert shows(app, "接着办: 个体户设立")
        await press(app, "f9")
        assert state_of(app, "A001") == "serving"
        current = app.services.queue.current()
        assert current is not None
        assert (current.matter_name, current.more) == ("个体户设立", ())
        await press(app, "f9")
        assert state_of(app, "A001") == "done"


async def test_a_grid_worker_calls_at_the_parks_own_window(hall: LiveHall) -> None:
    async with hall.sitting("G012", "1") as app:
        assert app.desk is not None
        await press(app, "ctrl+g", "1", "enter", "ctrl+t", *"qybg", "enter", "enter", "1")
        await until(app, lambda: shows(app, "A001", "窗口1"))
        await press(app, "f2")
        assert state_of(app, "A001") == "called"
        await press(app, "f7", "enter")
        assert state_of(app, "A001") == "serving"
        await press(app, "f11", "enter", "f9")
        assert state_of(app, "A001") == "done"
        assert app.desk.read("SELECT DISTINCT scope FROM call")[0][0] == PARK_QUEUE
        await press(app, "f10", "1")
        assert shows(app, "暂停")


async def test_a_window_hears_that_the_called_person_gave_up(hall: LiveHall) -> None:
    await morning(hall, "m-change", "m-set-up")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A002"))
        await press(app, "f2")
        ticket = app.services.queue.current().id
        secret = hall.services.store.secret(SEALS)
        async with httpx.AsyncClient(base_url=hall.url, trust_env=False, timeout=20) as client:
            await client.post(f"/t/{token.make(secret, token.TICKET, ticket)}/cancel", data={"no": "field"})
        await until(app, lambda: shows(app, "A001 的人说不来了"))
        await press(app, "f2")
        assert state_of(app, "A001") == "cancelled"
        assert state_of(app, "A002") == "called"
