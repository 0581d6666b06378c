"""Ctrl+G over the local copy: tickets, the ends of cases' numbers, names."""

from __future__ import annotations

from tests.screens.live_hall import LiveHall, press, text, until
from tests.screens.test_sync import a_case
from workstation.terminal import TerminalApp
from workstation.widgets.window_table import WindowTable


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


async def test_a_ticket_is_found_by_its_number_and_the_cursor_goes_there(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await hall.tickets(device, "0308", "m-change", "m-set-up")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "A002"))
        await press(app, "ctrl+g", *"a2", "enter")
        assert app.screen.query_one("#waiting", WindowTable).cursor_row.cells[0] == "A002"  # type: ignore[union-attr]


async def test_a_case_is_found_by_the_digits_at_its_end_and_by_its_name(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await a_case(hall, device)
    async with hall.sitting("0307", "03") as app:
        found = await app.services.find.resolve("0001", 2)
        assert [(hit.screen, dict(hit.what)) for hit in found] == [(2, {"case_id": "case-1"})]
        for words in ("某设备", "设备有限", "某设备有限公司"):
            assert [dict(hit.what) for hit in await app.services.find.resolve(words, None)] == [{"case_id": "case-1"}]
        assert await app.services.find.resolve("9999", None) == []
        await press(app, "ctrl+g", *"2 0001", "enter")
        await until(app, lambda: app.top_frame is not None and app.top_frame.NUMBER == 2)


async def test_several_hits_are_listed_and_picked_by_a_digit(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await hall.tickets(device, "0308", "m-change", "m-food")
    async with hall.sitting("0307", "03") as app:
        await until(app, lambda: shows(app, "B001"))
        await press(app, "ctrl+g", *"001", "enter")
        await until(app, lambda: shows(app, "号票 A001", "号票 B001"))
        await press(app, "2")
        assert app.screen.query_one("#waiting", WindowTable).cursor_row.cells[0] == "B001"  # type: ignore[union-attr]
