"""Screen 6: a day's figures against what was done, read-only, days and filters, one window's detail, the export."""

from __future__ import annotations

import csv
import sqlite3
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.calendar import DAY_MS, MINUTE_MS, day_of
from sync.errors import StoreError
from sync.protocol.messages import Contacts
from sync.protocol.verbs import ticket as verbs
from tests.screens.ledger_hall import rate, visitor, window
from tests.screens.live_hall import PIN, QUEUE, LiveHall, press, text, until
from workstation import spreadsheet
from workstation.screens.overview import OverviewScreen
from workstation.spreadsheet import Sheet
from workstation.terminal import TerminalApp
from workstation.views.announced import announced
from workstation.views.overview import Overview
from workstation.widgets.dialog import Dialog
from workstation.widgets.window_table import WindowTable


def screen(app: TerminalApp) -> OverviewScreen:
    found = app.top_frame
    assert isinstance(found, OverviewScreen)
    return found


def overview(app: TerminalApp) -> Overview:
    found = screen(app).overview
    assert found is not None
    return found


def shows(app: TerminalApp, words: str) -> bool:
    return any(words in line for line in text(app))


def rows_of(app: TerminalApp) -> list[str]:
    """What window 04 takes."""
    assert app.desk is not None
    window = app.desk.row("window", "w04")
    return list(window.skills)


async def a_morning(hall: LiveHall) -> None:
    """Two served at w03 (7 minutes each), one rated well, one badly; one in service, two waiting."""
    device, session = await window(hall)
    content = await visitor(hall, device, session, holder="钱某某")
    await rate(hall, content, "very_satisfied", "")
    unhappy = await visitor(hall, device, session, holder="赵某某")
    await rate(hall, unhappy)
    await visitor(hall, device, session, holder="孙某某", finish=False)
    await hall.tickets(device, "0307", "m-food", "m-set-up")


@pytest.mark.parametrize("size", [(100, 30), (80, 24)])
async def test_the_days_figures_are_those_of_the_work(hall: LiveHall, size: tuple[int, int]) -> None:
    await a_morning(hall)
    async with hall.sitting("0001", size=size) as app:
        await until(app, lambda: shows(app, "今日办件 2") and shows(app, "各网点") and shows(app, "每小时办件"))
        head = overview(app).head
        assert (head.done, head.waiting, head.minutes) == (2, 2, 7.0)
        assert (head.rated, head.good, head.bad, head.defaulted, head.overdue) == (2, 1, 1, 0, 0)
        assert shows(app, "等候 2")
        assert shows(app, "平均 7.00分")
        assert shows(app, "满意 50.0%")
        assert shows(app, "差评 1")
        at = next(each for each in overview(app).windows if each.id == "w03")
        assert (at.state, at.done, at.minutes) == ("serving", 2, 7.0)
        assert 0.9 < at.load <= 1.0
        others = [each for each in overview(app).windows if each.id != "w03"]
        assert {each.state for each in others} == {"closed"}
        assert [count for _, count in overview(app).hours] == [2]
        main = next(site for site in overview(app).sites if site.id == "hall")
        assert (main.done, main.waiting, main.received) == (2, 2, 0)
        assert not shows(app, "孙某")
        assert not shows(app, "赵某某")


async def test_what_piles_up_is_said_in_words(hall: LiveHall) -> None:
    await a_morning(hall)
    async with hall.sitting("0001") as app:
        await until(app, lambda: shows(app, "没有积压"))
        hall.clock.advance(70 * MINUTE_MS)
        await hall.served(hall.services.timers.catch_up())
        await press(app, "f5")
        await until(app, lambda: shows(app, "超时回访 1"))
        kinds = [hint.kind for hint in overview(app).hints]
        assert kinds == ["callback", "long_service", "long_wait", "long_wait"]
        assert {each.kind for each in overview(app).proposals} == {"open"}
        await until(app, lambda: shows(app, "建议: 开窗口"))
        await until(app, lambda: shows(app, "窗口03 单件 70 分"))
        assert shows(app, "回访超时 1 件 (窗口03 赵**)")
        assert shows(app, "等候最长 70 分")


