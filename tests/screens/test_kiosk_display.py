"""A wall in a terminal: every call keeps its line, the newest is large, and no key does anything."""

from __future__ import annotations

import asyncio

from sync.calendar import DAY_MS
from sync.protocol.verbs import ticket as verbs
from sync.protocol.verbs.staff import PlaceWindow
from tests.screens.kiosk_hall import kiosk, said, shows
from tests.screens.ledger_hall import visitor, window
from tests.screens.live_hall import BASE, QUEUE, LiveHall, press, until


async def test_called_numbers_stand_on_the_wall_until_the_day_is_over(hall: LiveHall) -> None:
    async with kiosk(hall, "display", "叫号", "还没有叫号", staff="0602") as app:
        device, session = await window(hall)
        for _ in range(11):
            await visitor(hall, device, session)
        await shows(app, "请到 03")
        await until(app, lambda: app.page.big == "A011")
        assert [line.split()[0] for line in app.page.lines] == [f"A{n:03}" for n in range(10, 2, -1)]
        assert "赵某" not in said(app)
        assert "还在叫" not in said(app)
        await press(app, "1", "enter", "escape")
        assert app.page.big == "A011"
        await asyncio.to_thread(hall.stop_server)
        assert app.desk is not None
        app.desk.engine.nudge()
        await shows(app, "叫号可能不全")
        await asyncio.to_thread(hall.start_server)
        hall.clock.advance(DAY_MS)
        app._changed(set())
        await shows(app, "还没有叫号")


async def test_whom_newer_calls_pushed_off_stands_there_until_he_comes(hall: LiveHall) -> None:
    async with kiosk(hall, "display", "叫号", "还没有叫号", staff="0602") as app:
        other, at = await window(hall, "0308", "w04")
        [ticket] = await hall.tickets(other, "0308", "m-change")
        await other.do("0308", verbs.CallNext(call="c-1"), id=at, scope=QUEUE)
        device, session = await window(hall)
        for _ in range(10):
            await visitor(hall, device, session)
        await until(app, lambda: app.page.big == "A011")
        await shows(app, "还在叫: A001 04号窗口")
        await other.do("0308", verbs.Serve(segment="g-1"), id=ticket, scope=QUEUE)
        await until(app, lambda: "还在叫" not in said(app))


async def test_a_call_taken_back_stands_on_the_wall_no_more(hall: LiveHall) -> None:
    async with kiosk(hall, "display", "叫号", "还没有叫号", staff="0602") as app:
        device, session = await window(hall)
        [ticket] = await hall.tickets(device, "0307", "m-change")
        await device.do("0307", verbs.CallNext(call="c-1"), id=session, scope=QUEUE)
        await until(app, lambda: app.page.big == "A001")
        await device.do("0307", verbs.UndoCall(), id=ticket, scope=QUEUE)
        await shows(app, "还没有叫号")


async def test_a_window_is_named_as_one_with_where_it_is(hall: LiveHall) -> None:
    duty = await hall.device("0101")
    await duty.do("0101", PlaceWindow(place="2层东侧"), id="w03", scope=BASE)
    async with kiosk(hall, "display", "叫号", "还没有叫号", staff="0602") as app:
        await visitor(hall, *await window(hall))
        await shows(app, "请到 03号窗口 (2层东侧)")
