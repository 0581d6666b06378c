"""Appointments in the hall: at the terminal for tickets, at the desk, and the supervisor's list of the day."""

from __future__ import annotations

import asyncio

from sync.protocol.verbs import appointment as verbs
from tests.screens.kiosk_hall import shows as kiosk_shows
from tests.screens.live_hall import PIN, QUEUE, LiveHall, press, send, text, until
from tests.screens.test_kiosk_tickets import for_tickets, tickets
from workstation.terminal import TerminalApp

DAY, HALF_PAST_TEN = "2026-11-23", 10 * 60 + 30  # the hall's time stands at 10:13
PHONE = "13800000001"


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


async def booked(hall: LiveHall, id: str = "a-1", phone: str = PHONE) -> str:
    """Somebody has booked; the code."""
    device = await hall.device()
    await device.sign_on("0307", PIN)
    args = verbs.Book(matter="m-set-up", day=DAY, minute=HALF_PAST_TEN, phone=phone, channel="window")
    result = await device.do("0307", args, id=id, scope=QUEUE)
    assert result.status == "accepted", result
    found = await hall.services.store.read(
        lambda tx: tx.fetch_one("SELECT code, state FROM appointment WHERE id = ?", (id,))
    )
    return str(found[0])


async def state(hall: LiveHall, id: str = "a-1") -> str:
    found = await hall.services.store.read(lambda tx: tx.fetch_one("SELECT state FROM appointment WHERE id = ?", (id,)))
    return str(found[0])


async def test_six_digits_at_the_terminal_are_the_appointment_s_ticket(hall: LiveHall) -> None:
    code = await booked(hall)
    async with for_tickets(hall) as app:
        assert app.desk is not None
        engine = app.desk.engine
        await until(app, lambda: engine.status.online and engine.status.signed_on)
        await until(app, lambda: len(app.desk.rows("appointment", scope=QUEUE)) == 1)  # type: ignore[union-attr]
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        await press(app, "8")
        await kiosk_shows(app, "请输入 6 位签到码")
        await press(app, *wrong, "enter")
        await kiosk_shows(app, "今天没有这个签到码")
        await press(app, "enter")
        await kiosk_shows(app, "我有预约，签到")
        await press(app, "8")
        await kiosk_shows(app, "请输入 6 位签到码")
        await press(app, *code, "enter")
        await kiosk_shows(app, "这是您的号码", "预约 10:30", "个体户设立", "变更登记申请书")
        [(number, matter, _, priority)] = tickets(app)
        assert (app.page.big, matter, priority) == (number, "m-set-up", "appointment")
        assert await state(hall) == "checked_in"
        await press(app, "enter")
        await kiosk_shows(app, "我有预约，签到")
        await press(app, "8")
        await kiosk_shows(app, "请输入 6 位签到码")
        await press(app, *code, "enter")
        await kiosk_shows(app, "已签到")  # once
        assert len(tickets(app)) == 1


async def test_without_a_network_the_appointment_stays_and_an_ordinary_ticket_may_be_had(hall: LiveHall) -> None:
    code = await booked(hall)
    async with for_tickets(hall) as app:
        desk = app.desk
        assert desk is not None
        await until(app, lambda: len(desk.read("SELECT DISTINCT prefix FROM block WHERE of = 'ticket'")) == 2)
        await until(app, lambda: len(desk.rows("appointment", scope=QUEUE)) == 1)
        await asyncio.to_thread(hall.stop_server)
        desk.engine.nudge()
        await kiosk_shows(app, "网络已断开，仍可取号")
        await press(app, "8")
        await kiosk_shows(app, "请输入 6 位签到码")
        await press(app, *code, "enter")
        await kiosk_shows(app, "预约保留", "先取一张普通号")
        await press(app, "1")
        await kiosk_shows(app, "普通")
        await press(app, "1")
        await kiosk_shows(app, "这是您的号码")
        [(_, matter, _, priority)] = tickets(app)
        assert (matter, priority) == ("m-set-up", "none")
        await asyncio.to_thread(hall.start_server)
        desk.engine.nudge()
        await until(app, lambda: not desk.read("SELECT 1 FROM outbox"))
    assert await state(hall) == "booked"


async def test_the_desk_books_for_who_telephones_and_checks_in(hall: LiveHall) -> None:
    async with hall.sitting("0307", "03") as app:
        assert app.desk is not None
        await press(app, "ctrl+r", "2", *"个体", "enter", "1", "enter", *PHONE, "enter", *"某甲", "enter")
        await until(app, lambda: shows(app, f"{DAY} 10:30", "签到码"))
        [row] = app.desk.rows("appointment", scope=QUEUE)
        assert (row.day, row.minute, row.holder, row.channel) == (DAY, HALF_PAST_TEN, "某甲", "window")
        assert shows(app, row.code)
        assert app.desk.read("SELECT 1 FROM booking") == []  # whose it is, is not the window's to know
        await press(app, "escape")
        await press(app, "ctrl+r", "2", *"个体", "enter", "1", "enter", *PHONE, "enter", "enter")
        await until(app, lambda: shows(app, "已预约此事项"))
        await press(app, "ctrl+r", "1", *row.code, "enter")
        await until(app, lambda: shows(app, "已签到，号码 A001"))
        [ticket] = app.desk.rows("ticket", scope=QUEUE)
        assert (ticket.priority, ticket.desk, ticket.holder) == ("appointment", "w03", "某甲")
        await press(app, "ctrl+r", "3")
        await until(app, lambda: shows(app, "已到", "10:30", "某甲"))
        await press(app, "escape")


async def test_the_desk_cancels_from_the_list_and_a_supervisor_reads_the_day(hall: LiveHall) -> None:
    await booked(hall)
    await booked(hall, "a-2", "13800000002")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: len(app.desk.rows("appointment", scope=QUEUE)) == 2)  # type: ignore[union-attr]
        await press(app, "ctrl+r", "3")
        await until(app, lambda: shows(app, "10:30", "已约"))
        await press(app, "enter", "2")
        await until(app, lambda: shows(app, f"已取消 {DAY} 10:30"))
        assert await state(hall) == "cancelled"
    async with hall.sitting("0001") as app:
        await until(app, lambda: len(app.desk.rows("appointment", scope=QUEUE)) == 2)  # type: ignore[union-attr]
        send(app, "f10")
        await press(app, "5")
        await until(app, lambda: shows(app, "今日预约", "10:30"))
        line = next(line for line in text(app) if "10:30" in line)
        assert line.replace("|", "").split()[-4:] == ["1", "0", "0", "1"]