async def test_the_duty_manager_applies_a_proposal_with_a_key(hall: LiveHall) -> None:
    """Window 04 is the only one open and takes registrations; whoever waits for a food licence waits for ever."""
    device, _ = await window(hall, at="w04")
    await hall.tickets(device, "0307", "m-food", "m-food")
    hall.clock.advance(20 * MINUTE_MS)
    async with hall.sitting("0001") as app:
        await press(app, "f9")
        assert rows_of(app) == ["A"]  # for a supervisor the key does not exist
    async with hall.sitting("0101") as app:
        await press(app, "6")
        await until(app, lambda: shows(app, "o 建议"))
        await press(app, "f9")
        await until(app, lambda: isinstance(app.screen, Dialog))
        row = next(line for line in text(app) if "窗口04 加办" in line and ")" in line and "o 建议" not in line)
        await press(app, next(digit for digit in "123" if f" {digit} " in row))
        await until(app, lambda: shows(app, "窗口04 现办: A B"))
        assert rows_of(app) == ["A", "B"]


async def test_the_duty_manager_says_where_a_window_is(hall: LiveHall) -> None:
    """F6; whoever is called reads it on the wall from then on."""
    device, session = await window(hall)
    async with hall.sitting("0001") as app:
        await press(app, "f6")
        assert not isinstance(app.screen, Dialog), "for a supervisor the key does not exist"
    async with hall.sitting("0101") as app:
        await press(app, "6")
        await until(app, lambda: shows(app, "今日办件"))
        table = screen(app).query_one("#windows", WindowTable)
        await until(app, lambda: table.move_to("w03"))
        await press(app, "f6")
        await until(app, lambda: isinstance(app.screen, Dialog))
        await press(app, "2", *"f", "enter")
        await until(app, lambda: shows(app, "窗口03: 2f"))
        await press(app, "enter")
        await until(app, lambda: shows(app, "03 (2f)"))
        await visitor(hall, device, session)
        await device.pull()
        assert [each.window for each in announced(device.store.read, QUEUE, 0, 9)] == ["03号窗口 (2f)"]
        await press(app, "escape", "f6")
        await until(app, lambda: isinstance(app.screen, Dialog))
        await press(app, "backspace", "backspace", "enter")
        await until(app, lambda: shows(app, "窗口03不再告知位置"))
        await device.pull()
        assert [each.window for each in announced(device.store.read, QUEUE, 0, 9)] == ["03号窗口"]


async def test_what_happens_at_a_window_appears_without_a_key(hall: LiveHall) -> None:
    async with hall.sitting("0001") as app:
        await until(app, lambda: shows(app, "今日办件 0"))
        device, session = await window(hall)
        await visitor(hall, device, session)
        await until(app, lambda: shows(app, "今日办件 1"))
        paused = verbs.PauseWindow(pause="p-1", reason="吃饭")
        assert (await device.do("0307", paused, id=session, scope=QUEUE)).status == "accepted"
        await until(app, lambda: shows(app, "暂停 吃饭"))


async def test_days_filters_and_one_windows_detail(hall: LiveHall) -> None:
    await a_morning(hall)
    today = day_of(hall.clock.now())
    async with hall.sitting("0001") as app:
        await until(app, lambda: shows(app, "今日办件 2"))
        await press(app, "f8")
        assert shows(app, "已是今天")
        await press(app, "f3", "2")
        await until(app, lambda: not shows(app, "未开"))
        await press(app, "enter")
        await until(app, lambda: isinstance(app.screen, Dialog))
        await until(app, lambda: shows(app, "窗口明细") and shows(app, "进行中"))
        assert sum("办结" in line and "7.00" in line for line in text(app)) == 2
        await press(app, "escape", "f3", "1", "f7")
        await until(app, lambda: shows(app, "办件 0") and not shows(app, "今日办件"))
        assert overview(app).period.day == day_of(hall.clock.now() - DAY_MS)
        assert not overview(app).hints
        await press(app, "f8")
        await until(app, lambda: shows(app, "今日办件 2"))
        assert overview(app).period.day == today
        await press(app, "f1")
        await until(app, lambda: shows(app, "服务时长 / 在岗时长 (扣除暂停)"))


