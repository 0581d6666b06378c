"""Screen 8: ratings by period and group against a count of its own, drill-down to the ticket, grants, the export."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from datetime import date, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.central.store import Tx
from sync.appraisal import bounds, month_of
from sync.calendar import DAY_MS, day_of, start_of_day_ms
from sync.protocol.identifiers import uuid7
from sync.protocol.operation import Args
from sync.protocol.verbs import ticket as verbs
from sync.records.columns import Columns
from sync.records.shape import shapes
from tests.screens.ledger_hall import PHONE, rate, visitor, window
from tests.screens.live_hall import CALLBACK, QUEUE, RATING, LiveHall, press, text, until
from workstation.headless.device import Device
from workstation.hours import MINUTE
from workstation.screens.analysis import AnalysisScreen
from workstation.screens.analysis_bad import BadOnes
from workstation.services.analysis import LENGTHS, YEAR, Period, tables
from workstation.terminal import TerminalApp
from workstation.views.analysis import GROUPS, PERIOD, Analysis, Span, analysis, bad_ones
from workstation.views.ticket_way import way

BAD = ("dissatisfied", "very_dissatisfied")
LEVELS = ("very_satisfied", "satisfied", "fair", *BAD)


def shows(app: TerminalApp, words: str) -> bool:
    return any(words in line for line in text(app))


def screen(app: TerminalApp) -> AnalysisScreen:
    found = app.top_frame
    assert isinstance(found, AnalysisScreen)
    return found


def found(app: TerminalApp) -> Analysis:
    analysed = screen(app).analysis
    assert analysed is not None
    return analysed


async def a_week(hall: LiveHall) -> None:
    """Five served at w03 by 0307: one satisfied, three not; the fifth said nothing."""
    device, session = await window(hall)
    for level in ("very_satisfied", "dissatisfied", "very_dissatisfied", "dissatisfied"):
        await rate(hall, await visitor(hall, device, session), level, "排队太久" if level in BAD else "")
    await visitor(hall, device, session)


@pytest.mark.parametrize("size", [(100, 30), (80, 24)])
async def test_the_weeks_figures_are_those_of_the_ratings(hall: LiveHall, size: tuple[int, int]) -> None:
    await a_week(hall)
    async with hall.sitting("0001", size=size) as app:
        await press(app, "8")
        await until(app, lambda: shows(app, "满意 25.0%"))
        total = found(app).total
        assert (total.invited, total.rated, total.bad, total.defaulted) == (5, 4, 3, 0)
        [line] = found(app).lines
        assert (line.key, line.name) == ("w03", "03")
        assert shows(app, "窗口03 差评 3 次 (上期 0)")
        assert shows(app, "企业变更登记 差评 3 次")
        assert shows(app, "默认评价 0 条单列")


@pytest.mark.parametrize("size", [(100, 30), (80, 24)])
async def test_the_course_stands_a_line_a_day_with_bars(hall: LiveHall, size: tuple[int, int]) -> None:
    """Monday three of four bad, on Tuesday nothing, on Wednesday one of two; at 80 columns too."""
    await a_week(hall)
    hall.clock.advance(2 * DAY_MS)
    device, session = await window(hall, "0308", "w04")
    for level in ("satisfied", "dissatisfied"):
        await rate(hall, await visitor(hall, device, session, staff="0308"), level)
    async with hall.sitting("0001", size=size) as app:
        await press(app, "8")
        await until(app, lambda: shows(app, "满意 33.3%"))
        assert sum("###" in line for line in text(app)) == 2, "by window there are bars as well"
        await press(app, "f3", "5")
        await until(app, lambda: shows(app, "2026-11-25"))
        drawn = {row[1]: line for line in text(app) if (row := re.match(r"[ >]*(2026-11-\d\d) (?!~)", line))}
        assert [drawn[f"2026-11-{day}"].count("#") for day in (23, 24, 25)] == [12, 0, 8]
        monday, wednesday = (drawn[f"2026-11-{day}"].split("#")[0].split() for day in (23, 25))
        assert monday[-1] == "75.0%"
        assert {"5", "4", "80.0%", "25.0%", "3"} <= set(monday), "invited, rated, participation, satisfied, bad"
        assert {"2", "100.0%", "50.0%", "1"} <= set(wednesday)
        assert "2026-11-26" not in drawn
        await press(app, "down", "down", "enter")
        await until(app, lambda: isinstance(app.screen, BadOnes) and sum("不满意" in line for line in text(app)) == 1)
        await press(app, "escape")


async def test_keys_group_and_go_back_and_down_to_the_ticket(hall: LiveHall) -> None:
    await a_week(hall)
    async with hall.sitting("0001") as app:
        await press(app, "8")
        await until(app, lambda: shows(app, "满意 25.0%"))
        await press(app, "f8")
        assert shows(app, "已是本期")
        await press(app, "enter")
        await until(app, lambda: isinstance(app.screen, BadOnes))
        await until(app, lambda: sum("排队太久" in line for line in text(app)) == 3)
        assert shows(app, "A002")  # a supervisor of the callback scope sees which ticket
        await press(app, "enter")
        await until(app, lambda: shows(app, "的经过"))
        assert shows(app, "等候 0 分  办理 7 分")
        assert shows(app, "窗口03 企业变更登记 7分 办结")
        assert not any(shows(app, words) for words in ("赵某某", PHONE))
        await press(app, "escape")
        await until(app, lambda: isinstance(app.screen, BadOnes))
        await press(app, "escape", "f3", "2")
        await until(app, lambda: shows(app, "0307 赵某"))
        await press(app, "f4", "1")
        await until(app, lambda: found(app).span.end - found(app).span.start == DAY_MS)
        await press(app, "f7")
        await until(app, lambda: shows(app, "这一期没有评价"))


async def test_a_tickets_way_tells_waits_holds_and_where_it_was_sent(hall: LiveHall) -> None:
    """Ten minutes of waiting, called twice, put aside and gone on with, sent on; and never to who is rated."""
    device, session = await window(hall)
    other, there = await window(hall, "0308", "w04")

    async def do(args: Args, machine: Device = device, staff: str = "0307", minutes: int = 0) -> None:
        hall.clock.advance(minutes * MINUTE)
        result = await machine.do(staff, args, id=ticket, scope=QUEUE)
        assert result.status == "accepted", result

    def new() -> str:
        return uuid7(hall.clock.now())

    ticket, rated = new(), new()
    await do(verbs.Issue(matter="m-change", holder="赵某某", phone=PHONE, site="hall"))
    await do(verbs.Call(session=session, call=new()), minutes=5)
    await do(verbs.UndoCall())
    await do(verbs.Call(session=session, call=new()), minutes=5)
    await do(verbs.Serve(segment=new()))
    await do(verbs.Hold(), minutes=4)
    await do(verbs.Resume(session=session, segment=new()), minutes=30)
    await do(verbs.Transfer(window="w04"), minutes=3)
    await other.exchange()
    await do(verbs.Call(session=there, call=new()), other, "0308", 1)
    await do(verbs.Serve(segment=new()), other, "0308")
    await do(verbs.Finish(invite=rated), other, "0308", 6)
    await rate(hall, rated, "dissatisfied")
    async with hall.sitting("0001") as app:
        await press(app, "8")
        await until(app, lambda: shows(app, "满意 0.0%"))
        await press(app, "enter")
        await until(app, lambda: isinstance(app.screen, BadOnes))
        await press(app, "enter")
        await until(app, lambda: shows(app, "等候 10 分  办理 13 分"))
        for words in ("窗口03 撤回", "4分 搁置", "3分 转办", "叫号  窗口04 到窗口", "6分 办结"):
            assert shows(app, words), words
        read, span = app.services.desk.read, found(app).span
        assert way(read, [CALLBACK], [QUEUE], "0001", rated) is not None
        assert way(read, [CALLBACK], [QUEUE], "0308", rated) is None, "who is rated"
        assert way(read, [], [QUEUE], "0001", rated) is None, "who reads no callback"
        gone = way(read, [CALLBACK], [], "0001", rated)
        assert gone is not None
        assert (gone.gone, gone.steps) == (True, ()), "who reads no queue"
        [one] = bad_ones(read, [RATING], [CALLBACK], "w04", "window", span, "0308")
        assert (one.number, one.state) == ("", "")
        await press(app, "escape", "escape")


@pytest.mark.parametrize("staff", ["0307", "0401"])
async def test_nobody_else_reads_it(hall: LiveHall, staff: str) -> None:
    """The rated clerk, and the handler, who know single cases: neither reads what is said of whom."""
    await a_week(hall)
    async with hall.sitting(staff) as app:
        await press(app, "8")
        await until(app, lambda: shows(app, "评价分析只供主管和值班长"))
        assert screen(app).analysis is None


async def test_the_export_holds_what_the_screen_shows(hall: LiveHall) -> None:
    await a_week(hall)
    async with hall.sitting("0001") as app:
        await press(app, "8")
        await until(app, lambda: shows(app, "满意 25.0%"))
        await press(app, "ctrl+e", "1")
        folder = screen(app).service.exports
        await until(app, lambda: folder.is_dir() and any(folder.glob("ratings-week-*.csv")))
        [path] = folder.glob("ratings-week-*.csv")
        content = path.read_text(encoding="utf-8-sig")
        assert "03,5,4,0.8,0.25,,3,0,0.75,0" in content
        assert "同一窗口,03,,3" in content
        assert tables(found(app), {})[0].rows[-1][:3] == ["合计", 5, 4]


# ------------------------------------------------------------------------------------------------- against a count


ratings = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.integers(-20 * 24, 20 * 24).map(lambda hours: hours * 3_600_000),
            "level": st.sampled_from(LEVELS),
            "person_level": st.sampled_from((None, *LEVELS)),
            "window": st.sampled_from((None, "w1", "w2", "w3")),
            "staff": st.sampled_from((None, "0301", "0302")),
            "matter": st.sampled_from(("m-a", "m-b")),
            "site": st.sampled_from(("hall", "park")),
            "tags": st.lists(st.sampled_from(("queue", "manner")), max_size=2, unique=True),
            "defaulted": st.booleans(),
            "scope": st.sampled_from((RATING, "other:rating")),
        }
    ),
    max_size=60,
)


def stored(given: list[dict[str, object]]) -> sqlite3.Connection:
    """A replica's tables with these ratings in them."""
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    known = shapes()
    for name in ("rating", "invite", "window", "staff", "matter", "site", "tag_set", "rectification", "invite_link"):
        for statement in Columns(known[name]).create():
            connection.execute(statement)
    for n, each in enumerate(given):
        body = {key: value for key, value in each.items() if key not in ("at", "scope")}
        body |= {"rated_at": NOON + each["at"], "channel": "phone"}  # type: ignore[operator]
        columns = Columns(known["rating"])
        image = columns.image(None, body)
        connection.execute(columns.upsert, columns.params(f"r{n}", str(each["scope"]), 1, image))
    return connection


