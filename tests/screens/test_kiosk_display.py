"""A wall in a terminal: every call keeps its line, the newest is large, and no key does anything."""

from __future__ import annotations

import asyncio

from sync.calendar import DAY_MS
from tests.screens.kiosk_hall import kiosk, said, shows
from tests.screens.ledger_hall import visitor, window
from tests.screens.live_hall import LiveHall, press, until


async def test_called_numbers_stand_on_the_wall_until_the_day_is_over(hall: LiveHall) -> None:
    async with kiosk(hall, "display", "叫号", "还没有叫号", staff="0602") as app:
        device, session = await window(hall)
        for _ in range(11):
            await visitor(hall, device, session)
        await shows(app, "请到 03")
        await until(app, lambda: app.page.big == "A011")
        assert [line.split()[0] for line in app.page.lines] == [f"A{n:03}" for n in range(10, 2, -1)]
        assert "赵某" not in said(app)
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