async def test_nothing_on_the_screen_writes(hall: LiveHall) -> None:
    await a_morning(hall)
    async with hall.sitting("0001") as app:
        await until(app, lambda: shows(app, "今日办件 2"))
        assert app.person.read_only
        assert not [action.id for action in screen(app).actions() if action.writes]
        assert app.desk is not None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            app.desk.read("DELETE FROM ticket")
        last = app.desk.read("SELECT value FROM meta WHERE name = 'last_n'")[0]["value"]
        for key in (
            "f2",
            "f4",
            "f6",
            "f9",
            "f10",
            "space",
            "ctrl+z",
            "f3",
            "escape",
            "f5",
            "f7",
            "f8",
            "enter",
            "escape",
        ):
            await press(app, key)
        assert app.desk.read("SELECT value FROM meta WHERE name = 'last_n'")[0]["value"] == last
        assert not app.desk.read("SELECT 1 FROM outbox")


async def test_a_clerk_does_not_see_it(hall: LiveHall) -> None:
    await a_morning(hall)
    async with hall.sitting("0308", "04") as app:
        app.goto(6)
        await until(app, lambda: shows(app, "主管和值班长才能看大屏"))
        assert screen(app).overview is None
        await press(app, "f5", "enter", "ctrl+e")
        assert not isinstance(app.screen, Dialog)


async def test_a_day_is_exported_as_csv_and_xlsx(hall: LiveHall) -> None:
    await a_morning(hall)
    async with hall.sitting("0001") as app:
        await until(app, lambda: shows(app, "今日办件 2"))
        await press(app, "ctrl+e", "1")
        await until(app, lambda: shows(app, "已导出"))
        await press(app, "ctrl+e", "2")
        folder = app.locations.data / "exports"
        await until(app, lambda: len(list(folder.glob("overview-*.*"))) == 2)
        [table] = folder.glob("*.csv")
        assert table.read_bytes().startswith(b"\xef\xbb\xbf")
        lines = list(csv.reader(table.read_text(encoding="utf-8-sig").splitlines()))
        assert ["办件", "2"] in lines
        assert next(line for line in lines if line[:2] == ["主大厅", "03"])[4:6] == ["2", "7.0"]
        [book] = folder.glob("*.xlsx")
        with zipfile.ZipFile(book) as parts:
            assert "窗口" in parts.read("xl/workbook.xml").decode()
            assert b"<f>" not in b"".join(parts.read(name) for name in parts.namelist() if "worksheets" in name)


async def test_an_export_that_cannot_be_written_says_so(hall: LiveHall) -> None:
    async with hall.sitting("0001") as app:
        await until(app, lambda: shows(app, "今日办件 0"))
        app.locations.data.mkdir(parents=True, exist_ok=True)
        (app.locations.data / "exports").write_text("a file where the folder should be")
        await press(app, "ctrl+e", "1")
        await until(app, lambda: shows(app, "导出文件写不进去"))


@given(st.text(max_size=12))
def test_no_cell_of_a_csv_is_a_formula(said: str) -> None:
    sheet = Sheet("表", ["甲"], [[said]])
    cell = str(spreadsheet.plain(said))
    assert not cell.lstrip(" ").startswith(tuple(spreadsheet.FORMULA)) or not cell.strip(" ")
    assert cell in (said, f"'{said}")
    assert spreadsheet.as_csv([sheet]).startswith(b"\xef\xbb\xbf")


def test_texts_of_a_workbook_are_texts(tmp_path: Path) -> None:
    said = ["=1+1", "https://example.org", "@SUM(A1)", "007"]
    spreadsheet.save(tmp_path / "book.xlsx", spreadsheet.as_xlsx([Sheet("a", ["b"], [[text] for text in said])]))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as parts:
        page, strings = parts.read("xl/worksheets/sheet1.xml"), parts.read("xl/sharedStrings.xml").decode()
    assert b"<f>" not in page
    assert b"hyperlink" not in page
    assert all(text in strings for text in said)
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="export_unwritable"):
        spreadsheet.save(tmp_path / "taken" / "book.csv", b"")