NOON = start_of_day_ms("2026-03-11") + DAY_MS // 2


@given(ratings, st.sampled_from(LENGTHS), st.sampled_from([group for group in GROUPS if group != PERIOD]))
def test_the_sums_are_those_of_a_count(given: list[dict[str, object]], length: str, group: str) -> None:
    span = Period.around(length, "2026-03-11").span
    connection = stored(given)

    def read(sql: str, params: object = ()) -> list[sqlite3.Row]:
        return connection.execute(sql, params).fetchall()  # type: ignore[arg-type]

    told = analysis(read, [RATING], group, span)
    for start, end, which in ((span.start, span.end, "now"), (span.before, span.start, "before")):
        rated, bad, defaulted = Counter[str](), Counter[str](), Counter[str]()
        for each in given:
            if each["scope"] != RATING or not start <= NOON + each["at"] < end:  # type: ignore[operator]
                continue
            key = str(each[group] or "")
            if each["defaulted"]:
                defaulted[key] += 1
            else:
                rated[key] += 1
                bad[key] += each["level"] in BAD or each["person_level"] in BAD
        for line in told.lines:
            figures = getattr(line, which)
            assert (figures.rated, figures.bad, figures.defaulted) == (
                rated[line.key],
                bad[line.key],
                defaulted[line.key],
            )
            if which == "now":
                assert len(bad_ones(read, [RATING], [], line.key, group, span)) == bad[line.key]
        assert sum(getattr(line, which).rated for line in told.lines) == rated.total()
    connection.close()


