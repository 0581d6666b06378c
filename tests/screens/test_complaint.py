"""Screen 4, F4: a complaint by telephone is taken down by keys, wherever it was and about whomever."""

from __future__ import annotations

from tests.screens.live_hall import LiveHall, press, until
from tests.screens.test_callback import screen, shows


async def test_a_complaint_by_telephone_is_an_entry(hall: LiveHall) -> None:
    async with hall.sitting("0401") as app:
        await press(app, "f4", "1", *"spjy", "enter", "enter", *"05", "enter", *"0308", "enter", *"li", "enter")
        await press(app, *"053287654321", "enter", *"waited long", "enter")
        await hall.settled(app)
        await until(app, lambda: shows(app, "电话投诉"))
        assert shows(app, "waited long")
        assert shows(app, "窗口05")
        assert screen(app).service.figures().complaints == 1
        assert app.desk is not None
        assert app.desk.read("SELECT rated_staff, site FROM rectification")[0][:] == ("0308", "hall")


async def test_a_complaint_about_another_site_names_its_window_and_nobody_unknown(hall: LiveHall) -> None:
    async with hall.sitting("0401") as app:
        assert app.desk is not None
        await press(app, "f4", "1", *"qybg", "enter", *"jhn", "enter", *"05", "enter")
        assert shows(app, "没有这个窗口")
        await press(app, "backspace", "backspace", "1", "enter", *"9999", "enter")
        assert shows(app, "没有这个工号")
        await press(app, *["backspace"] * 4, *"0401", "enter")
        assert not app.desk.read("SELECT 1 FROM rectification")  # a handler takes down nothing about themselves
        await press(app, *["backspace"] * 4, *"G012", "enter", "enter", "enter", *"not there", "enter")
        await hall.settled(app)
        [entry] = app.desk.read('SELECT matter, site, "window", rated_staff, holder, phone FROM rectification')
        assert entry[:] == ("m-change", "jinhainiu", "p1", "G012", None, None)
        await until(app, lambda: shows(app, "办理窗口  金海牛产业园 窗口1  G012"))
