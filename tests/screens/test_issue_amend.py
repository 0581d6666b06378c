"""更正 through the real screens: at screen 2 the approver says what is wrong, at screen 3's machine it is signed."""

from __future__ import annotations

import asyncio

import httpx

from tests.screens.case_flow import step, to_issue, words
from tests.screens.live_hall import LiveHall, press, text, until
from workstation.terminal import TerminalApp

PASSPHRASE = "a passphrase of the tests"


async def test_a_wrong_decision_is_replaced_by_a_new_one_and_nothing_is_edited(hall: LiveHall) -> None:
    """更正: the approver says what is wrong, the clerk's machine signs, the old page shows the newer paper."""
    counter = await hall.device("0307", "0201")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as clerk:
        await to_issue(hall, clerk, counter, "c1")
        await clerk.services.papers.open_seal(PASSPHRASE)
        await clerk.services.issue.issue("c1")
        await hall.settled(clerk)
        assert clerk.desk is not None
        old = clerk.desk.row("document", "c1-decision")
        first = await clerk.services.papers.content(old.sha256)
    async with hall.sitting("0201") as app:
        await hall.settled(app)
        app.goto(2, case_id="c1")
        await press(app)
        await step(app, "更正文书")
        assert "更正哪份文书" in words(app)
        await choose(app, "准予行政许可决定书")
        await choose(app, "受文人")
        await press(app, *["backspace"] * 20, *"Another company", "enter")
        assert "Another company" in words(app)
        await choose(app, "更正完毕")
        await press(app, *"wrong name", "enter", *"001", "enter")
        await hall.settled(app)
        assert app.desk is not None
        (new,) = [row for row in app.desk.rows("document", case="c1", kind="grant_decision") if row.id != old.id]
        assert (new.state, new.facts["addressee"], new.facts["corrects"]) == ("prepared", "Another company", old.number)
    async with hall.sitting("0307", machine=machine) as clerk:
        await clerk.services.papers.open_seal(PASSPHRASE)
        clerk.rows_changed(frozenset({"document"}))  # as by the paper for whose sake it is opened
        await until(clerk, lambda: clerk.desk is not None and clerk.desk.row("document", new.id).state == "valid")
        await hall.settled(clerk)
        assert clerk.desk is not None
        after = clerk.desk.row("document", old.id)
        assert (after.state, after.facts, after.sha256) == ("superseded", old.facts, old.sha256)
        page = await asyncio.to_thread(httpx.get, f"{hall.url}/v/{old.page}")
        assert "已被更正文书代替" in page.text
        assert f'href="/v/{new.page}"' in page.text
        assert new.number in page.text
        held = {"file": ("paper.pdf", first, "application/pdf")}
        compared = await asyncio.to_thread(lambda: httpx.post(f"{hall.url}/v/{old.page}", files=held))
        assert "文件与登记的完全一致" in compared.text  # it is what was signed, and says itself what it is worth


async def choose(app: TerminalApp, label: str) -> None:
    """The line of a list that holds these words."""
    line = next(line for line in text(app) if label in line)
    await press(app, line.partition(label)[0].split()[-1].rstrip("."))


async def test_tab_goes_from_the_cases_to_the_papers(hall: LiveHall) -> None:
    """A correction waits in the lower list while cases stand in the upper one."""
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as clerk:
        await to_issue(hall, clerk, counter, "c1")
        await press(clerk, "3", "tab")
        assert clerk.focused is not None
        assert clerk.focused.id == "papers"
        await press(clerk, "tab")
        assert clerk.focused.id == "decided"
