"""The lists of screen 3: the own office's cases and papers come first, and F3 says so and changes it."""

from __future__ import annotations

from sync.protocol.verbs.case import Move
from sync.protocol.verbs.staff import AssignRole
from tests.screens.case_flow import accepted, received, words
from tests.screens.live_hall import BASE, PARK_CASES, LiveHall, press, until
from workstation.terminal import TerminalApp


def order(app: TerminalApp, what: str) -> list[str]:
    """The ids in a list, from above."""
    table = app.screen.query_one(what)
    rows = [table.cache.row(index) for index in range(table.count)]  # type: ignore[attr-defined]
    return [str(row.key) for row in rows if row is not None]


async def test_the_own_office_s_come_first_and_the_key_says_so(hall: LiveHall) -> None:
    counter, admin = await hall.device("0307"), await hall.device("0901")
    both = AssignRole(staff="0307", role="clerk", over=PARK_CASES)
    assert (await admin.do("0901", both, id="r-park", scope=BASE)).status == "accepted"
    for name in ("c1", "c2"):
        await received(hall, counter, "0307", name)
    await counter.exchange()
    await accepted(counter, "0307", Move(to=PARK_CASES, reason="属园区"), id="c1")
    async with hall.sitting("0307") as app:
        await until(app, lambda: app.desk is not None and app.desk.row("document", "c1-receipt") is not None)
        await press(app, "3")
        assert "F3本科室在前" in words(app)
        assert order(app, "#papers") == ["c2-receipt", "c1-receipt"]
        work = app.services.issue.work
        assert [row.id for row in work("offices", own_first=True)] == ["c2", "c1"]
        await press(app, "f3")
        assert "F3全部按期限" in words(app)
        assert order(app, "#papers") == ["c1-receipt", "c2-receipt"]
        assert [row.id for row in work("offices")] == ["c1", "c2"]
        assert [row.id for row in work("offices", 1, own_first=True)] == ["c2"]
        await press(app, "f3")
        assert order(app, "#papers") == ["c2-receipt", "c1-receipt"]
