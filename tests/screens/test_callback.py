"""Screen 4: an entry's whole life by keys; who may see what; what survives Esc, a lock and a crash; the bell."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sync.calendar import DAY_MS, MINUTE_MS
from sync.protocol.verbs import rating as verbs
from sync.protocol.verbs import staff as staff_verbs
from sync.records.settings import DEFAULTS
from tests.screens.ledger_hall import PHONE, WORDS, unhappy_visitor, visitor, window
from tests.screens.live_hall import BASE, CALLBACK, RATING, LiveHall, Machine, press, text, until
from workstation.hours import hhmm
from workstation.screens.callback import CallbackScreen
from workstation.terminal import TerminalApp
from workstation.widgets.dialog import Dialog


def screen(app: TerminalApp) -> CallbackScreen:
    found = app.top_frame
    assert isinstance(found, CallbackScreen)
    return found


def shows(app: TerminalApp, words: str) -> bool:
    """Whether the words stand on the screen."""
    return any(words in line for line in text(app))


def entry(app: TerminalApp, id: str) -> Any:
    assert app.desk is not None
    return app.desk.row("rectification", id)


async def first_callback(app: TerminalApp, finding: str = "1") -> None:
    """Reached, verified: items 1 to 4 and F9."""
    await press(app, "enter", "f2", "1", "f2", "1", "2", "3", finding, "4", "2", "f9")


async def second_callback(app: TerminalApp, level: str) -> None:
    """Called again, and how it is now."""
    await press(app, "f2", "1", "f2", "9", level, "f9")


@pytest.mark.parametrize("size", [(100, 30), (80, 24)])
async def test_an_entry_from_the_bad_rating_to_closed_by_keys(hall: LiveHall, size: tuple[int, int]) -> None:
    id = await unhappy_visitor(hall)
    async with hall.sitting("0401", size=size) as app:
        await until(app, lambda: shows(app, "赵**"))
        assert shows(app, "不满意")
        assert shows(app, "企业变更登记")
        assert shows(app, "未拨 (第1次)")
        assert shows(app, "今日差评 1")
        assert shows(app, WORDS)
        await first_callback(app)
        assert entry(app, id).state == "verified"
        assert (entry(app, id).finding, entry(app, id).cause) == ("true", "runaround")
        await press(app, "5", *"材料一次告知", "enter", "6", "1", "7", *"11-27 15:00", "enter")
        await press(app, "f4", "2", *"已约谈", "enter")
        assert entry(app, id).state == "interviewed"
        await press(app, "f9")
        assert (entry(app, id).state, entry(app, id).measure) == ("rectifying", "材料一次告知")
        assert shows(app, "期限11-26")
        await press(app, "8", *"告知单已换", "enter", "f9")
        assert (entry(app, id).state, entry(app, id).evidence) == ("rectified", "告知单已换")
        await second_callback(app, "2")
        assert (entry(app, id).state, entry(app, id).second_level) == ("second_callback", "satisfied")
        assert shows(app, "二次满意 1/1")
        await press(app, "f9")
        await hall.settled(app)
        assert entry(app, id).state == "closed"
        assert shows(app, "没有待回访的评价")
        await press(app, "f3", "7")
        assert shows(app, "已办结")


async def test_not_content_at_last_it_is_rectified_again(hall: LiveHall) -> None:
    id = await unhappy_visitor(hall)
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "赵**"))
        await first_callback(app, "2")
        await press(app, "5", *"a", "enter", "6", "1", "f9", "8", *"b", "enter", "f9")
        await second_callback(app, "4")
        assert entry(app, id).state == "second_callback"
        await press(app, "f9", "1", *"still", "enter")
        await hall.settled(app)
        assert (entry(app, id).state, entry(app, id).reopened) == ("reopened", 1)
        assert "还缺清单第 5、6 项" in text(app)[-3] + text(app)[-2]  # what was promised is asked for anew
        await press(app, "5", *"c", "enter", "6", "1", "f9", "8", *"d", "enter", "f9")
        assert entry(app, id).state == "rectified"
        await press(app, "f9")
        assert entry(app, id).state == "rectified"  # the call of the round before does not count


async def test_an_appeal_is_decided_by_somebody_else(hall: LiveHall) -> None:
    id = await unhappy_visitor(hall)
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "赵**"))
        await first_callback(app, "3")
        await press(app, "f9", *"untrue", "enter")
        assert (entry(app, id).state, entry(app, id).appeal) == ("appeal_review", "untrue")
        await press(app, "f9")
        assert entry(app, id).state == "appeal_review"
        assert shows(app, "自己提出的申诉须由他人审核")
        await hall.settled(app)
    async with hall.sitting("0101") as duty:
        await press(duty, "4")
        await until(duty, lambda: shows(duty, "申诉审核中"))
        await press(duty, "f9", "2", *"checked", "enter")
        await hall.settled(duty)
        assert (entry(duty, id).state, entry(duty, id).void_reason) == ("voided", "checked")


async def test_three_tries_on_two_days_close_an_entry_too(hall: LiveHall) -> None:
    id = await unhappy_visitor(hall)
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "赵**"))
        await press(app, "f9")
        assert shows(app, "先按 F2 拨号记录")
        for outcome in "234":
            await press(app, "f2", outcome)
        assert entry(app, id).attempts == 3
        assert shows(app, "已拨3次")
        await press(app, "enter", "3", "4", "4", "1", "f9")  # nobody reached: no identity to check; by mistake
        assert (entry(app, id).state, entry(app, id).finding) == ("verified", "mistaken")
        await press(app, "f2", "2", "f2", "2")
        await hall.settled(app)
        await press(app, "f12")
        hall.clock.advance(DAY_MS)  # a session does not last the night
        await hall.sign_on(app, "0401")
        await until(app, lambda: shows(app, "赵**"))
        await press(app, "f2", "3", "f9")
        await hall.settled(app)
        assert entry(app, id).state == "closed"


async def test_the_number_is_shown_only_while_the_call_is_open_and_that_is_logged(hall: LiveHall) -> None:
    id = await unhappy_visitor(hall)
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "139****21"))
        assert not shows(app, PHONE)
        await press(app, "f2")
        assert shows(app, PHONE)
        assert app.desk is not None
        assert app.desk.row("checklist_tick", f"{id}/phone_shown").staff == "0401"
        await press(app, "2")
        assert not shows(app, PHONE)
        await press(app, "f2", "1")
        assert shows(app, f"通话中  赵某某  {PHONE}")
        await press(app, "f2")
        assert not shows(app, PHONE)
        await press(app, "f2", "1", "f12")
        assert not shows(app, PHONE)
        await hall.sign_on(app, "0401")
        await press(app)
        assert not shows(app, PHONE)
        journal = app.locations.journal_file.read_text(encoding="utf-8")
        assert PHONE not in journal
        assert "赵某某" not in journal


async def test_a_draft_survives_esc_a_lock_and_a_crash(hall: LiveHall) -> None:
    await unhappy_visitor(hall)
    machine = await hall.enrol()
    async with hall.sitting("0401", machine=machine) as app:
        await until(app, lambda: shows(app, "赵**"))
        await press(app, "enter", "5", *"promise", "escape")
        assert shows(app, "草稿: promise")
        await press(app, "5", *" more")
        await press(app, "f12")  # locked while typing
        await hall.sign_on(app, "0401")
        await until(app, lambda: shows(app, "草稿: promise more"))
        await press(app, "enter", "5", *"!")  # and the program ends here
    async with hall.sitting("0401", machine=machine) as app:
        await until(app, lambda: shows(app, "草稿: promise more!"))
        await press(app, "enter", "5", "enter")
        assert shows(app, "[x] 5")
        assert not shows(app, "草稿")


async def test_nothing_is_lost_without_a_network_and_time_is_marked_doubtful(hall: LiveHall) -> None:
    id = await unhappy_visitor(hall)
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "赵**"))
        hall.stop_server()
        assert app.desk is not None
        app.desk.engine.nudge()
        await press(app, "f5")
        await until(app, lambda: app.desk and not app.desk.engine.status.online)
        await until(app, lambda: shows(app, "> ~0"))
        await first_callback(app)
        assert entry(app, id).state == "verified"
        hall.start_server()
        await hall.settled(app)
        assert entry(app, id).state == "verified"
        assert not app.desk.read("SELECT 1 FROM refusal")


async def test_a_window_clerk_sees_nothing_of_the_ledger(hall: LiveHall) -> None:
    await unhappy_visitor(hall)
    machine = await hall.enrol()
    async with hall.sitting("0401", machine=machine) as app:
        await until(app, lambda: shows(app, "赵**"))
        await press(app, "f12")
        await hall.sign_on(app, "0307")  # on the very machine that holds the rows
        app.goto(4)
        await until(app, lambda: shows(app, "您的岗位没有回访权限"))
        assert not shows(app, "赵**")
        assert not shows(app, WORDS)
        for key in ("f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "enter", "space"):
            await press(app, key)
            assert not isinstance(app.screen, Dialog)


async def test_a_handler_who_was_rated_does_not_see_the_entry(hall: LiveHall) -> None:
    device = await hall.device("0401")
    said = verbs.OpenEntry(matter="m-food", rated_staff="0307", site="hall", words="by telephone")
    assert (await device.do("0401", said, id="e-other", scope=CALLBACK)).status == "accepted"
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "电话投诉"))
        service = screen(app).service
        assert [line.id for line in service.entries()] == ["e-other"]
        from workstation.views import callback as view

        assert app.desk is not None
        assert view.entries(app.desk.read, [CALLBACK], "0307") == []
        assert view.entry(app.desk.read, [CALLBACK], "0307", "e-other", "zh") is None
        assert view.contact(app.desk.read, [CALLBACK], "0307", "e-other") == ("", "")


async def test_who_has_it_who_takes_it_over_and_another_office(hall: LiveHall) -> None:
    id = await unhappy_visitor(hall)
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "赵**"))
        await press(app, "f6")
        assert shows(app, "现在不能转科室")
        await press(app, "f4", "1")
        assert entry(app, id).handler == "0401"
        await press(app, "f6", "1")
        await hall.settled(app)
        assert (entry(app, id).office, entry(app, id).state) == ("registration", "assigned")
        await press(app, "f3", "2")
        assert shows(app, "我的")
        assert shows(app, "赵**")
        await press(app, "f3", "4")
        assert shows(app, "没有待回访的评价")
        await press(app, "f3", "8", *"no such", "enter")
        assert not shows(app, "赵**")


async def test_another_s_entry_says_whose_it_is_not_what_comes_next(hall: LiveHall) -> None:
    id = await unhappy_visitor(hall)
    office = await hall.device("0901", "0201")
    for over in (RATING, CALLBACK):
        assign = staff_verbs.AssignRole(staff="0201", role="callback", over=over)
        told = await office.do("0901", assign, id=f"0201-{over.rpartition(':')[2]}", scope=BASE)
        assert told.status == "accepted", told
    await office.exchange()
    dialled = verbs.Attempt(attempt="a1", round="first", outcome="busy")
    assert (await office.do("0201", dialled, id=id, scope=CALLBACK)).status == "accepted"
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "这一件由 0201 负责"))
        assert not shows(app, "先按 F2 拨号记录")


async def test_entries_are_walked_and_what_is_typed_stays_inert(hall: LiveHall) -> None:
    device, session = await window(hall)
    await unhappy_visitor(hall, device, session, words="[b]red[/b] \x1b[31m")
    hall.clock.advance(MINUTE_MS)
    await unhappy_visitor(hall, device, session, holder="钱某某", level="very_dissatisfied")
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "钱**"))
        assert shows(app, "[b]red[/b]")
        await press(app, "f8")
        assert shows(app, "回访清单  钱**")
        assert shows(app, WORDS)
        await press(app, "f7")
        assert shows(app, "回访清单  赵**")
        await press(app, "enter", "8")
        assert shows(app, "这一项现在不能改") or not isinstance(app.screen, Dialog)
        await press(app, "f1")
        assert shows(app, "显示完整号码并记录拨打结果")
        await press(app, "escape", "escape", "space")
        assert "\x1b" not in "".join(text(app))


class Audible(TerminalApp):
    """A terminal that counts its bell: a test's terminal makes no sound."""

    rung = 0

    def bell(self) -> None:
        self.rung += 1
        super().bell()


