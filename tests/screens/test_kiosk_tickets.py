"""A terminal that gives out tickets: by digits to a number, from the centre or out of the terminal's own."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sync.protocol.messages import Slip
from sync.protocol.verbs import staff as staff_verbs
from sync.protocol.verbs import ticket as verbs
from tests.screens.kiosk_hall import heard, kiosk, said, shows
from tests.screens.ledger_hall import window
from tests.screens.live_hall import BASE, PIN, QUEUE, LiveHall, press, until
from workstation.kiosk.app import KioskApp

BOTH = pytest.mark.parametrize("size", [(80, 24), (100, 30)])


def for_tickets(
    hall: LiveHall, *, size: tuple[int, int] = (80, 24)
) -> contextlib.AbstractAsyncContextManager[KioskApp]:
    """A terminal for tickets."""
    return kiosk(hall, "tickets", "您来办什么", "按 3", staff="0602", size=size)


def tickets(app: KioskApp) -> list[tuple[str, str, list[str], str]]:
    """(number, matter, further ones, priority) of the tickets in the terminal's copy."""
    assert app.desk is not None
    rows = sorted(app.desk.rows("ticket", scope=QUEUE), key=lambda row: str(row.number))
    return [(r.number, r.matter, [each["matter"] for each in r.more or ()], r.priority) for r in rows]


@BOTH
async def test_matters_and_a_priority_lead_to_the_centres_number(hall: LiveHall, size: tuple[int, int]) -> None:
    async with for_tickets(hall, size=size) as app:
        desk = await heard(app)
        names = [line.split("   ")[1] for line in app.page.lines]
        await press(app, "2")
        await shows(app, "还要办什么", f"已选: {names[1]}", "没有了")
        assert names[1] not in "".join(app.page.lines)
        await press(app, "1")
        await shows(app, "还要办什么", names[0], names[1])
        await press(app, "0")
        await shows(app, "普通", "老年人", "残障人士", "重新开始")
        await press(app, "2")
        await shows(app, "这是您的号码", names[0], names[1], "下一个就到您", "法定代表人身份证", "稍后自动返回")
        [slip] = (app.locations.data / "kiosk" / "slips").iterdir()
        assert (slip.stem, slip.stat().st_mode & 0o777) == (app.page.big, 0o600)
        assert not list((app.locations.data / "kiosk").glob("*.pdf"))
        [(number, matter, more, priority)] = tickets(app)
        assert app.page.big == number
        assert (len(more), priority) == (1, "elderly")
        assert [desk.row("matter", id).name for id in (matter, *more)] == [names[1], names[0]]
        await press(app, "enter")
        await shows(app, "您来办什么")
        await press(app, "1", "0", "0")  # changed their mind at the last page
        await shows(app, "您来办什么")
        assert len(tickets(app)) == 1


async def test_all_matters_chosen_lead_on_by_themselves_and_who_leaves_is_forgotten(hall: LiveHall) -> None:
    async with for_tickets(hall) as app:
        for words in ("还要办什么", "还要办什么", "您是"):
            await press(app, "1")
            await shows(app, words)
        app._over()
        await shows(app, "您来办什么")
        assert tickets(app) == []


async def test_without_a_network_numbers_come_out_of_its_own_until_they_are_used_up(hall: LiveHall) -> None:
    async with for_tickets(hall) as app:
        desk = app.desk
        assert desk is not None
        await until(app, lambda: len(desk.read("SELECT DISTINCT prefix FROM block WHERE of = 'ticket'")) == 2)
        await asyncio.to_thread(hall.stop_server)
        desk.engine.nudge()
        await shows(app, "网络已断开，仍可取号")
        await press(app, "1")
        await shows(app, "还要办什么")
        await press(app, "0")
        await shows(app, "普通")
        await press(app, "1")
        await shows(app, "这是您的号码")
        assert "前面还有" not in said(app)
        [(number, *_)] = tickets(app)
        assert app.page.big == number
        with desk.store.write() as connection:
            connection.execute("UPDATE block SET next = last + 1")
        await press(app, "enter")
        await shows(app, "您来办什么")
        await press(app, "1")
        await shows(app, "还要办什么")
        await press(app, "0")
        await shows(app, "普通")
        await press(app, "1")
        await shows(app, "本机的号码已发完")
        await asyncio.to_thread(hall.start_server)
        desk.engine.nudge()
        await until(app, lambda: not desk.read("SELECT 1 FROM outbox"))
        [row] = await hall.services.store.read(lambda tx: tx.fetch("SELECT number, state FROM ticket"))
    assert tuple(row) == (number, "waiting")


async def take(app: KioskApp) -> None:
    """A number for the second matter, nothing further, no priority."""
    await shows(app, "您来办什么")
    await press(app, "2")
    await shows(app, "还要办什么")
    await press(app, "0")
    await shows(app, "普通")
    await press(app, "1")
    await shows(app, "这是您的号码")


