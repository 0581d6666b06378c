"""Screen 5 over a real server: drafts, files, handing in offline, corrections; every key; both sizes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from sync.protocol.verbs import case as verbs
from sync.protocol.verbs.staff import PutMatter
from sync.replica.blobs import read_blob
from tests.intake.files import jpeg, pdf, png
from tests.screens.live_hall import PARK_CASES, LiveHall, press, send, text, until
from workstation.terminal import TerminalApp

WORKER = "G012"
COMPANY = "青岛某文化传媒有限公司"


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


def only_draft(app: TerminalApp) -> Any:
    [(draft, _)] = app.services.drafts.all()
    return draft


def rows(app: TerminalApp, sql: str, *params: Any) -> list[Any]:
    assert app.desk is not None
    return app.desk.read(sql, params)


def drop(app: TerminalApp, name: str, content: bytes) -> Path:
    path: Path = app.services.drop_folder().folder / name
    path.write_bytes(content)
    return path


async def begin(app: TerminalApp, *typed: str) -> Any:
    """F2, the matter by its initials, the first fields."""
    await press(app, "f2", *"gthsl", "enter", *(COMPANY if not typed else typed[0]))
    for value in typed[1:]:
        await press(app, "enter", *value)
    return only_draft(app)


async def claim(app: TerminalApp, name: str, content: bytes) -> None:
    """A file falls into the folder while the cursor stands on a material."""
    path = drop(app, name, content)
    await until(app, lambda: not path.exists())
    await until(app, lambda: not app.keys_waiting and shows(app, name))


def to_papers(app: TerminalApp) -> None:
    app.screen.sheet.papers.focus()  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [(100, 30), (80, 24)])
async def test_from_draft_to_the_centre(hall: LiveHall, size: tuple[int, int]) -> None:
    async with hall.sitting(WORKER, size=size) as app:
        await begin(app, COMPANY, "91370213MA3C12345X", "孙某", "370213199001011234", "产业园3-1201", "赵某")
        await until(app, lambda: shows(app, "! 校验位不符"))  # a hint, and it goes on
        assert "370213199001011234" not in "\n".join(text(app))
        to_papers(app)
        await claim(app, "front.png", png(1))
        await claim(app, "back.jpg", jpeg())
        await press(app, "down")
        await claim(app, "lease.pdf", pdf())
        await press(app, "f9")
        await hall.settled(app)
        case = rows(app, 'SELECT * FROM "case"')[0]
        assert (case["state"], case["applicant"], case["scope"], case["channel"]) == (
            "received",
            COMPANY,
            PARK_CASES,
            "agent",
        )
        await until(app, lambda: rows(app, "SELECT sum(arrived) FROM material")[0][0] == 3)
        await until(app, lambda: shows(app, case["number"], "已传", "已到中心"))
        assert app.services.drafts.all() == []
        names = [row["name"] for row in rows(app, "SELECT name FROM material WHERE arrived ORDER BY ordinal, name")]
        assert names == ["变更登记申请书", "变更登记申请书 (2)", "法定代表人身份证"]


async def test_a_draft_survives_esc_and_lock_with_keys_in_one_burst(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "")
        send(app, *"abcdef", "f12")
        await press(app)
        assert app.person.staff_id == ""
        await hall.sign_on(app, WORKER)
        await until(app, lambda: shows(app, "abcdef"))  # and it is open again
        await press(app, *"gh", "escape")
        await until(app, lambda: not app.keys_waiting and shows(app, "草稿 1/5", "abcdef"))
        await press(app, "enter")
        assert only_draft(app).values["applicant"].startswith("abcdef")


async def test_enter_on_a_matter_that_nothing_fits_stays_open(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await press(app, "f2", *"qqqq", "enter")
        await until(app, lambda: shows(app, "qqqq", "新建代办"))
        assert app.services.drafts.all() == []
        await press(app, *["backspace"] * 4, *"gthsl", "enter")
        assert only_draft(app).matter == "m-set-up"


async def test_the_agents_number_is_masked_on_the_reviewers_screen(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, COMPANY, "", "孙某某", "370213199001011234")
        await press(app, "f9")
        await hall.settled(app)
        view = app.services.review.case(rows(app, 'SELECT id FROM "case"')[0]["id"])
        assert {field.name: field.value for field in view.fields}["agent_id"] == "3702************34"
        assert view.field("agent_id").raw == "370213199001011234"
        assert view.field("agent").value == "孙**"


async def test_another_person_does_not_see_the_draft(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "abc")
        await press(app, "f12")
        await hall.sign_on(app, "0307")
        app.goto(5)
        await press(app)
        await until(app, lambda: shows(app, "还没有代办件"))


async def test_withdrawn_drafts_come_back(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "abc")
        await press(app, "f6")
        await until(app, lambda: shows(app, "草稿已撤回", "还没有代办件"))
        await press(app, "ctrl+z")
        await until(app, lambda: shows(app, "草稿已恢复", "abc"))
        await press(app, "f6", "f3", "5")
        await until(app, lambda: shows(app, "已撤回", "a**"))
        await press(app, "f9")
        await until(app, lambda: shows(app, "先按 F6 恢复"))
        await press(app, "f6")
        assert only_draft(app).open


async def test_another_matter_keeps_what_was_typed_and_filed(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "abc")
        to_papers(app)
        await claim(app, "a.pdf", pdf())
        await press(app, "f4", *"食品", "enter")
        draft = only_draft(app)
        assert (draft.matter, draft.values["applicant"]) == ("m-food", "abc")
        assert [file.name for file in draft.files] == ["a.pdf"]


async def test_files_wait_until_they_are_whole_and_others_stay(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "abc")
        to_papers(app)
        letter = drop(app, "letter.docx", b"PK\x03\x04 words")
        half = drop(app, "slow.pdf", pdf(size=5000)[:-20])
        await until(app, lambda: shows(app, "letter.docx 不是 PDF", "1 个正在写入"))
        assert only_draft(app).files == []
        half.write_bytes(pdf(size=5000))
        await until(app, lambda: not half.exists())
        assert letter.exists()
        await until(app, lambda: shows(app, "1 件"))


async def test_space_picks_among_files_that_lay_there_and_undo_gives_back(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "abc")
        first, second = drop(app, "one.pdf", pdf("1")), drop(app, "two.png", png())
        await until(app, lambda: shows(app, "有 2 个新文件"))  # the cursor stands in a field: nothing is taken
        await press(app, "space")
        assert only_draft(app).values["applicant"] == "abc "
        to_papers(app)
        await press(app, "space")
        await until(app, lambda: shows(app, "one.pdf", "two.png", "全部 2 个"))
        await press(app, "3")
        assert not first.exists()
        assert not second.exists()
        assert len(only_draft(app).files) == 2
        assert all(read_blob(app.desk.store, file.sha256) for file in only_draft(app).files)  # type: ignore[union-attr]
        to_papers(app)
        await press(app, "ctrl+z")
        assert len(only_draft(app).files) == 1
        await until(app, lambda: second.exists() or first.exists())
        await press(app, "ctrl+z")
        await until(app, lambda: shows(app, "没有可撤回"))


async def test_what_is_only_said_offline_can_be_taken_back_until_a_try(hall: LiveHall) -> None:
    """Signed on without the centre nothing has been tried: the hand-in is a draft again."""
    machine = await hall.enrol()
    async with hall.sitting(WORKER, machine=machine):
        pass
    hall.stop_server()
    async with hall.sitting(machine=machine) as app:
        await app.sign_on(WORKER, "1234")
        await press(app)
        await begin(app, "abc")
        await press(app, "f9")
        await until(app, lambda: shows(app, "待网", "Ctrl+Z 或 F6 撤回"))
        await press(app, "f6")
        assert only_draft(app).open
        assert rows(app, "SELECT 1 FROM outbox") == []
        assert rows(app, 'SELECT 1 FROM "case"') == []
        await press(app, "f9", "ctrl+z")
        assert only_draft(app).open
    hall.start_server()


async def test_what_a_try_may_have_carried_is_not_taken_back(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "abc")
        assert app.desk is not None
        desk = app.desk
        hall.stop_server()
        await press(app, "f9")
        await until(app, lambda: not desk.store.unsent)
        await press(app, "f6")
        await until(app, lambda: shows(app, "可能已经送出，不能撤回"))
        await press(app, "ctrl+z")
        await until(app, lambda: shows(app, "可能已经送出，不能撤回"))
        hall.start_server()
        await hall.settled(app)
        assert len(rows(app, 'SELECT 1 FROM "case"')) == 1


async def test_the_banner_tells_how_long_and_how_much(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "abc")
        to_papers(app)
        await claim(app, "a.pdf", pdf(size=5_400_000))
        hall.stop_server()
        await press(app, "f9")
        assert app.desk is not None
        desk = app.desk
        await until(app, lambda: not desk.engine.status.online)
        hall.clock.advance(38 * 60_000)
        await press(app, "escape")
        await until(app, lambda: shows(app, "离线 38 分钟", "待传 1 件 5.4MB", "预计 4G 下 45秒", "最后对账 10:13:20"))
        hall.start_server()
        await press(app, "f5")
        await hall.settled(app)
        await until(app, lambda: shows(app, "已传") and not shows(app, "离线"))


async def test_a_refused_hand_in_is_a_draft_again_with_its_files(hall: LiveHall) -> None:
    """The matter ends while the laptop is away with a hand-in that nobody has heard of."""
    machine = await hall.enrol()
    async with hall.sitting(WORKER, machine=machine) as app:
        await begin(app, "abc")
        to_papers(app)
        await claim(app, "a.pdf", pdf())
        hall.stop_server()
        await press(app, "f9")
    hall.start_server()
    office = await hall.device("0901")
    matter = office.row("matter", "m-set-up")
    assert matter is not None
    known = {name: matter[name] for name in PutMatter.__struct_fields__} | {"active": False}
    done = await office.do("0901", PutMatter(**known), id="m-set-up", scope="licang:base")
    assert done.status == "accepted"
    async with hall.sitting(machine=machine) as app:
        await app.sign_on(WORKER, "1234")
        await until(app, lambda: app.services.drafts.all()[0][0].refused is not None)
        assert only_draft(app).refused[0] == "refusal.matter_inactive"
        assert [file.name for file in only_draft(app).files] == ["a.pdf"]
        assert only_draft(app).open
        await press(app, "f3", "1")
        await until(app, lambda: shows(app, "未接受"))
        await press(app, "enter")
        await until(app, lambda: shows(app, "中心没有接受: 这个事项已停用"))
        assert rows(app, "SELECT 1 FROM outbox") == []


async def test_a_correction_is_answered_by_keys(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, COMPANY)
        to_papers(app)
        await claim(app, "a.pdf", pdf("bad"))
        await press(app, "f9")
        await hall.settled(app)
        case = rows(app, 'SELECT * FROM "case"')[0]
        material = rows(app, "SELECT * FROM material WHERE sha256 IS NOT NULL")[0]
        other = await hall.device(WORKER)
        defects = [{"material": material["id"], "reason": "incomplete", "words": "第二页看不清"}]
        correct = verbs.Correct(correction="k1", defects=defects, document="d-k1")
        assert (await other.do(WORKER, correct, id=case["id"], scope=PARK_CASES)).status == "accepted"
        await until(app, lambda: shows(app, "待补正", "第二页看不清", "第 1 次补正"))
        to_papers(app)
        await claim(app, "better.pdf", pdf("good"))
        await press(app, "f4", "4", *"9", "enter")
        await press(app, "f9")
        await hall.settled(app)
        assert rows(app, 'SELECT state FROM "case"')[0][0] == "corrected"
        after = rows(app, "SELECT * FROM material WHERE id = ?", material["id"])[0]
        assert (after["sha256"] != material["sha256"], after["state"]) == (True, "received")
        await press(app, "f9")
        await until(app, lambda: shows(app, "已经提交"))


async def test_previous_next_find_and_help(hall: LiveHall) -> None:
    async with hall.sitting(WORKER) as app:
        await begin(app, "first")
        await press(app, "escape")
        hall.clock.advance(1000)
        await until(app, lambda: not app.keys_waiting)
        await press(app, "f2", *"spjy", "enter", *"second")
        await press(app, "f8")
        await until(app, lambda: shows(app, "first"))
        await press(app, "f7")
        await until(app, lambda: shows(app, "second"))
        await press(app, "f3", "6", *"first", "enter")
        await until(app, lambda: shows(app, "first"))
        assert not shows(app, "second")
        await press(app, "f1")
        await until(app, lambda: shows(app, "拼音首字母"))


async def test_a_supervisor_or_somebody_without_a_grant_gets_no_list(hall: LiveHall) -> None:
    async with hall.sitting("0401") as app:
        app.goto(5)
        await press(app)
        await until(app, lambda: shows(app, "没有代办或窗口岗位"))


async def test_the_folder_is_let_go_with_the_terminal(hall: LiveHall) -> None:
    def watched() -> bool:
        return any(thread.name == "drop-folder" for thread in threading.enumerate())

    async with hall.sitting(WORKER) as app:
        await until(app, watched)
    assert not watched()