async def test_a_site_that_is_not_heard_of_says_how_old_its_data_are(hall: LiveHall) -> None:
    laptop = await hall.device("G012")
    await laptop.exchange()
    async with hall.sitting("0001") as app:
        await until(app, lambda: screen(app).overview is not None and "jinhainiu" in overview(app).contacts)
        await until(app, lambda: shows(app, "金海牛产业园 收件0 办结0件 数据 10:13:20"))
        assert not shows(app, "离线, ")
        hall.clock.advance(38 * MINUTE_MS)
        assert app.desk is not None
        app.desk.engine.nudge()  # this terminal is heard of, the laptop is not
        await press(app, "f5")
        await until(app, lambda: shows(app, "(离线, 38分钟前)"))
        await until(app, lambda: overview(app).contacts["hall"] > overview(app).contacts["jinhainiu"])


async def test_contacts_are_told_to_those_who_oversee(hall: LiveHall) -> None:
    device = await hall.device()
    for staff, told in (("0001", True), ("0101", True), ("0307", False), ("0901", False)):
        await device.sign_on(staff, PIN)
        found = await device.transport.ask("GET", "/v1/contacts", Contacts)
        assert bool(found.sites) == told, staff


async def test_a_wall_shows_what_presses_and_who_carries_how_much_beside_the_windows(hall: LiveHall) -> None:
    await a_morning(hall)
    async with hall.sitting("0001", size=(200, 50)) as app:
        await until(app, lambda: shows(app, "临近期限") and shows(app, "人员负荷") and shows(app, "今日办件 2"))
        assert shows(app, "首次回访")  # the bad rating's clock
        assert shows(app, "0307 赵某")
        assert shows(app, "已办 2  每件 7.00分")
        assert "赵某某" not in "\n".join(text(app))  # no citizen's name


async def test_the_yardstick_s_figures_are_a_plain_count(hall: LiveHall) -> None:
    await a_morning(hall)
    async with hall.sitting("0001") as app:
        await until(app, lambda: shows(app, "今日办件 2"))
        found = {each.name: each for each in app.services.oversight.measures()}
        assert (found["minutes"].value, found["minutes"].of, found["minutes"].reached) == (7.0, 2, False)
        assert (found["satisfied"].value, found["ratings"].value, found["calls"].value) == (0.5, 2, 3)
        assert found["called_back"].value is None  # its hour has not passed: neither kept nor missed
        assert (found["papers"].value, found["papers"].target) == (0, 57_000)
        assert len(app.services.oversight.source("satisfied").rows) == 2
    async with hall.sitting("0307") as app:
        assert app.services.oversight.measures()[0].of == 0  # a clerk's grants reach nothing here
        assert app.services.oversight.loads() == []


async def test_what_a_wall_shows_is_behind_f10_at_80_columns(hall: LiveHall) -> None:
    await a_morning(hall)
    async with hall.sitting("0001", size=(80, 24)) as app:
        await until(app, lambda: shows(app, "今日办件 2"))
        await press(app, "f10")
        await until(app, lambda: shows(app, "临近期限") and shows(app, "用时估计与误差"))
        await press(app, "1")
        await until(app, lambda: shows(app, "首次回访") and shows(app, "剩余"))
        await press(app, "escape")
        await press(app, "2")
        await until(app, lambda: shows(app, "0307 赵某") and shows(app, "7.00"))
        assert not shows(app, "赵某某")  # no citizen's name
        await press(app, "enter", "3")
        await until(app, lambda: shows(app, "全区公布") and shows(app, "! 未达到"))
        await press(app, "enter")  # the records behind the first figure
        await until(app, lambda: shows(app, "每件办理分钟") and shows(app, "A002") and not shows(app, "全区公布"))
        await press(app, "escape")
        await until(app, lambda: shows(app, "全区公布"))
        await press(app, "escape")
        await until(app, lambda: shows(app, "用时估计与误差") and not shows(app, "全区公布"))
        await press(app, "4")
        await until(app, lambda: shows(app, "平均误差"))
        [line] = [line for line in text(app) if "平均误差" not in line and " 2 " in line and "A " in line]
        told, learned, error, bias, seen = line.replace("|", "").split()[-5:]
        # told 9, worth three services; two took 7: off by 2, then (8.5 − 7) 1.5; (27 + 14) / 5
        assert (told, learned, error, bias, seen) == (*("12.0", "10.0", "4.4", "-4.4", "2"),)
        await press(app, "escape", "escape")
        await until(app, lambda: shows(app, "今日办件 2") and not shows(app, "平均误差"))