@given(ratings, st.sampled_from(LENGTHS))
def test_a_course_has_every_day_or_month_and_the_one_before(given: list[dict[str, object]], length: str) -> None:
    shown = Period.around(length, "2026-03-11")
    connection = stored(given)

    def read(sql: str, params: object = ()) -> list[sqlite3.Row]:
        return connection.execute(sql, params).fetchall()  # type: ignore[arg-type]

    def counted(key: str) -> tuple[int, int, int]:
        of_it = [
            each for each in given if each["scope"] == RATING and day_of(NOON + cast(int, each["at"])).startswith(key)
        ]
        people = [each for each in of_it if not each["defaulted"]]
        bad = sum(each["level"] in BAD or each["person_level"] in BAD for each in people)
        return len(people), bad, len(of_it) - len(people)

    told = analysis(read, [RATING], PERIOD, shown.span)
    days = [(shown.first + timedelta(days=n)).isoformat() for n in range((shown.next.first - shown.first).days)]
    before = (shown.first - timedelta(days=1)).isoformat()
    letters = 7 if length == YEAR else 10
    steps = list(dict.fromkeys(day[:letters] for day in days))
    while steps and counted(steps[-1]) == (0, 0, 0):
        steps.pop()
    assert [line.key for line in told.lines] == steps
    for line, earlier in zip(told.lines, [before[:letters], *steps], strict=False):
        assert (line.now.rated, line.now.bad, line.now.defaulted) == counted(line.key)
        assert (line.before.rated, line.before.bad, line.before.defaulted) == counted(earlier)
        assert len(bad_ones(read, [RATING], [], line.key, PERIOD, shown.span)) == line.now.bad
    by_window = analysis(read, [RATING], "window", shown.span)
    assert (told.total, told.before) == (by_window.total, by_window.before)
    connection.close()


