"""变更 through the real screens: the approver says what changes, one F9 signs the set, the old licence is over."""

from __future__ import annotations

import asyncio

import httpx

from tests.screens.case_flow import checked, decided, received, reviewed_at, step, words
from tests.screens.live_hall import LiveHall, press, until
from tests.screens.test_issue_delivery import choose
from workstation.headless.device import Device
from workstation.terminal import TerminalApp

PASSPHRASE = "secret"


async def licensed(hall: LiveHall, app: TerminalApp, counter: Device) -> None:
    """A case of a matter with a licence, everything signed at this terminal and handed over."""
    await received(hall, counter, "0307", matter="m-set-up", address="振华路1号")
    await checked(counter, "0307", "c1")
    await reviewed_at(app, hall, "c1")
    await decided(hall, counter, "c1")
    await hall.settled(app)
    await app.services.papers.open_seal(PASSPHRASE)
    await app.services.issue.issue("c1")
    assert app.desk is not None
    desk = app.desk
    await until(app, lambda: any(d.state == "valid" for d in desk.rows("document", case="c1", kind="licence")))
    await hall.settled(app)
    hall.clock.advance(60_000)
    app.services.delivery.deliver("c1", "bearer", "window", {})
    await hall.settled(app)
    await until(app, lambda: not app.services.papers.unsigned())
    await hall.settled(app)
    hall.clock.advance(60_000)


async def test_a_change_supersedes_the_licence_once_its_set_is_signed(hall: LiveHall) -> None:
    counter, machine = await hall.device("0307", "0201"), await hall.enrol()
    async with hall.sitting("0307", machine=machine) as clerk:
        await licensed(hall, clerk, counter)
        assert clerk.desk is not None
        [old] = clerk.desk.rows("document", case="c1", kind="licence")
    async with hall.sitting("0201") as app:
        await hall.settled(app)
        app.goto(2, case_id="c1")
        await press(app)
        await step(app, "变更许可")
        assert "变更哪一项" in words(app)
        await choose(app, "住所")
        await press(app, *["backspace"] * 20, *"Another road", "enter")
        await choose(app, "变更完毕")
        await press(app, *"moved", "enter", *"001", "enter")
        await hall.settled(app)
    async with hall.sitting("0307", machine=machine) as clerk:
        await hall.settled(clerk)
        assert clerk.desk is not None
        desk = clerk.desk
        assert desk.row("case", "c1").state == "issued"
        await press(clerk, "3")
        await until(clerk, lambda: "待签文书 2 份" in words(clerk))
        assert "准予变更" in words(clerk)
        clerk.screen.query_one("#papers").focus()
        await press(clerk, "f9", *PASSPHRASE, "enter")
        await until(clerk, lambda: desk.row("document", old.id).state == "superseded")
        await until(clerk, lambda: "没有待签文书" in words(clerk))
        await hall.settled(clerk)
        [new] = desk.rows("document", case="c1", kind="licence", state="valid")
        assert (new.facts["address"], new.facts["replaces"]) == ("Another road", old.number)
        page = await asyncio.to_thread(httpx.get, f"{hall.url}/v/{old.page}")
        assert f'href="/v/{new.page}"' in page.text
        hall.clock.advance(60_000)
        clerk.services.delivery.deliver("c1", "bearer", "window", {})
        await hall.settled(clerk)
        receipts = desk.rows("document", case="c1", kind="delivery_receipt")
        told = max(receipts, key=lambda each: each.prepared_at).facts["delivered"]
        assert [line.partition(" ")[0] for line in told] == ["准予变更行政许可决定书", new.facts["licence"]]
        assert desk.row("document", old.id).sha256 == old.sha256
