"""A terminal for citizens: the code leads to one copy, printed once; nothing else does anything, and only its keeper
ends it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from textual import events
from textual.widgets import Digits

from sync.protocol.verbs import printing as verbs
from tests.screens.case_flow import received
from tests.screens.kiosk_hall import kiosk, said, shows
from tests.screens.live_hall import CASES, PIN, PRINT, LiveHall, press, until
from tests.screens.test_issue_print import issued
from workstation.headless.device import Device
from workstation.kiosk.app import FREE_TRIES, KioskApp
from workstation.kiosk.documents import scanned

PASSPHRASE = "a passphrase of the tests"
BOTH = pytest.mark.parametrize("size", [(80, 24), (100, 30)])


def for_papers(
    hall: LiveHall, *, size: tuple[int, int] = (80, 24), staff: str = "0601"
) -> contextlib.AbstractAsyncContextManager[KioskApp]:
    """A terminal for papers."""
    return kiosk(hall, "documents", "取件码" if staff else "终端工号", staff=staff, size=size)


async def signed(hall: LiveHall, counter: Device, name: str = "c1") -> None:
    """A case whose receipt is a signed paper."""
    await received(hall, counter, "0307", name)
    async with hall.sitting("0307") as app:
        await app.services.papers.open_seal(PASSPHRASE)
        app.services.papers.watch(app, frozenset({"*"}))

        def valid() -> bool:
            return any(p.state == "valid" and not p.pending for p in app.services.papers.of_case(name))

        await until(app, valid)
        await hall.settled(app)
        papers = app.services.papers.of_case(name)
        await until(app, lambda: all(hall.services.vault.size(p.sha256) is not None for p in papers if p.sha256))


async def code_for(counter: Device, name: str = "c1", id: str = "print-1") -> str:
    """The right to print the receipt at a terminal; what the citizen is told."""
    await counter.pull()
    args = verbs.GivePrint(document=f"{name}-receipt", channel="kiosk")
    result = await counter.do("0307", args, id=id, scope=CASES)
    assert result.status == "accepted", result
    await counter.pull()
    return str(right(counter, id)["code"])


def right(counter: Device, id: str = "print-1") -> Any:
    return counter.row("print_authorisation", id)


@BOTH
async def test_a_code_prints_one_copy_once(hall: LiveHall, size: tuple[int, int]) -> None:
    counter = await hall.device("0307")
    await signed(hall, counter)
    async with for_papers(hall, size=size) as app:
        code = await code_for(counter)
        await press(app, *code[:3])
        assert app.query_one("#typed", Digits).value == code[:3]
        await press(app, *code[3:], "enter")
        await shows(app, "打印清楚吗", "按 1", "按 0", "青岛*")
        folder = app.locations.data / "kiosk" / "print"
        assert [path.read_bytes()[:5] for path in folder.glob("*.pdf")] == [b"%PDF-"]
        await press(app, "1")
        await shows(app, "谢谢")
        await press(app, *code, "enter")
        await shows(app, "取件码不对，或者已经用过")
    await counter.pull()
    assert (right(counter)["state"], right(counter)["copy_no"]) == ("confirmed", 1)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("12345678", "12345678"),
        ("https://hall.example/p/12345678", "12345678"),
        ("http://10.0.0.1:8080/p/12345678/", "12345678"),
        ("https://hall.example/k#12345678", "12345678"),
        ("https://hall.example/k?code=12345678", "12345678"),
        ("https://hall.example/v/12345678#Zm9vYmFy", ""),
        ("https://hall.example/v/ab12345678", ""),
        ("https://hall.example/p/123456789", ""),
        ("https://hall.example/", ""),
    ],
)
def test_what_a_scanner_types(typed: str, code: str) -> None:
    assert scanned(typed) == code


async def test_a_scanner_types_the_code_or_an_address_that_ends_in_it(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await signed(hall, counter)
    async with for_papers(hall) as app:
        # Another code – that of a paper – is no try, and a shy finger on a letter harms nothing.
        await burst(app, "https://hall.example/v/12345678abcd#Zm9vYmFy12345678")
        await shows(app, "这不是取件码")
        await press(app, "enter", "x")
        scan = f"http://10.0.0.1:8080/p/{await code_for(counter)}"
        await burst(app, scan)
        await shows(app, "打印清楚吗")
        # The same code held under the scanner once more answers no question, whatever digits it has.
        await burst(app, scan)
        await press(app, "x", "1", "0")
        await until(app, lambda: not app.burst)
        assert "打印清楚吗" in said(app)
        await press(app, "1")
        await shows(app, "谢谢")
    await counter.pull()
    assert (right(counter)["state"], right(counter)["copy_no"]) == ("confirmed", 1)


async def burst(app: KioskApp, text: str) -> None:
    """All at once, as a scanner types, with its Enter."""
    for sign in text:
        app.post_message(events.Key(sign, sign))
    app.post_message(events.Key("enter", "\r"))
    await press(app)


async def test_a_spoiled_copy_is_void_and_may_be_given_anew(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await signed(hall, counter)
    async with for_papers(hall) as app:
        code = await code_for(counter)
        await press(app, *code, "enter")
        await shows(app, "打印清楚吗")
        await press(app, "0")
        await shows(app, "已作废")
        again = await code_for(counter, id="print-2")
        await press(app, "enter", *again, "enter")
        await shows(app, "打印清楚吗")
        assert app.page.after is None
        app._over()  # nobody answers: the question goes, the copy waits for a clerk's word
        await shows(app, "8 位取件码")
    await counter.pull()
    assert [right(counter, id)["state"] for id in ("print-1", "print-2")] == ["failed", "printed"]
    assert (await counter.do("0307", verbs.ConfirmPrint(), id="print-2", scope=CASES)).status == "accepted"


async def test_a_licence_is_printed_on_the_terminal_s_next_blank(hall: LiveHall) -> None:
    async with hall.sitting("0307", "03") as app:
        await issued(hall, app, matter="m-set-up")
        [licence] = [each for each in app.services.papers.of_case("c1") if each.kind == "licence"]
        await hall.settled(app)
    counter = await hall.device("0307", "0101")
    async with for_papers(hall) as terminal:
        await counter.pull()
        given = verbs.GivePrint(document=licence.id, channel="kiosk")
        assert (await counter.do("0307", given, id="print-1", scope=CASES)).status == "accepted"
        await counter.pull()
        code = str(right(counter)["code"])
        await press(terminal, *code, "enter")
        await shows(terminal, "没有空白证照了")
        blanks = verbs.ReceiveBlanks(range="r-1", first="LC000201", last="LC000203")
        assert (await counter.do("0101", blanks, id=f"{PRINT}/0601", scope=PRINT)).status == "accepted"
        await until(terminal, lambda: terminal.desk is not None and terminal.desk.row("blank_stock", f"{PRINT}/0601"))
        await press(terminal, "enter", *code, "enter")
        await shows(terminal, "打印清楚吗")
        await press(terminal, "1")
        await shows(terminal, "谢谢")
    await counter.pull()
    assert (right(counter)["state"], right(counter)["serial"]) == ("confirmed", "LC000201")
    stock = counter.row("blank_stock", f"{PRINT}/0601")
    assert stock is not None
    assert (stock["received"], stock["used"], stock["void"]) == (3, 1, 0)


async def test_nobody_gets_out_of_it_but_by_the_pin(hall: LiveHall) -> None:
    async with for_papers(hall) as app:
        stack = list(app.screen_stack)
        for key in ("ctrl+c", "ctrl+p", "ctrl+g", "f1", "f10", "escape", "tab", "ctrl+z", "ctrl+l", "a", "space"):
            await press(app, key)
        assert app.screen_stack == stack
        assert "8 位取件码" in said(app)
        for _ in range(FREE_TRIES):
            await press(app, "ctrl+q", *"9999", "enter")
            await shows(app, "8 位取件码")
        await press(app, "ctrl+q")
        assert "8 位取件码" in said(app)  # not asked for a while
        hall.clock.advance(61_000)
        await press(app, "ctrl+q")
        assert "终端口令" in said(app)
        await press(app, *PIN, "enter")
        async with asyncio.timeout(60):
            while app.is_running:
                await asyncio.sleep(0.01)
    assert app.return_code == 0


async def test_a_persons_number_opens_no_terminal(hall: LiveHall) -> None:
    async with for_papers(hall, staff="") as app:
        await press(app, *"0307", "enter")
        await shows(app, "终端口令")
        await press(app, *PIN, "enter")
        await shows(app, "这不是终端的工号")
        await press(app, *"0601", "enter")
        await shows(app, "终端口令")
        await press(app, *PIN, "enter")
        await shows(app, "8 位取件码")


async def test_without_a_network_it_says_so_and_after_five_wrong_codes_it_waits(hall: LiveHall) -> None:
    async with for_papers(hall) as app:
        for n in range(5):
            await press(app, *f"1111222{n}", "enter")
            await shows(app, "取件码不对")
            await press(app, "enter")
        await press(app, *"11112229", "enter")
        await shows(app, "输错次数太多")
        hall.clock.advance(61_000)
        await asyncio.to_thread(hall.stop_server)
        assert app.desk is not None
        app.desk.engine.nudge()
        await shows(app, "网络已断开")
        await press(app, "enter", *"11112229", "enter")
        await shows(app, "请到窗口领取")
