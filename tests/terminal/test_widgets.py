"""The smaller widgets: what they show, what they post, and that nobody is stopped in typing."""

from __future__ import annotations

import pytest
from hall import NOW, Queue, in_hall, press, settled, text
from textual.app import ComposeResult

from workstation.hours import clock_span, hhmm, hhmmss, moment
from workstation.locale import Phrase
from workstation.widgets.checklist import Checklist, Item
from workstation.widgets.choice import Choice, Option
from workstation.widgets.countdown import Countdown, time_left
from workstation.widgets.dialog import Ask, Pick, Tell
from workstation.widgets.field_diff import Difference, FieldDiff
from workstation.widgets.form import Field, Form
from workstation.widgets.lines import Lines
from workstation.widgets.progress import ProgressLine, bar_line


def four_digits(value: str) -> Phrase | None:
    return None if len(value) == 4 and value.isdigit() else "app.wrong_tail"


FIELDS = [
    Field("name", "queue.title", required=True),
    Field("code", "queue.call_number", cells=10, digits=True, check=four_digits),
    Field("pin", "signon.enter", cells=8, secret=True),
]


class Everything(Queue):
    """A screen with one of each; records what is posted."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[tuple[str, ...]] = []

    def compose_main(self) -> ComposeResult:
        yield Form(FIELDS, {"name": "甲"})
        yield Checklist([Item(n, f"材料{n}", "x" if n == 2 else " ", "已核" if n == 2 else "") for n in range(1, 5)])
        yield Choice([Option("a", "属实"), Option("b", "部分", "note"), Option("c", "不属实")])
        yield Countdown()
        yield FieldDiff("queue.title", "review.title")
        yield ProgressLine()

    def compose_side(self) -> ComposeResult:
        yield Lines([[("side", "")]])

    def on_form_changed(self, event: Form.Changed) -> None:
        self.posted.append(("changed", event.name, event.value))

    def on_form_submitted(self, event: Form.Submitted) -> None:
        self.posted.append(("submitted", *event.form.values.values()))

    def on_checklist_toggled(self, event: Checklist.Toggled) -> None:
        self.posted.append(("toggled", str(event.item.key)))

    def on_checklist_opened(self, event: Checklist.Opened) -> None:
        self.posted.append(("opened", str(event.item.key)))

    def on_choice_chosen(self, event: Choice.Chosen) -> None:
        self.posted.append(("chosen", str(event.option.key)))


class Shown:
    """The screen above, running."""

    def __init__(self) -> None:
        self._hall = in_hall((100, 40))

    async def __aenter__(self):  # type: ignore[no-untyped-def]
        app, pilot = await self._hall.__aenter__()
        app._screens_by_number = {**app._screens_by_number, 4: Everything}
        app.goto(4)
        await settled(app, pilot)
        return app, pilot, app.top_frame

    async def __aexit__(self, *what: object) -> None:
        await self._hall.__aexit__(*what)  # type: ignore[arg-type]


async def test_a_form_posts_every_change_and_moves_on_with_enter() -> None:
    async with Shown() as (app, pilot, screen):
        form = screen.query_one(Form)
        form.focus_field("name")
        await press(app, *"乙", "enter", *"１２3", "tab", *"99", "enter")
        assert screen.posted == [
            ("changed", "name", "甲乙"),
            ("changed", "code", "1"),
            ("changed", "code", "12"),
            ("changed", "code", "123"),
            ("changed", "pin", "9"),
            ("changed", "pin", "99"),
            ("submitted", "甲乙", "123", "99"),
        ]
        await settled(app, pilot)
        shown = "\n".join(text(app))
        assert "[甲乙__" in shown
        assert "[123" in shown
        assert "! 尾号不符" in shown  # told beside the field, and the typing went on
        assert "[**" in shown
        assert "99" not in shown
        form.entry("code").value = "1234"
        await settled(app, pilot)
        assert "尾号不符" not in "\n".join(text(app))
        form.fill({"name": ""})
        assert form.check() == ["name"]
        assert form.values == {"name": "", "code": "", "pin": ""}


async def test_a_paste_is_one_line_of_visible_text() -> None:
    from textual import events

    async with Shown() as (app, pilot, screen):
        form = screen.query_one(Form)
        form.fill({})
        form.focus_field("name")
        app.post_message(events.Paste("a\x1b[31mb\tc\nsecond line"))
        await settled(app, pilot)
        assert form.values["name"] == "a?[31mb c"
        limit = form.entry("name").max_length
        app.post_message(events.Paste("某" * 60_000))
        await settled(app, pilot)
        assert form.values["name"] == "a?[31mb c" + "某" * (limit - 9)
        assert f"最多 {limit} 个字" in "\n".join(text(app))


async def test_a_checklist_posts_and_never_ticks_by_itself() -> None:
    async with Shown() as (app, pilot, screen):
        checklist = screen.query_one(Checklist)
        checklist.focus()
        await press(app, "3", "up", "space", "enter", "9")
        assert screen.posted == [("toggled", "3"), ("toggled", "2"), ("opened", "2")]
        assert [item.state for item in checklist.items] == [" ", "x", " ", " "]
        checklist.show([Item(2, "材料2", "!", "缺页"), Item(3, "材料3", "?")])
        await settled(app, pilot)
        assert checklist.item is not None
        assert checklist.item.key == 2
        shown = "\n".join(text(app))
        assert "[!] 1>材料2  缺页" in shown
        assert "[?] 2 材料3" in shown


async def test_a_choice_by_digit_arrow_and_mouse() -> None:
    async with Shown() as (app, pilot, screen):
        screen.query_one(Choice).focus()
        await press(app, "2", "down", "enter", "7")
        await pilot.click(Choice, offset=(4, 0))
        await settled(app, pilot)
        assert screen.posted == [("chosen", "b"), ("chosen", "c"), ("chosen", "a")]


async def test_differences_show_their_marks_and_jump() -> None:
    async with Shown() as (app, pilot, screen):
        diff = screen.query_one(FieldDiff)
        diff.show_differences(
            [
                Difference("n", "公司名称", "青岛", "青岛"),
                Difference("p", "法定代表人", "赵某", "钱某", "*"),
                Difference("s", "经营范围", "租赁", "租赁"),
                Difference("a", "住所", "2-301", "2-302", "!"),
            ]
        )
        await settled(app, pilot)
        shown = "\n".join(text(app))
        assert "(不变)" in shown
        assert any(line.split()[:2] == ["*", "法定代表人"] for line in text(app))
        assert [diff.jump(1), diff.cursor] == [True, 1]
        assert [diff.jump(1), diff.cursor] == [True, 3]
        assert [diff.jump(1), diff.cursor] == [False, 3]
        assert [diff.jump(-1), diff.cursor] == [True, 1]


async def test_a_countdown_follows_the_clock_with_words() -> None:
    async with Shown() as (app, _pilot, screen):
        countdown = screen.query_one(Countdown)
        countdown.show(NOW + 760_000, "剩余")
        assert "".join(span[0] for span in countdown.lines[0]) == "剩余 00:12:40"
        app.clock.advance(300_000)
        countdown.tick()
        assert "".join(span[0] for span in countdown.lines[0]) == "剩余 00:07:40 将到期"
        app.clock.advance(500_000)
        countdown.tick()
        assert "已超时!" in countdown.lines[0][1][0]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (600_001, ("00:10:00", "")),
        (600_000, ("00:10:00 将到期", "warn")),
        (1, ("00:00:00 将到期", "warn")),
        (0, ("已超时! 00:00:00", "bad")),
        (-3_600_000, ("已超时! 01:00:00", "bad")),
    ],
)
def test_time_left(left: int, expected: tuple[str, str]) -> None:
    assert time_left(NOW + left, NOW) == expected
    assert time_left(NOW + left, NOW, doubtful=True)[0].count("~") == 1


async def test_a_bar_says_its_number() -> None:
    async with Shown() as (app, pilot, screen):
        screen.query_one(ProgressLine).show("replay", 45, 180)
        await settled(app, pilot)
        shown = text(app)
        assert any("25%" in line and "45/180" in line and "#." in line for line in shown)
        assert len(bar_line("x", 0.5, 40)) == 4


async def test_the_dialogs_answer() -> None:
    answers: list[object] = []

    class Asking(Queue):
        async def do_call_next(self) -> None:
            answers.append(await self.ask(Pick("which", [("x", "first"), ("y", "second")])))
            answers.append(await self.ask(Ask("code", check=four_digits, digits=True)))
            answers.append(await self.ask(Tell("read", ["a", "b"])))

    async with in_hall() as (app, _):
        app.queue.__class__ = Asking
        await press(app, "f2", "2", *"12", "enter", *"34", "enter", "enter")
        assert answers == ["y", "1234", None]


def test_times_are_hall_times() -> None:
    assert hhmm(0) == "08:00"
    assert hhmmss(-1) == "07:59:59"
    assert hhmm(16 * 3_600_000) == "00:00"
    assert moment(0, 1, hhmmss) == "08:00:00"
    assert moment(0, 86_400_000, hhmmss) == "01-01 08:00"
    assert [clock_span(each) for each in (0, 252_999, 3_600_000, -61_000)] == ["00:00", "04:12", "1:00:00", "-01:01"]
