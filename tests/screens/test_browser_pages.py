"""The browser's pages over a supervisor's own desk: the ledger by state, the audit with what its lines prove."""

from __future__ import annotations

import asyncio
import re

from sync.calendar import MINUTE_MS
from sync.protocol.verbs.ticket import AskWindow
from tests.screens.leaks import WALL
from tests.screens.ledger_hall import PHONE, WORDS, unhappy_visitor
from tests.screens.live_hall import QUEUE, LiveHall
from workstation.browser.pages import NAMES, Pages
from workstation.browser.supervision import Supervision
from workstation.terminal import TerminalApp


async def page(app: TerminalApp, path: str) -> str:
    """Its words."""
    assert app.desk is not None
    pages = Pages(Supervision(app.desk, app.locations.data), "大厅")
    html = await asyncio.to_thread(pages.make, path, {})
    assert html is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def test_the_ledger_stands_there_by_state_with_its_ages_and_nobodys_telephone(hall: LiveHall) -> None:
    await unhappy_visitor(hall)
    hall.clock.advance(12 * MINUTE_MS)
    async with hall.sitting("0001") as app:
        told = await page(app, "/ledger")
        assert "待首次回访 1" in told
        assert re.search(r"12分 不满意 企业变更登记 窗口03 未拨 \(第1次\)", told), told
        for hidden in (PHONE, PHONE[:3], "赵某某", "赵**", WORDS):
            assert hidden not in told, hidden
    async with hall.sitting("0307") as app:
        told = await page(app, "/ledger")
        assert "待首次回访 0" in told
        assert "企业变更登记" not in told


async def wall(app: TerminalApp) -> str:
    """Every page that a supervisor may put up, each measure's records too."""
    names = [f"/yardstick/{each.name}" for each in Supervision(app.desk, app.locations.data).oversight.measures()]  # type: ignore[arg-type]
    return "\n".join([await page(app, path) for path in (*(f"/{name}" for name in NAMES), *names)])


async def test_no_page_of_a_wall_tells_who_rated(hall: LiveHall) -> None:
    """The rated clerk walks past it, and knows the ids that their own machine made; a firm's name is not masked."""
    firm = "青岛某甲设备有限公司"
    rated = await unhappy_visitor(hall, holder=firm)
    secrets = (PHONE, firm, WORDS, rated[-8:])
    async with hall.sitting("0001") as app:
        told = await wall(app)
        assert [secret for secret in secrets if secret in told] == []
        assert "待首次回访 1" in told
        for leak in WALL:
            with leak():
                told = await wall(app)
            assert any(secret in told for secret in secrets), leak


async def test_the_hall_says_what_the_duty_manager_has_asked_for(hall: LiveHall) -> None:
    duty = await hall.device("0101")
    asked = AskWindow(window="w05", service="B")
    assert (await duty.do("0101", asked, id="r-1", scope=QUEUE)).status == "accepted"
    async with hall.sitting("0001") as app:
        told = await page(app, "/")
        assert "已请开窗口05 分流 食品经营许可延续" in told
        assert re.search(r"05 \S* ?未开 已请", told), told
        assert told.count("未开 已请") == 1, "the closed ones in their line are not asked for"


async def test_the_audit_says_what_its_newest_lines_prove(hall: LiveHall) -> None:
    await unhappy_visitor(hall)
    async with hall.sitting("0001") as app:
        told = await page(app, "/audit")
        assert "与本机所存一致" in told
        assert "0307 赵某 叫号 叫号 A001" in told or re.search(r"0307 赵某 \S+ \S+ A001", told), told
        assert re.search(r"叫号 \d+ \d+ 完好 \d+ 行", told), told
        hall.stop_server()
        assert "审计要问中心" in await page(app, "/audit")
        hall.start_server()
    async with hall.sitting("0101") as app:
        assert "A001" not in await page(app, "/audit")