@contextlib.asynccontextmanager
async def audible(hall: LiveHall, machine: Machine) -> AsyncIterator[Audible]:
    """A handler's terminal that counts its bell."""
    silent = hall.terminal(machine)
    app = Audible(
        silent.terminal,
        clock=hall.clock,
        settings=silent.settings,
        locations=silent.locations,
        journal=silent.journal,
    )
    async with app.run_test(size=(100, 30)):
        await asyncio.wait_for(app.opened.wait(), 20)
        await hall.sign_on(app, "0401")
        yield app


async def test_a_bad_rating_rings_once_and_at_each_warning_on_whatever_screen(hall: LiveHall) -> None:
    device, session = await window(hall)
    machine = await hall.enrol()
    async with audible(hall, machine) as app:
        await press(app, "7")
        await unhappy_visitor(hall, device, session)
        await until(app, lambda: shows(app, "新差评"))
        assert app.rung == 1
        for minutes, words in ((30, "已过一半"), (18, "时限将到"), (12, "回访已超时")):
            hall.clock.advance(minutes * MINUTE_MS)
            await hall.served(hall.services.timers.catch_up())
            await until(app, lambda words=words: shows(app, words))  # type: ignore[misc]
        assert app.rung == 4
        await visitor(hall, device, session, holder="孙某某")
        await hall.settled(app)
        assert app.rung == 4
    async with audible(hall, machine) as app:  # what rang does not ring again
        await hall.settled(app)
        assert app.rung == 0


