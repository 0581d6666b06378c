"""Screen 2: lists by deadline, a case side by side, materials seen before they are ticked, every step, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.protocol.verbs import case as verbs
from tests.screens.case_flow import (
    checked,
    received,
    scan,
    seen,
    step,
    viewer_of,
    words,
)
from tests.screens.live_hall import CASES, LiveHall, press, text, until

BOTH = pytest.mark.parametrize("size", [(80, 24), (100, 30)])


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
        assert "[?] 1>变更登记申请书" in shown
        assert "[ ] 2 法定代表人身份证" in shown
        await press(app, "f8")  # on a narrow terminal the right side comes up with it
        await until(app, lambda: "振华路1号2-301" in words(app))
        shown = words(app)
        assert "赵**" in shown
        assert "(不变)" in shown
        await press(app, "f8")
        assert "住所: 振华路1号2-302" in words(app)
        await press(app, "f8")
        assert "没有不同之处" in words(app)
        await press(app, "f7", "escape")
        if size[0] < 100:  # from the folded side to the other one first
            await press(app, "escape")
        await until(app, lambda: "我的待办 1 件" in words(app))


async def test_the_number_and_the_credit_code_are_copied(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await press(app, "ctrl+y")
        assert app.clipboard == "registration-20261123-0001"
        await press(app, "enter", "ctrl+y")
        assert "信用代码  91370213MA3XXXXX0X" in words(app)
        await press(app, "2")
        assert app.clipboard == "91370213MA3XXXXX0X"
        assert "已复制 91370213MA3XXXXX0X" in words(app)


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


async def test_a_paper_that_shared_data_made_needless_is_not_asked_for_and_counts_as_saved(hall: LiveHall) -> None:
    counter = await hall.device("0307")
    await received(hall, counter, "0307")
    async with hall.sitting("0307") as app:
        await seen(app, "c1")
        await press(app, "enter", "2", "3", "1", *"licence register", "enter")
        assert app.desk is not None
        assert app.desk.row("material", "c1-m2").state == "waived"
        assert "免交" in words(app)
        await hall.settled(app)
    async with hall.sitting("0001") as app:
        papers = {each.name: each.value for each in app.services.oversight.measures()}["papers"]
        [row] = app.services.oversight.source("papers").rows
        assert papers == 1
        assert row[2:] == ("法定代表人身份证", "licence register")
    result = await counter.do("0307", verbs.Check(state="received"), id="c1-m2", scope=CASES)
    assert result.status == "accepted"  # brought all the same
    async with hall.sitting("0001") as app:
        assert {each.name: each.value for each in app.services.oversight.measures()}["papers"] == 0


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
        await until(app, lambda: "[x] 1 材料缺页" in words(app))
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
        assert "退回补正: 20261123-0001" in words(app)
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "need_correction"
        notice = next(d for d in app.desk.rows("document", case="c1") if d.kind == "correction_notice")
        assert [line["problem"] for line in notice.facts["defects"]] == ["未提交", "日期漏填", "no date"]
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
        await step(app, "接办")
        await step(app, "受理")
        await step(app, "记一个审查步骤", *"look", "enter")
        await step(app, "进入特别程序", *"visit", "enter")
        await hall.settled(app)
        assert app.desk is not None
        assert app.desk.row("case", "c1").state == "special_procedure"
        assert [step.activity for step in app.desk.rows("review_step", case="c1")] == ["look"]
        await step(app, "特别程序结束")
        await step(app, "写备注", *"call back", "enter")
        await step(app, "看备注")
        assert "call back" in words(app)
        await press(app, "escape")
        await step(app, "标记材料缺陷", "1", *"torn", "enter")
        assert app.desk.row("material", "c1-m1").defect == "torn"
        await step(app, "申请人撤回", *"letter", "enter")
        await hall.settled(app)
        assert app.desk.row("case", "c1").state == "withdrawn"


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
        assert "本机查找 [nobody]: 0 件" in words(app)
        await press(app, "f5")


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