async def test_with_an_open_window_page_and_slip_tell_the_wait_and_where(
    hall: LiveHall, needs_tool: Callable[[str, str], str]
) -> None:
    clerk = await hall.device()
    await clerk.sign_on("0307", PIN)
    opened = await clerk.do("0307", verbs.OpenWindow(window="w03"), id="s-3", scope=QUEUE)
    assert opened.status == "accepted", opened
    async with for_tickets(hall) as app:
        await heard(app)
        await shows(app, "不用等")  # before a ticket is taken
        await take(app)
        await press(app, "enter")
        await shows(app, "约等")
        await take(app)
        told = ("前面还有 1 人", "预计等候", "可能叫号的窗口: 03")
        await shows(app, *told, "稍后自动返回")
        slip = app.locations.data / "kiosk" / "slips" / f"{app.page.big}.pdf"
        read = [needs_tool("pdftotext", "poppler-utils"), str(slip), "-"]
        done = await asyncio.to_thread(subprocess.run, read, capture_output=True, text=True, check=True)
        printed = "".join(done.stdout.split())
        for line in told:
            assert "".join(line.split()) in printed


async def test_waits_that_cannot_be_reckoned_are_not_told_and_it_is_noted(hall: LiveHall) -> None:
    clerk = await hall.device("0307")
    opened = await clerk.do("0307", verbs.OpenWindow(window="w03"), id="s-3", scope=QUEUE)
    assert opened.status == "accepted", opened
    async with for_tickets(hall) as app:
        desk = await heard(app)
        await shows(app, "不用等")
        setting = "INSERT OR REPLACE INTO setting (id, scope, v, value) VALUES ('missed_pause', ?, 1, ?)"
        with desk.store.write() as connection:
            connection.execute(setting, (BASE, "{"))  # of a version that this program does not know
        app._changed(set())
        await until(app, lambda: "不用等" not in said(app))
        with desk.store.write() as connection:
            connection.execute(setting, (BASE, '{"value": 60000}'))
        app._changed(set())
        await shows(app, "不用等")
        assert '"event":"stray"' in app.locations.journal_file.read_text().replace(" ", "")


async def test_a_slip_is_set_in_the_machine_s_own_fonts(hall: LiveHall, tmp_path: Path) -> None:
    async with for_tickets(hall) as app:
        await heard(app)
        fonts = tmp_path / "fonts"
        fonts.mkdir()
        app.locations.settings_file.parent.mkdir(parents=True, exist_ok=True)
        app.locations.settings_file.write_text(f'font_folder = "{fonts}"\n')
        await take(app)
        await shows(app, "小票没有打印出来")  # there is no font in that folder: said, never passed over
        assert not list((app.locations.data / "kiosk").rglob("*.pdf"))
        app.locations.settings_file.write_text("")
        await press(app, "enter")
        await take(app)
        await shows(app, "稍后自动返回")
        assert len(list((app.locations.data / "kiosk" / "slips").iterdir())) == 1


async def test_a_terminal_for_papers_gives_out_no_tickets(hall: LiveHall) -> None:
    async with kiosk(hall, "tickets", "这不是终端的工号", staff="0601"):
        pass


async def test_a_slip_leads_its_holder_to_the_ticket_s_page_and_tells_others_nothing(hall: LiveHall) -> None:
    device = await hall.device()
    await device.sign_on("0602", PIN)
    given = await device.do("0602", verbs.Issue(matter="m-set-up", priority="none", site="hall"), id="t1", scope=QUEUE)
    assert given.status == "accepted", given
    slip = await device.transport.ask("GET", "/v1/slip", Slip, ticket="t1")
    assert (slip.address, slip.ahead) == ("", 0)  # nobody has said where citizens reach the pages
    admin = await hall.device()
    await admin.sign_on("0901", PIN)
    there = staff_verbs.PutSetting(value="https://hall.example/")
    assert (await admin.do("0901", there, id="public_url", scope=BASE)).status == "accepted"
    slip = await device.transport.ask("GET", "/v1/slip", Slip, ticket="t1")
    assert slip.address.startswith("https://hall.example/t/")
    async with httpx.AsyncClient(trust_env=False) as citizen:
        page = await citizen.get(hall.url + slip.address.removeprefix("https://hall.example"))
    row = device.row("ticket", "t1")
    assert page.status_code == 200
    assert row is not None
    assert row["number"] in page.text
    assert await device.transport.ask("GET", "/v1/slip", Slip) == Slip()
    assert await device.transport.ask("GET", "/v1/slip", Slip, ticket="nobody") == Slip()
    for stranger in ("0001", "0201", "G012", "0601"):  # of no queue, of another, or one who gives out none
        await admin.sign_on(stranger, PIN)
        assert await admin.transport.ask("GET", "/v1/slip", Slip, ticket="t1") == Slip(), stranger
    clerk, session = await window(hall)
    slip = await clerk.transport.ask("GET", "/v1/slip", Slip, ticket="t1")
    assert (slip.ahead, slip.address) == (0, ""), "the address would still lead to the page when it leads to the rating"
    called = await clerk.do("0307", verbs.Call(session=session, call="c1"), id="t1", scope=QUEUE)
    assert called.status == "accepted", called
    assert (
        await clerk.transport.ask("GET", "/v1/slip", Slip, ticket="t1") == Slip()
    )  # its page leads to the rating soon