@given(st.dates(date(2004, 1, 1), date(2030, 12, 31)), st.sampled_from(LENGTHS))
def test_periods_follow_each_other_without_a_gap(day: date, length: str) -> None:
    shown = Period.around(length, day.isoformat())
    assert shown.first <= day <= shown.last
    assert shown.next.previous == shown == shown.previous.next
    assert shown.next.span.start == shown.span.end
    assert shown.span.before == shown.previous.span.start


def test_an_alarm_needs_three_and_twice_the_period_before() -> None:
    span = Span(NOON, NOON + DAY_MS, NOON - DAY_MS)
    base = {
        "level": "dissatisfied",
        "person_level": None,
        "window": "w1",
        "staff": None,
        "matter": "m-a",
        "site": "hall",
    }
    given = [{**base, "at": n, "tags": ["queue"], "defaulted": False, "scope": RATING} for n in range(3)]
    given += [{**base, "at": -1 - n, "tags": [], "defaulted": False, "scope": RATING} for n in range(2)]
    connection = stored(given)  # type: ignore[arg-type]

    def read(sql: str, params: object = ()) -> list[sqlite3.Row]:
        return connection.execute(sql, params).fetchall()  # type: ignore[arg-type]

    alarms = analysis(read, [RATING], "window", span).alarms
    assert [(each.kind, each.reason, each.count, each.before) for each in alarms] == [("reason", "queue", 3, 0)]
    connection.close()


async def test_the_upload_to_the_province_and_its_differences_stand_behind_f10(hall: LiveHall) -> None:
    store = hall.services.store
    days = [("2026-03-01", "different", 9, 8, '["n-missing"]'), ("2026-02-28", "equal", 4, 4, "[]")]

    async def put(tx: Tx) -> None:
        for day, state, ours, theirs, missing in days:
            await tx.execute(
                "INSERT INTO upload_day (day, state, ours, theirs, missing, differing, extra, tries, next_at) "
                "VALUES (?, ?, ?, ?, ?, '[]', '[]', 0, 0)",
                (day, state, ours, theirs, missing),
            )

    await store.write(put)
    async with hall.sitting("0001", size=(80, 24)) as app:
        await press(app, "8")
        await until(app, lambda: not shows(app, "读取"))
        await press(app, "f10", "2")
        await until(app, lambda: shows(app, "没有设置省平台地址"))
        cast(dict[str, Any], hall.services.applier.hall.settings)["province_url"] = "http://127.0.0.1:9"
        await press(app, "f10", "2")
        await until(app, lambda: shows(app, "不一致"))
        assert shows(app, "本方 9 省方 8")
        await press(app, "1")
        await until(app, lambda: shows(app, "n-missing"))
        await press(app, "escape", "escape")


async def test_a_frozen_month_is_counted_again_corrected_and_made_public_by_two(hall: LiveHall) -> None:
    await a_week(hall)
    _, end = bounds(month_of(hall.clock.now()))
    hall.clock.advance(end - hall.clock.now() + 11 * 60_000)
    await hall.served(hall.services.months.look())
    async with hall.sitting("0101") as app:  # a duty manager
        await press(app, "8")
        await press(app, "f10", "1")
        await until(app, lambda: shows(app, "评价 4  差评 3"))
        await press(app, "1")
        await until(app, lambda: shows(app, "[一致]"))
        await press(app, "1")  # by window
        await press(app, "1", "1")
        await press(app, *"-1", "enter", *"error", "enter")
        await until(app, lambda: shows(app, "更正 1 条后计: 评价 4  差评 2"))
        await press(app, "6")
        await press(app, "1")
        await until(app, lambda: shows(app, "已拟"))
        await press(app, "6")
        await until(app, lambda: shows(app, "本月收到评价不足5条"))
        assert not shows(app, "同意公示这段文字")  # never by who made it
        await press(app, "escape")
        await until(app, lambda: shows(app, "[一致]"))
        await press(app, "8")
        await until(app, lambda: shows(app, "已导出"))
