"""Type-ahead: whatever the screen is doing, each key goes where it would go if the person had waited."""

from __future__ import annotations

import asyncio
import time

import pytest
from hall import Queue, Review, in_hall, press, send, settled
from textual import events

from workstation.keypump import half_width, is_input_method
from workstation.screens.frame import Frame
from workstation.widgets.dialog import Ask
from workstation.widgets.status_line import StatusLine


async def test_a_hundred_bursts_of_f2_six_digits_and_enter_arrive_whole() -> None:
    async with in_hall() as (app, _):
        expected = [f"{n * 7919 % 1_000_000:06d}" for n in range(100)]
        for number in expected:
            send(app, "f2", *number, "enter")
        await press(app)
        assert app.queue.called == expected


async def test_bursts_arrive_whole_while_the_loop_is_blocked_again_and_again() -> None:
    async with in_hall() as (app, _):
        loop = asyncio.get_running_loop()
        busy = True

        def block() -> None:
            if busy:
                time.sleep(0.002)  # the loop itself stands still, as it does while something computes
                loop.call_soon(block)

        loop.call_soon(block)
        expected = [f"{n:06d}" for n in range(3)]
        for number in expected:
            send(app, "f2", *number, "enter")
        await press(app)
        busy = False
        assert app.queue.called == expected


async def test_keys_typed_in_the_same_burst_as_a_screen_change_go_to_the_new_screen() -> None:
    async with in_hall() as (app, _):
        await press(app, "2", "f7", "ctrl+g", *"1", "enter", "f2", *"42", "enter")
        assert app.queue.called == ["42"]
        assert isinstance(app.screen, Queue)
        assert not isinstance(app.screen, Review)


async def test_keys_wait_for_a_slow_action_that_changes_the_screen_at_its_end() -> None:
    async with in_hall() as (app, _):
        app.goto(2)
        await press(app, "f9", "f2", *"77", "enter")
        assert app.queue.called == ["77"]
        assert app._of(2).called == []


async def test_what_follows_a_dialog_waits_until_the_action_behind_it_is_over() -> None:
    async with in_hall() as (app, _):
        app.queue.slow = 300
        await press(app, "f2", *"11", "enter", "f2", *"22", "enter")
        assert app.queue.called == ["11", "22"]


async def test_dialogs_over_dialogs_take_the_keys_in_their_order() -> None:
    answers: list[str | None] = []

    class Twice(Queue):
        async def do_call_next(self) -> None:
            answers.append(await self.ask(Ask("one", digits=True)))
            answers.append(await self.ask(Ask("two", digits=True)))

    async with in_hall() as (app, pilot):
        app._screens_by_number = {**app._screens_by_number, 1: Twice}
        app.lock()
        await settled(app, pilot)
        app._frames.pop(1, None)
        from hall import CLERK

        app.person = CLERK
        app.goto(1)
        await press(app, "f2", *"1", "enter", *"2", "enter", "f2", *"3", "enter", "escape", "f1")
        assert answers == ["1", "2", "3", None]


async def test_escape_and_a_digit_are_the_function_key_and_the_digit_is_not_typed() -> None:
    async with in_hall() as (app, _):
        await press(app, "escape", "2", *"90", "enter")
        assert app.queue.called == ["90"]


async def test_escape_and_a_full_width_digit_too() -> None:
    async with in_hall() as (app, _):
        await press(app, "escape", "２", *"91", "enter")
        assert app.queue.called == ["91"]


@pytest.mark.parametrize(("names", "number"), [(["alt+2"], 1), (["escape", "="], 0), (["alt+equals_sign"], 0)])
async def test_twins_as_terminals_send_them(names: list[str], number: int) -> None:
    async with in_hall() as (app, _):
        await press(app, *names, *(["6", "enter"] if number else []))
        frame = app.top_frame
        assert isinstance(frame, Frame)
        assert number == frame.NUMBER


async def test_a_digit_long_after_escape_is_a_digit() -> None:
    async with in_hall(escape_ms=100) as (app, _):
        early, late = events.Key("escape", "\x1b"), events.Key("2", "2")
        late.time = early.time + 0.2
        app.post_message(early)
        app.post_message(late)
        await press(app)
        frame = app.top_frame
        assert frame is not None
        assert frame.NUMBER == 2


async def test_escape_alone_is_escape_when_its_time_is_over_and_shows_that_it_waits() -> None:
    async with in_hall(escape_ms=30) as (app, pilot):
        app.goto(2)
        await settled(app, pilot)
        send(app, "escape")
        seen = False
        while app.top_frame is not app.queue:
            line = app.top_frame.query_one(StatusLine) if app.top_frame else None
            seen = seen or (line is not None and line.passing is not None and "Esc" in line.passing[0])
            await asyncio.sleep(0)
        assert seen


async def test_a_full_width_digit_changes_the_screen_and_a_full_width_letter_says_why_nothing_happens() -> None:
    async with in_hall() as (app, _):
        await press(app, "２")
        assert app.top_frame is app._of(2)
        await press(app, "ｍ")
        passing = app.top_frame.query_one(StatusLine).passing
        assert passing is not None
        assert "输入法" in passing[0]


async def test_chinese_goes_into_a_text_field_untouched() -> None:
    answers: list[str | None] = []

    class Free(Queue):
        async def do_call_next(self) -> None:
            answers.append(await self.ask(Ask("text")))

    async with in_hall() as (app, _pilot):
        app.queue.__class__ = Free
        await press(app, "f2", *"中路１号", "enter")
        assert answers == ["中路１号"]


def test_which_keys_have_a_plain_twin() -> None:
    assert [half_width(events.Key("x", each)).character for each in "０９"] == ["0", "9"]  # type: ignore[union-attr]
    assert half_width(events.Key("ideographic_space", "\u3000")).key == "space"  # type: ignore[union-attr]
    assert half_width(events.Key("a", "a")) is None
    assert is_input_method(events.Key("x", "ｍ"))
    assert is_input_method(events.Key("x", "中"))
    assert not is_input_method(events.Key("m", "m"))
    assert not is_input_method(events.Key("f2", None))
