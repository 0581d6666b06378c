"""A terminal for citizens whose copy is damaged: whoever finds it, citizens are sent to a window and stay out of what
lies behind; its keeper ends it and reads what was unsent, and the way out."""

from __future__ import annotations

import asyncio

import pytest

from tests.screens.kiosk_hall import heard, kiosk, shows, terminal
from tests.screens.ledger_hall import visitor, window
from tests.screens.live_hall import PIN, LiveHall, Machine, press
from tests.screens.test_damaged_copy import harm
from workstation.kiosk.app import KioskApp
from workstation.locale import say

SHUT = ("暂停使用", "请到窗口办理")


async def used(hall: LiveHall) -> Machine:
    """A machine that has been a terminal for tickets, closed again."""
    machine = await hall.enrol()
    async with kiosk(hall, "tickets", "您来办什么", staff="0602", machine=machine) as app:
        await heard(app)
        await hall.settled(app)
    return machine


async def ended(app: KioskApp) -> str:
    """Wait until it has; what it says then."""
    async with asyncio.timeout(60):
        while app.is_running or app.trouble is None:
            await asyncio.sleep(0.01)
    assert app.return_code == 1
    return say(app.trouble.code, **app.trouble.params)


async def ended_by_its_keeper_alone(app: KioskApp) -> str:
    """No key of a citizen's leads anywhere; the PIN ends it."""
    for keys in (("1",), ("enter",), ("escape",), ("ctrl+c",), ("ctrl+q", *"9999", "enter")):
        await press(app, *keys)
        await shows(app, *SHUT)
    await press(app, "ctrl+q", *PIN, "enter")
    return await ended(app)


async def test_what_only_the_exchange_finds_shuts_the_terminal(hall: LiveHall) -> None:
    machine = await used(hall)
    harm(machine.path, "announcement")  # no page of a terminal for tickets reads calls
    async with kiosk(hall, "tickets", "您来办什么", staff="0602", machine=machine) as app:
        await heard(app)
        await press(app, "1")
        await shows(app, "还要办什么")
        await visitor(hall, *await window(hall))
        await shows(app, *SHUT)
        told = await ended_by_its_keeper_alone(app)
    assert str(machine.path) in told
    for words in ("本机数据读不出来", "什么都没有丢", "workstation reset 清除"):
        assert words in told


@pytest.mark.parametrize("table", ["matter", "layout"])  # read by the first page; by the thread that reckons waits
async def test_what_a_page_finds_shuts_it_too(hall: LiveHall, table: str) -> None:
    machine = await used(hall)
    harm(machine.path, table)
    async with kiosk(hall, "tickets", *SHUT, staff="0602", machine=machine) as app:
        assert "本机数据读不出来" in await ended_by_its_keeper_alone(app)


async def test_a_copy_that_does_not_open_ends_it_at_once(hall: LiveHall) -> None:
    machine = await used(hall)
    machine.path.write_bytes(b"\xff" * 8192)
    app = terminal(hall, machine, "tickets", "0602")
    async with app.run_test():
        assert "reset --lost" in await ended(app)
