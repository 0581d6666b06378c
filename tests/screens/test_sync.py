"""Screen 7: conflicts decided by keys, refusals with their reasons, the log, the link."""

from __future__ import annotations

from sync.protocol.verbs import case as verbs
from sync.protocol.verbs import ticket
from sync.replica.blobs import keep_blob
from tests.screens.live_hall import CASES, QUEUE, LiveHall, press, text, until
from workstation.headless.device import Device
from workstation.terminal import TerminalApp
from workstation.widgets.status_line import StatusLine


def shows(app: TerminalApp, *words: str) -> bool:
    screen = "\n".join(text(app))
    return all(word in screen for word in words)


async def a_case(hall: LiveHall, device: Device, **form: str) -> str:
    """A case that 0308 has received."""
    args = verbs.Receive(
        matter="m-change",
        site="hall",
        applicant="某设备有限公司",
        form={"address": "振华路1号2-301", "phone": "13900000021", **form},
        document="doc-1",
    )
    result = await device.do("0308", args, id="case-1", scope=CASES)
    assert result.status == "accepted", result
    return "case-1"


async def clash(hall: LiveHall, app: TerminalApp, device: Device, field: str, mine: str, theirs: str) -> None:
    """The person at the terminal and 0308 write the same field, 0308 first."""
    assert app.desk is not None
    was = app.desk.row("case", "case-1").form[field]
    result = await device.do("0308", verbs.Edit(field=field, was=was, value=theirs), id="case-1", scope=CASES)
    assert result.status == "accepted", result
    app.desk.do(verbs.Edit(field=field, was=was, value=mine), id="case-1", scope=CASES)
    await until(app, lambda: app.services.sync.conflicts())
    await hall.settled(app)


