"""Minutes that the hall's own services have taught, matter by matter: on screen 1, and when a service is long."""

from __future__ import annotations

from sync.calendar import MINUTE_MS
from tests.screens.ledger_hall import visitor, window
from tests.screens.live_hall import LiveHall, press, text, until
from workstation.terminal import TerminalApp


def line_of(app: TerminalApp, number: str) -> str:
    return next((line for line in text(app) if f" {number} " in line), "")


async def test_screen_1_expects_what_each_matter_has_taken_here(hall: LiveHall) -> None:
    """Two matters of one letter: 12 minutes by themselves and 6. Five of the first took 7 each, so it should take 9;
    nothing is known of the other."""
    device, session = await window(hall)
    for _ in range(5):
        await visitor(hall, device, session, holder="钱某某")
    await hall.tickets(device, "0307", "m-change", "m-set-up")
    async with hall.sitting("0308", "04", size=(130, 30)) as app:
        await until(app, lambda: "9分" in line_of(app, "A006"))
        assert "6分" in line_of(app, "A007")
        await press(app, "f2", "enter")
        hall.clock.advance(19 * MINUTE_MS)  # more than twice what it takes here, less than twice 12
        await until(app, lambda: any("已超时长" in line for line in text(app)))


async def test_the_supervisor_hears_of_a_long_service_by_what_was_learned(hall: LiveHall) -> None:
    device, session = await window(hall)
    for _ in range(5):
        await visitor(hall, device, session, holder="钱某某")
    await visitor(hall, device, session, holder="孙某某", finish=False)
    async with hall.sitting("0001") as app:
        await until(app, lambda: any("今日办件 5" in line for line in text(app)))
        hall.clock.advance(19 * MINUTE_MS)
        await press(app, "f5")
        await until(app, lambda: any("窗口03 单件 19 分" in line for line in text(app)))