async def test_without_a_network_the_handlers_own_clock_rings(hall: LiveHall) -> None:
    device, session = await window(hall)
    async with audible(hall, await hall.enrol()) as app:
        await unhappy_visitor(hall, device, session)
        await until(app, lambda: app.rung == 1)
        hall.stop_server()
        assert app.desk is not None
        app.desk.engine.nudge()
        await until(app, lambda: app.desk and not app.desk.engine.status.online)
        hall.clock.advance(30 * MINUTE_MS)
        await until(app, lambda: app.rung == 2)
        await until(app, lambda: shows(app, "已过一半"))
        hall.start_server()
        await hall.served(hall.services.timers.catch_up())
        await hall.settled(app)
        assert entry(app, screen(app).service.entries()[0].id).warned == 50
        assert app.rung == 2


async def test_the_duty_manager_hears_of_what_is_past_its_limit_and_of_nothing_before(hall: LiveHall) -> None:
    device, session = await window(hall)
    async with hall.sitting("0101") as duty:
        await unhappy_visitor(hall, device, session)
        for minutes in (0, 30, 29):
            hall.clock.advance(minutes * MINUTE_MS)
            await hall.served(hall.services.timers.catch_up())
            await hall.settled(duty)
            assert not shows(duty, "新差评")
            assert not shows(duty, "请督办")
        hall.clock.advance(MINUTE_MS)
        await hall.served(hall.services.timers.catch_up())
        await until(duty, lambda: shows(duty, "差评已超时限，请督办"))


async def test_the_limit_by_the_wall_stands_beside_that_of_the_open_hall(hall: LiveHall) -> None:
    admin = await hall.device("0901")
    for name in ("always_open", "callback_basis"):
        args = staff_verbs.PutSetting(value=DEFAULTS[name])
        assert (await admin.do("0901", args, id=name, scope=BASE)).status == "accepted"
    device, session = await window(hall)
    hall.clock.advance(80 * MINUTE_MS)
    await unhappy_visitor(hall, device, session)  # 11:40:21: the hour ends 20 min after lunch began, by the wall
    async with hall.sitting("0401") as app:
        await until(app, lambda: shows(app, "赵**"))
        row = entry(app, screen(app).service.entries()[0].id)
        assert row.callback_due_at - row.callback_wall_at == 60 * MINUTE_MS
        assert shows(app, f"按钟点 {hhmm(row.callback_wall_at)}")
