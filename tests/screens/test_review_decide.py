"""Screen 2: deciding, receiving, what a conflict blocks, and who may only read."""

from __future__ import annotations

import pytest

from sync.protocol.verbs import case as verbs
from sync.protocol.verbs import ticket as ticket_verbs
from tests.screens.case_flow import FIRM, accepted, checked, decided, received, reviewed_at, seen, step, words
from tests.screens.live_hall import CASES, QUEUE, LiveHall, press, text

BOTH = pytest.mark.parametrize("size", [(80, 24), (100, 30)])


async def test_an_approver_grants_and_refuses_and_never_their_own(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    async with hall.sitting("0307") as clerk:
        for name in ("c1", "c2"):
            await received(hall, counter, "0307", name)
            await checked(counter, "0307", name)
            await reviewed_at(clerk, hall, name)
    async with hall.sitting("0201") as app:
        await hall.settled(app)
        assert "待我审批 2 件" in words(app)
        await press(app, "enter")
        assert "审查 0307: 材料齐全，同意变更 (准予)" in words(app)
        assert "F9准予" in words(app)
        await press(app, "f9", "2")
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "reviewed"
        await press(app, "f9", "1")
        await hall.settled(app)
        assert app.desk.row("case", "c1").decision == "granted"
        await press(app, "enter", "f6", *"not fit", "enter", "1")
        await hall.settled(app)
        row = app.desk.row("case", "c2")
        assert (row.decision, row.reasons) == ("denied", "not fit")
        assert "待我审批 0 件" in words(app)


async def test_an_open_conflict_is_shown_and_blocks_the_decision_in_words(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0308")
    await received(hall, counter, "0307")
    await checked(counter, "0307", "c1")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await reviewed_at(app, hall, "c1")
        late = verbs.Edit(field="address", was="振华路1号2-301", value="振华路1号2-309")
        clash = await counter.do("0308", late, id="c1", scope=CASES)
        assert clash.status == "conflict"
        await hall.settled(app)
        await press(app, "enter")
        assert "冲突: 住所" in words(app)
        await press(app, "f8", "f8")
        assert "两人改了不同的值" in words(app)
    async with hall.sitting("0201") as app:
        await hall.settled(app)
        assert "有冲突" in words(app)
        await press(app, "enter", "f9")
        assert "有未决冲突，定案前不能审批" in words(app)


@BOTH
async def test_a_new_case_is_received_under_the_ticket_with_its_draft_kept(
    hall: LiveHall, size: tuple[int, int]
) -> None:
    counter = await hall.device("0307")
    async with hall.sitting("0307", "03", size=size) as app:
        [ticket] = await hall.tickets(counter, "0307", "m-change", holder=FIRM)
        await hall.settled(app)
        assert app.desk is not None
        session = app.desk.window_session
        assert session is not None
        await app.desk.ask(ticket_verbs.CallNext(call="call-1"), id=session, scope=QUEUE)
        app.desk.do(ticket_verbs.Serve(segment="segment-1"), id=ticket, scope=QUEUE)
        await hall.settled(app)
        app.goto(2)
        await press(app, "ctrl+n")
        assert "挂在号票 A001 下" in words(app)
        await press(app, "f9")
        assert "还有 3 项要填" in words(app) or "必填" in words(app)
        form = app.screen.query_one("Form")
        form.focus_field("company")  # type: ignore[attr-defined]
        await press(app, *"Firm", "escape", "ctrl+n")
        assert "Firm" in words(app)
        form = app.screen.query_one("Form")
        form.fill({"applicant": FIRM, "company": FIRM, "legal_person": "钱某", "address": "1号"})  # type: ignore[attr-defined]
        await press(app, "f9")
        await hall.settled(app)
        case = app.desk.row("ticket", ticket).case
        row = app.desk.row("case", case)
        assert (row.applicant, row.ticket, row.owner) == (FIRM, ticket, "0307")
        assert len(app.desk.rows("material", case=case)) == 3
        assert row.number.removeprefix("registration-") in text(app)[0]
        assert app.desk.draft("receive/m-change") is None


async def test_a_supervisor_reads_and_has_no_keys_that_write(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    await received(hall, counter, "0307")
    async with hall.sitting("0001") as app:
        await hall.settled(app)
        app.goto(2)
        await press(app, "f8", "enter")
        shown = words(app)
        assert "20261123-0001" in text(app)[0]
        assert "F9" not in shown
        assert "F6" not in shown
        await press(app, "f9", "space")
        assert "您的岗位没有这项操作" in words(app)


async def test_a_reopened_case_and_an_extension_by_the_approver(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0201")
    await received(hall, counter, "0307")
    await checked(counter, "0307", "c1")
    async with hall.sitting("0307") as clerk:
        await reviewed_at(clerk, hall, "c1")
        await decided(hall, counter, "c1")
        await hall.settled(clerk)
        await press(clerk)
        assert "可签发" in words(clerk)
        await press(clerk, "enter")
        assert clerk.top_frame is not None
        assert clerk.top_frame.NUMBER == 3
        await press(clerk, "f6", *"check again", "enter")
        await hall.settled(clerk)
        assert clerk.desk is not None
        assert clerk.desk.row("case", "c1").state == "in_review"
    async with hall.sitting("0201") as app:
        await hall.settled(app)
        await press(app, "f8", "enter")
        await step(app, "延期", *"more time", "enter")
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").extended
        await accepted(counter, "0201", verbs.Note(note="n1", text="noted"), id="c1")
