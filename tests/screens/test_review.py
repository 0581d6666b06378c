"""Screen 2: lists by deadline, a case side by side, materials seen before they are ticked, every step, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.protocol.verbs import case as verbs
from sync.protocol.verbs import ticket as ticket_verbs
from tests.screens.case_flow import FIRM, accepted, checked, decided, received, reviewed_at, scan, seen, viewer_of
from tests.screens.live_hall import CASES, QUEUE, LiveHall, press, text, until
from workstation.terminal import TerminalApp

BOTH = pytest.mark.parametrize("size", [(80, 24), (100, 30)])


def words(app: TerminalApp) -> str:
    return "\n".join(text(app))


def review(app: TerminalApp) -> object:
    return app.services.review


@BOTH
async def test_the_list_goes_by_deadline_and_a_case_opens_side_by_side(hall: LiveHall, size: tuple[int, int]) -> None:
    counter = await hall.device("0307", "0308")
    await received(hall, counter, "0307", "c1")
    await received(hall, counter, "0308", "c2", applicant="郑某")
    async with hall.sitting("0307", size=size) as app:
        await seen(app, "c2")
        await press(app)
        assert "我的待办 1 件" in words(app)
        assert "剩 5 天" in words(app)
        await press(app, "f7")
        assert "在办 2 件" in words(app)
        assert "郑**" in words(app)
        assert "郑某" not in words(app)
        await press(app, "f8", "enter")
        shown = words(app)
        assert "20261123-0001" in text(app)[0]
        assert "材料清单  1/3" in shown
        assert "[?] 1 变更登记申请书" in shown
        assert "[ ] 2 法定代表人身份证" in shown
        await press(app, "f8")  # on a narrow terminal the right side comes up with it
        shown = words(app)
        assert "振华路1号2-301" in shown
        assert "赵**" in shown
        assert "(不变)" in shown
        await press(app, "f8")
        assert "住所: 振华路1号2-302" in words(app)
        await press(app, "f8")
        assert "没有不同之处" in words(app)
        await press(app, "f7", "escape")
        if size[0] < 100:  # from the folded side to the other one first
            await press(app, "escape")
        assert "我的待办 1 件" in words(app), words(app)


async def test_personal_fields_are_masked_until_asked_for(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await press(app, "enter")
        assert "139****21" in words(app)
        await press(app, "f11")
        assert "13912345621" in words(app)
        assert "personal.shown" in app.journal.path.read_text()
        await press(app, "f11")
        assert "13912345621" not in words(app)


async def test_a_material_is_opened_before_it_is_ticked_and_no_copy_stays(hall: LiveHall, tmp_path: Path) -> None:
    program, notes = viewer_of(tmp_path)
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    async with hall.sitting("0307", viewer=program) as app:
        await seen(app, "c1")
        await hall.settled(app)
        await press(app, "enter", "space")
        assert "先按回车打开看过" in words(app)
        assert app.desk is not None
        assert app.desk.row("material", "c1-m1").state == "received"
        await press(app, "enter")
        await until(app, lambda: (tmp_path / "last").exists() and (tmp_path / "last").read_bytes() == scan("c1"))
        copy = Path(notes.read_text().strip())
        assert copy.parent == app.locations.viewer_dir
        assert copy.stat().st_mode & 0o77 == 0  # noqa: ASYNC240
        await press(app, "space")
        assert app.desk.row("material", "c1-m1").state == "checked"
        assert "[x] 1" in words(app)
        await press(app, "1")  # its number: back again
        assert app.desk.row("material", "c1-m1").state == "received"
        await press(app, "f12")
        assert not app.locations.viewer_dir.exists()


async def test_a_file_that_is_not_here_is_fetched_and_without_the_server_that_is_said(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    async with hall.sitting("0307", viewer="true") as app:
        await seen(app, "c1")
        hall.stop_server()
        await press(app, "enter", "enter")
        assert "文件不在本机" in words(app)


async def test_paper_in_hand_is_ticked_by_a_question(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await press(app, "enter", "2")
        assert "没有电子文件" in words(app)
        await press(app, "2")
        assert app.desk is not None
        assert app.desk.row("material", "c1-m2").state == "checked"


async def test_a_draft_survives_esc_lock_and_a_crash(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    machine = await hall.enrol()
    async with hall.sitting("0307", machine=machine) as app:
        await seen(app, "c1")
        await press(app, "enter")
        app.screen.query_one("#opinion").focus()
        await press(app, *"ok")
        assert "草稿已自动保存" in words(app)
        await press(app, "escape", "enter")
        assert app.screen.query_one("#opinion").value == "ok"  # type: ignore[attr-defined]
        app.screen.query_one("#reasons").focus()
        await press(app, "1", "f12")
        await hall.sign_on(app, "0307")
        await press(app, "enter")
        assert app.screen.query_one("#opinion").value == "ok"  # type: ignore[attr-defined]
        assert "[x] 1 材料缺页" in words(app)
    async with hall.sitting("0307", machine=machine) as app:  # the process ended in the middle of it
        await press(app, "enter")
        assert app.screen.query_one("#opinion").value == "ok"  # type: ignore[attr-defined]
        await press(app, "f12")
        await hall.sign_on(app, "0308")
        await press(app, "f7", "enter")
        assert app.screen.query_one("#opinion").value == ""  # type: ignore[attr-defined]


async def test_a_return_tells_every_defect_at_once(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await press(app, "enter")
        app.screen.query_one("#reasons").focus()
        await press(app, "3", "5", *"no date", "enter", "f6")
        shown = words(app)
        assert "1 法定代表人身份证: 未提交" in shown
        assert "2 日期漏填" in shown
        assert "3 no date" in shown
        await press(app, "1")
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "need_correction"
        notice = next(d for d in app.desk.rows("document", case="c1") if d.kind == "correction_notice")
        assert [line["problem"] for line in notice.facts["defects"]] == ["未提交", "日期漏填", "no date"]
        assert "退回补正: 20261123-0001" in words(app)
        await press(app, "enter", "f6")
        assert "现在的状态不能这样办" in words(app)
        await press(app, "f10", "1")  # 申请人已补正
        assert app.desk.row("case", "c1").state == "corrected"


async def test_a_clerk_accepts_and_submits_with_an_opinion(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await press(app, "enter", "f9")
        await hall.settled(app)
        assert "缺" in words(app)  # material_missing, in words
        await checked(counter, "0307", "c1")
        await hall.settled(app)
        assert "F9受理" in words(app)
        await press(app, "f9")
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "accepted"
        assert "F9送审批" in words(app)
        await press(app, "f9")
        assert "先写审查意见" in words(app)
        await press(app, *"fine", "f9", "1")
        await hall.settled(app)
        row = app.desk.row("case", "c1")
        assert (row.state, row.opinion, row.proposal) == ("reviewed", "fine", "granted")
        assert app.services.review.draft("c1") == {}


async def test_the_other_steps_stand_in_the_list_of_f10(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0308")
    await received(hall, counter, "0308")
    await checked(counter, "0308", "c1")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await press(app, "f7", "enter", "f9")
        assert "先按 F10 接办" in words(app)
        await _step(app, "接办")
        await _step(app, "受理")
        await _step(app, "记一个审查步骤", *"look", "enter")
        await _step(app, "进入特别程序", *"visit", "enter")
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "special_procedure"
        assert [step.activity for step in app.desk.rows("review_step", case="c1")] == ["look"]
        await _step(app, "特别程序结束")
        await _step(app, "写备注", *"call back", "enter")
        await _step(app, "看备注")
        assert "call back" in words(app)
        await press(app, "escape")
        await _step(app, "标记材料缺陷", "1", *"torn", "enter")
        assert app.desk.row("material", "c1-m1").defect == "torn"
        await _step(app, "申请人撤回", *"letter", "enter")
        await hall.settled(app)
        assert app.desk.row("case", "c1").state == "withdrawn"


async def _step(app: TerminalApp, label: str, *keys: str) -> None:
    """F10 and the number that stands before a label."""
    await press(app, "f10")
    line = next(line for line in text(app) if label in line)
    number = line.partition(label)[0].split()[-1]
    await press(app, number, *keys)


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


async def test_a_field_is_edited_undone_and_never_overwrites_anothers(hall: LiveHall) -> None:
    counter = await hall.device("0307", "0308")
    await received(hall, counter, "0307", registered_none="x")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await hall.settled(app)
        hall.stop_server()
        await press(app, "enter", "f8", "f8", "f4", *"xyz", "enter")
        assert app.desk is not None
        assert app.desk.row("case", "c1").form["address"] == "振华路1号2-302xyz"
        assert "未送出" in words(app) or "已改 住所" in words(app)
        hall.start_server()
        await hall.settled(app)
        assert app.desk.row("case", "c1").form["address"] == "振华路1号2-302xyz"
        await counter.pull()
        assert counter.row("case", "c1")["form"]["address"] == "振华路1号2-302xyz"  # type: ignore[index]
        await press(app, "ctrl+z")
        assert "不能收回" in words(app)


async def test_find_looks_here_by_number_name_and_code(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307", "c1")
    await received(hall, counter, "0307", "c2", applicant="郑某")
    async with hall.sitting("0307") as app:
        await seen(app, "c2")
        await press(app, "f3", *"0002", "enter")
        assert "20261123-0002" in text(app)[0]
        await press(app, "escape", "f3", *["backspace"] * 4, "enter")
        assert "我的待办 2 件" in words(app)
        await press(app, "f3", *"91370213MA3XXXXX0X", "enter")
        assert "20261123-0001" in text(app)[0]
        await press(app, "escape", "f3", *["backspace"] * 18, *"nobody", "enter")
        assert "本机查找“nobody”: 0 件" in words(app)
        await press(app, "f5")


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


async def test_offline_nothing_is_lost(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    await checked(counter, "0307", "c1")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await hall.settled(app)
        hall.stop_server()
        await press(app, "enter", "f9")
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "accepted"
        assert "未送出" in words(app) or "已办" in words(app)
        hall.start_server()
        await hall.settled(app)
        await counter.pull()
        assert counter.row("case", "c1")["state"] == "accepted"  # type: ignore[index]


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
        await _step(app, "延期", *"more time", "enter")
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").extended
        await accepted(counter, "0201", verbs.Note(note="n1", text="noted"), id="c1")