async def test_a_conflict_rings_and_is_decided_by_a_digit_and_f9(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await a_case(hall, device)
    async with hall.sitting("0307") as app:
        await clash(hall, app, device, "address", "振华路1号2-302", "振华路1号2-302室")
        await until(app, lambda: shows(app, "1 处冲突等您定"))
        app.goto(7)
        await press(app)
        assert shows(app, "今日自动合并 0 处", "需人定 1 处")
        assert shows(app, "住所", "振华路1号2-301", "振华路1号2-302", "振华路1号2-302室")
        assert "未决 1 处" in app.top_frame.query_one(StatusLine).state  # type: ignore[union-attr]
        assert shows(app, "1 用本人", "改之前  振华路1号2-301")
        await press(app, "f9")
        assert shows(app, "先按 1 2 3")
        await press(app, "1", "f9")
        assert not app.services.sync.conflicts()
        await device.pull()
        assert device.row("case", "case-1")["form"]["address"] == "振华路1号2-302"  # type: ignore[index]


async def test_a_third_value_is_written_and_kept_over_a_lock(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await a_case(hall, device)
    async with hall.sitting("0307") as app:
        await clash(hall, app, device, "phone", "13900000022", "13900000023")
        app.goto(7)
        await press(app)
        assert shows(app, "139****22", "139****23")
        assert not shows(app, "13900000022")
        await press(app, "3", *"13900000024", "enter")
        assert shows(app, "3*联系电话")
        await press(app, "f12")
        await hall.sign_on(app, "0307")
        app.goto(7)
        await press(app, "f9")
        assert not app.services.sync.conflicts()
        await device.pull()
        assert device.row("case", "case-1")["form"]["phone"] == "13900000024"  # type: ignore[index]


async def test_what_was_merged_without_a_question_is_counted_beside_what_is_asked(hall: LiveHall) -> None:
    device, machine = await hall.device("0308"), await hall.enrol()
    await a_case(hall, device)
    async with hall.sitting("0307", machine=machine) as app:
        assert app.desk is not None
        hall.stop_server()
        app.desk.do(verbs.Edit(field="phone", was="13900000021", value="13900000022"), id="case-1", scope=CASES)
    hall.start_server()
    theirs = verbs.Edit(field="address", was="振华路1号2-301", value="振华路1号2-302")
    assert (await device.do("0308", theirs, id="case-1", scope=CASES)).status == "accepted"
    async with hall.sitting("0307", machine=machine) as app:
        assert app.desk is not None
        form = app.desk.row("case", "case-1").form
        assert (form["phone"], form["address"]) == ("13900000022", "振华路1号2-302")
        app.goto(7)
        await until(app, lambda: shows(app, "今日自动合并 1 处", "需人定 0 处"))


async def test_what_was_refused_says_why_until_its_author_has_read_it(hall: LiveHall) -> None:
    device, machine = await hall.device("0308"), await hall.enrol()
    await device.do("0308", ticket.OpenWindow(window="w03"), id="s-1", scope=QUEUE)
    async with hall.sitting("0307", machine=machine) as app:
        assert app.desk is not None
        hall.stop_server()
        app.desk.do(ticket.OpenWindow(window="w04"), id="s-2", scope=QUEUE)
        app.desk.do(ticket.PauseWindow(pause="p-1", reason="开会"), id="s-2", scope=QUEUE)
    hall.start_server()
    await device.do("0308", ticket.CloseWindow(), id="s-1", scope=QUEUE)
    theirs = ticket.OpenWindow(window="w04")
    assert (await device.do("0308", theirs, id="s-3", scope=QUEUE)).status == "accepted"
    async with hall.sitting("0307", machine=machine) as app:
        await until(app, lambda: len(app.services.sync.refusals()) == 2)
        await until(app, lambda: shows(app, "没有被接受"))
        app.goto(7)
        await press(app)
        assert shows(app, "上岗", "窗口04由 0308")
        assert shows(app, "前一步没有被接受", "开会")
        await press(app, "f8", "f7", "f9", "f9")
        assert not app.services.sync.refusals()
        await press(app, "f3")
        assert shows(app, "最近的操作和结果", "上岗", "未接受")
        await press(app, "escape")


async def test_the_link_is_told_in_figures_and_f5_asks_at_once(hall: LiveHall) -> None:
    async with hall.sitting("0307", size=(80, 24)) as app:
        app.goto(7)
        await press(app)
        assert shows(app, "链路 正常", "上行 0 条", "下行 0 条", "最近成功 10:13:20", "没有待定的冲突")
        hall.clock.advance(5000)
        await press(app, "f5")
        await until(app, lambda: shows(app, "最近成功 10:13:25"))
        hall.stop_server()
        await until(app, lambda: shows(app, "链路 断开"))
        for key in ("1", "f4", "f6", "f7", "f8"):
            await press(app, key)
        assert shows(app, "链路 断开")


async def test_f6_sends_the_case_back_and_keeps_both_values(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await a_case(hall, device)
    async with hall.sitting("0307") as app:
        await clash(hall, app, device, "address", "甲路1号", "乙路2号")
        app.goto(7)
        await press(app, "f6")
        await hall.settled(app)
        assert app.desk is not None
        found = app.desk.read("SELECT state, choice, mine, theirs FROM conflict")
        assert [tuple(row) for row in found] == [("decided", "back", "甲路1号", "乙路2号")]


async def test_a_file_that_the_centre_does_not_take_is_named_until_another_takes_its_place(hall: LiveHall) -> None:
    device = await hall.device("0308")
    await a_case(hall, device)

    def attach(app: TerminalApp, content: bytes) -> None:
        assert app.desk is not None
        args = verbs.Attach(
            case="case-1",
            name="身份证",
            ordinal=1,
            sha256=keep_blob(app.desk.store, content),
            size=len(content),
            media_type="application/pdf",
        )
        app.desk.do(args, id="m1", scope=CASES)

    async with hall.sitting("0307") as app:
        attach(app, b"MZ no paper at all")
        await until(app, lambda: shows(app, "1 个文件中心没有收"))
        app.goto(7)
        await press(app)
        assert shows(app, "身份证", "文件未收", "登记的是 PDF，内容是 其他格式", "其他文件和操作不受影响")
        assert "文件 1 个" in app.top_frame.query_one(StatusLine).state  # type: ignore[union-attr]
        await press(app, "f9")
        assert shows(app, "F5 马上再传")
        [before] = app.services.files.refused()
        hall.clock.advance(60_000)
        await press(app, "f5")
        await until(app, lambda: app.services.files.refused()[0].at > before.at)
        attach(app, b"%PDF-1.7 a paper\n%%EOF")
        await until(app, lambda: not shows(app, "文件未收"))
        await until(app, lambda: app.desk is not None and app.desk.row("material", "m1").arrived)
