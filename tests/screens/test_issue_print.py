"""F2 of screen 3: each copy by a right of its own, here or by a code; F7: the blanks add up."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

from sync.records.states import PrintState
from tests.conftest import NeedsTool
from tests.screens.case_flow import checked, decided, received, reviewed_at, words
from tests.screens.live_hall import LiveHall, press, until
from workstation.terminal import TerminalApp
from workstation.views.printing import copies

PASSPHRASE = "a passphrase of the tests"
DECISION = "c1-decision"


async def issued(hall: LiveHall, app: TerminalApp, *, matter: str = "m-change") -> None:
    """A case issued at this terminal, its papers signed, screen 3 open on it."""
    counter = await hall.device("0307", "0201")
    case = await received(hall, counter, "0307", "c1", matter=matter)
    await checked(counter, "0307", case)
    await reviewed_at(app, hall, case)
    await decided(hall, counter, case)
    await hall.settled(app)
    await app.services.papers.open_seal(PASSPHRASE)
    await app.services.issue.issue(case)
    due = 3 if matter == "m-change" else 4

    def signed() -> bool:
        papers = app.services.papers.of_case(case)
        return sum(each.state == "valid" and not each.pending for each in papers) == due

    app.services.papers.watch(app, frozenset({"*"}))
    await until(app, signed)
    app.goto(3, case_id=case)
    await until(app, lambda: "审计" in words(app))
    await press(app)


def rights(app: TerminalApp, document: str = DECISION) -> list[tuple[Any, ...]]:
    assert app.desk is not None
    return [(c.copy_no, c.channel, c.state, c.serial) for c in copies(app.desk.read, document)]


def printed(app: TerminalApp) -> int:
    folder: Path = app.locations.data / "documents" / "print"
    return sum(path.read_bytes()[:5] == b"%PDF-" for path in folder.glob("*.pdf"))


async def test_a_copy_is_printed_by_its_right_and_confirmed_or_void(hall: LiveHall) -> None:
    async with hall.sitting("0307", size=(80, 24)) as app:
        await issued(hall, app)
        await press(app, "f2")
        assert "准予行政许可决定书" in words(app)
        await press(app, "1", "1")
        await until(app, lambda: "打印好了吗" in words(app))
        assert printed(app) == 1
        await press(app, "1")
        await until(app, lambda: rights(app)[0][2] == "confirmed")
        assert rights(app) == [(1, "window", PrintState.CONFIRMED, "")]
        await press(app, "f2", "1", "1")
        await until(app, lambda: "打印好了吗" in words(app))
        await press(app, "2")
        await until(app, lambda: [each[2] for each in rights(app)] == ["confirmed", "failed"])
        await press(app, "f2", "1", "1")
        await until(app, lambda: "打印好了吗" in words(app))
        await press(app, "escape")  # asked again at the next F2
        await press(app, "f2", "1")
        assert "已打印，待确认" in words(app)
        await press(app, "1")
        await until(app, lambda: (2, "window", "confirmed") in [each[:3] for each in rights(app)])


async def test_a_code_for_a_terminal_is_told_put_on_a_slip_and_taken_back(
    hall: LiveHall, needs_tool: NeedsTool
) -> None:
    async with hall.sitting("0307", size=(80, 24)) as app:
        await issued(hall, app)
        await press(app, "f2", "1", "2")
        await until(app, lambda: "取件码" in words(app))
        assert app.desk is not None
        [copy] = copies(app.desk.read, DECISION)
        assert (copy.state, copy.channel, len(copy.code)) == ("given", "kiosk", 8)
        assert f"{copy.code[:4]} {copy.code[4:]}" in words(app)
        await press(app, "enter", "f2", "1")
        assert "已授权" in words(app)
        await press(app, "2")  # the code on paper, for the terminal's scanner
        folder = app.services.papers.filing.folder / "print"
        await until(app, lambda: list(folder.glob("pick-up-*.pdf")))
        [slip] = folder.glob("pick-up-*.pdf")
        command = [needs_tool("pdftotext", "poppler-utils"), str(slip), "-"]
        told = (await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)).stdout
        assert f"{copy.code[:4]} {copy.code[4:]}" in told
        assert "青岛" not in told
        await press(app, "f2", "1", "1", *"lost", "enter")
        await until(app, lambda: rights(app) == [(1, "kiosk", "failed", "")])
        hall.stop_server()
        app.sync_now()
        await until(app, lambda: app.desk is not None and not app.desk.engine.status.online)
        await press(app, "f2", "1", "1")
        assert "只能由中心给" in words(app)
        hall.start_server()


async def test_a_licence_takes_a_blank_and_the_sum_is_shown(hall: LiveHall) -> None:
    async with hall.sitting("0307", "03", size=(80, 24)) as app:
        await issued(hall, app, matter="m-set-up")
        await press(app, "f2", "2", "1")
        await until(app, lambda: "没有空白证照了" in words(app))
        await press(app, "f7", "1", *"LC000101", "enter", *"LC000103", "enter")
        await until(app, lambda: "已领取" in words(app))
        [licence] = [each for each in app.services.papers.of_case("c1") if each.kind == "licence"]
        await press(app, "f2", "2", "1")
        assert "余 3 张" in words(app)
        await press(app, "enter")  # the lowest is offered
        await until(app, lambda: "打印好了吗" in words(app))
        await press(app, "2")
        await until(app, lambda: rights(app, licence.id)[-1][2] == "failed")
        await press(app, "f2", "2", "1", *["backspace"] * 8, *"LC000101", "enter")
        assert "库存里没有" in words(app)  # it is void
        await press(app, *["backspace"] * 8, *"LC000103", "enter")
        await until(app, lambda: "打印好了吗" in words(app))
        await press(app, "1")
        await until(app, lambda: "confirmed" in [each[2] for each in rights(app, licence.id)])
        both = {(1, "window", "failed", "LC000101"), (1, "window", "confirmed", "LC000103")}
        assert set(rights(app, licence.id)) == both  # given at the same moment of a clock that stands
        await press(app, "f7", "2", "enter", *"torn", "enter")
        await until(app, lambda: "LC000102 已作废" in words(app))
        await press(app, "f7")
        assert "领入 3  用 1  废 2  存 0" in words(app)
        assert "领入 = 用 + 废 + 存" in words(app)
        await press(app, "escape")


async def test_the_duty_manager_keeps_the_blanks_of_the_terminals(hall: LiveHall) -> None:
    async with hall.sitting("0101", size=(80, 24)) as app:
        app.goto(3)
        await press(app)
        await press(app, "f7", "1", *"LC000201", "enter", *"LC000210", "enter")
        await until(app, lambda: "已领取" in words(app))
        [stock] = app.services.printing.stocks()
        assert (stock.id, stock.left, stock.following, stock.adds_up) == ("licang:print/0601", 10, "LC000201", True)
