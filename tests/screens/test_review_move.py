"""移交 at screen 2: the case leaves one site's copies and appears in the other's."""

from __future__ import annotations

from sync.protocol.verbs import case as verbs
from tests.screens.case_flow import checked, received, seen, step, words
from tests.screens.live_hall import CASES, PARK_CASES, LiveHall, press, until


async def test_a_case_goes_from_the_hall_to_a_park_and_is_taken_there(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    await checked(counter, "0307", "c1")
    async with hall.sitting("0307") as clerk, hall.sitting("G012") as worker:
        await seen(clerk, "c1")
        await hall.settled(clerk)
        assert clerk.desk is not None
        assert worker.desk is not None
        number = str(clerk.desk.row("case", "c1").number)
        assert worker.desk.row("case", "c1") is None
        worker.goto(2)
        clerk.goto(2)
        await press(clerk, "enter")
        await step(clerk, "移交到别的科室或网点")
        assert "整件移走" in words(clerk)
        assert "金海牛产业园" in words(clerk)
        assert "企业登记科" not in words(clerk).partition("整件移走")[2], "where it is already"
        await press(clerk, "1", "enter")
        assert clerk.desk.row("case", "c1").scope == CASES, "not without a reason"
        await press(clerk, *"moved in", "enter")
        await hall.settled(clerk)
        await until(clerk, lambda: clerk.desk is not None and clerk.desk.row("case", "c1") is None)
        assert clerk.desk.rows("material", case="c1") == []
        await press(clerk, "f3", *number[-4:], "enter")
        for word in ("已移交，不在本处", number, "0307 赵某", "金海牛产业园", "moved in"):
            assert word in words(clerk)
        await press(clerk, "escape")

        await seen(worker, "c1")
        await hall.settled(worker)
        row = worker.desk.row("case", "c1")
        assert (row.scope, row.owner) == (PARK_CASES, None)
        assert len(worker.desk.rows("material", case="c1")) == 3
        await press(worker, "f8")
        await until(worker, lambda: "1 件" in words(worker) or number[-4:] in words(worker))
        await press(worker, "enter")
        await step(worker, "接办")
        await hall.settled(worker)
        assert worker.desk.row("case", "c1").owner == "G012"
        places = {each.name: each.own for each in worker.services.review.places(worker.services.review.case("c1"))}
        assert places == {"企业登记科": True}, "and may send it back to the matter's own office"
    late = await counter.do("0307", verbs.Note(note="n-late", text="x"), id="c1", scope=CASES)
    assert (late.status, late.code) == ("refused", "moved")
