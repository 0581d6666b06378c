"""Screen 0: signing on by keys, refusals in words, the wait after wrong PINs, handing the terminal on."""

from __future__ import annotations

from tests.screens.live_hall import LiveHall, press, text, until


async def test_a_clerk_signs_on_by_three_fields_and_sits_at_the_window(hall: LiveHall) -> None:
    async with hall.sitting() as app:
        await press(app, *"0307", "enter", *"1234", "enter", *"03", "enter")
        await until(app, lambda: app.top_frame and app.top_frame.NUMBER == 1)
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.window == "w03"
        assert "窗口03 0307" in text(app)[0]
