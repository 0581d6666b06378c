"""The frame around every screen, at 80x24 and 100x30."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Sequence

import pytest
from hall import CLERK, NOW, Review, in_hall, press, send, settled, small_hall, text
from rich.cells import cell_len

from workstation.actions.table import NOBODY, Person
from workstation.codes import Code, Hit, parse
from workstation.keymap import Keymap
from workstation.locale import say
from workstation.screens.palette import Palette
from workstation.screens.search import score
from workstation.settings import Settings
from workstation.widgets.header import Station
from workstation.widgets.status_line import StatusLine

SIZES = [(80, 24), (100, 30), (132, 43)]


def status(app) -> str:  # type: ignore[no-untyped-def]
    line = app.top_frame.query_one(StatusLine)
    return line.passing[0] if line.passing else line.state


@pytest.mark.parametrize("size", SIZES)
async def test_every_line_fills_the_screen_with_safe_signs(size: tuple[int, int]) -> None:
    async with in_hall(size) as (app, pilot):
        app.station = Station("窗口03 0307", "app.lock", 3, NOW - 12_000)
        await settled(app, pilot)
        for stage in ([], ["f1"], ["escape", "ctrl+p"], ["escape", "ctrl+g"], ["escape", "f2"]):
            await press(app, *stage)
            await settled(app, pilot)
            lines = text(app)
            assert [cell_len(line) for line in lines] == [size[0]] * size[1]
            doubtful = {each for line in lines for each in line if unicodedata.east_asian_width(each) == "A"}
            assert doubtful == set(), stage


async def test_the_header_says_where_who_how_and_when() -> None:
    async with in_hall((100, 30)) as (app, pilot):
        app.station = Station("窗口03 0307", "app.lock", 3, NOW - 12_000)
        app.queue.retitle("A037")
        await settled(app, pilot)
        assert text(app)[0].rstrip() == (
            " 李沧政务工作站 | 1 窗口叫号  A037" + " " * 26 + "窗口03 0307 | 锁屏 3待传 12秒前 | 10:13"
        )
    async with in_hall((80, 24)) as (app, pilot):
        app.station = Station("窗口03 0307", "app.lock", 3, NOW - 12_000)
        app.queue.retitle("A037 企业变更登记(法人等) 青岛某机械设备租赁有限公司")
        await settled(app, pilot)
        assert "~" in text(app)[0]
        assert text(app)[0].rstrip().endswith("3待传 | 10:13")


async def test_a_hint_longer_than_the_screen_takes_a_second_line_for_as_long_as_it_stands() -> None:
    async with in_hall((80, 24)) as (app, pilot):
        line = app.top_frame.query_one(StatusLine)
        line.say("没有送出的操作已交给值班长决定；" * 3 + "要再用请向值班长要新的注册码")
        await settled(app, pilot)
        assert line.size.height == 2
        assert "要新的注册码" in text(app)[line.region.y + 1]
        assert "~" not in text(app)[line.region.y + 1]
        line.clear()
        await settled(app, pilot)
        assert line.size.height == 1


async def test_a_disabled_key_stays_and_says_why() -> None:
    async with in_hall() as (app, pilot):
        app.queue.why = {"queue.call_next": ("app.pending", {"count": 9})}
        app.queue.show_keys()
        await settled(app, pilot)
        assert "-F2叫下一号" in "".join(text(app)[-2:])
        await press(app, "f2")
        assert status(app) == "9待传"
        assert app.queue.called == []


async def test_a_hall_error_becomes_a_sentence() -> None:
    async with in_hall() as (app, _):
        await press(app, "f4")
        assert status(app) == "按键文件里的 call_number 不是任何操作"


async def test_what_a_person_may_not_do_is_not_there() -> None:
    async with in_hall() as (app, pilot):
        app.person = Person("01", frozenset({"supervisor"}), read_only=True)
        app.queue.show_keys()
        await settled(app, pilot)
        assert "叫下一号" not in text(app)[-1]
        await press(app, "f2")
        assert app.screen is app.queue
        assert "岗位" in status(app)
        app.queue.perform("queue.call_next")
        await settled(app, pilot)
        assert app.screen is app.queue


async def test_the_key_bar_is_for_the_mouse_too() -> None:
    async with in_hall() as (app, pilot):
        line, shown = next((y, each) for y, each in enumerate(text(app)) if each.lstrip().startswith("F1"))
        await pilot.click(offset=(cell_len(shown.partition("F2")[0]), line))
        await settled(app, pilot)
        await press(app, *"5", "enter")
        assert app.queue.called == ["5"]


async def test_the_right_panel_folds_under_tab_where_it_is_narrow() -> None:
    async with in_hall((80, 24)) as (app, pilot):
        assert not any("panel" in line for line in text(app))
        await press(app, "tab")
        await settled(app, pilot)
        assert any("panel" in line for line in text(app))
        assert not any("A000" in line for line in text(app))
        await press(app, "tab")
        await settled(app, pilot)
        assert any("A000" in line for line in text(app))
        await press(app, "down", "enter")
        assert app.queue.opened == ["A001"]
        await pilot.resize_terminal(100, 30)
        await settled(app, pilot)
        assert any("A000" in line and "panel" in line for line in [" ".join(text(app))])


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (20, 5)])
async def test_a_terminal_that_is_too_small_is_told_so(size: tuple[int, int]) -> None:
    async with in_hall(size) as (app, pilot):
        await settled(app, pilot)
        assert "终端太小" in "".join(text(app)).replace(" ", "")
        assert not any("A000" in line for line in text(app))
        await pilot.resize_terminal(80, 24)
        await settled(app, pilot)
        assert any("A000" in line for line in text(app))


async def test_digits_and_escape_change_screens() -> None:
    async with in_hall() as (app, _):
        await press(app, "2", "3", "escape", "f7")
        assert app.top_frame is app._of(2)
        await press(app, "escape", "f7")
        assert app.top_frame is app.queue
        assert app.queue.arrivals == [{}, {}]


async def test_lock_takes_everything_away_but_the_sign_on() -> None:
    async with in_hall() as (app, pilot):
        app.goto(2)
        await press(app, "f2", *"12")
        await press(app, "f12")
        await settled(app, pilot)
        assert app.top_frame is app._of(0)
        assert app.person is NOBODY
        assert app._frames.keys() == {0}
        await press(app, "1", "f2")
        assert app.top_frame is app._of(0)
        assert "登录" in status(app)
        app.person = CLERK
        await press(app, "2")
        assert isinstance(app.top_frame, Review)
        assert app._of(2).called == []


async def test_a_terminal_that_nobody_touches_locks_itself_where_that_is_set() -> None:
    async with in_hall(lock_after_minutes=5) as (app, pilot):
        app.clock.advance(4 * 60_000)
        await press(app, "down")
        app.clock.advance(5 * 60_000 - 1)
        app._tick()
        assert app.person is CLERK
        app.clock.advance(1)
        app._tick()
        await settled(app, pilot)
        assert app.person is NOBODY
        assert app.top_frame is app._of(0)


async def test_the_irreversible_asks_for_the_last_digits() -> None:
    async with in_hall() as (app, _):
        app.goto(3)
        issue = app._of(3)
        await press(app, "f9", *"036", "enter")
        assert issue.called == []
        await press(app, "backspace", *"7", "enter")
        assert issue.called == ["signed"]
        await press(app, "f9", "escape", "f7")
        assert issue.called == ["signed"]
        issue.tail = None
        await press(app, "f9")
        assert issue.called == ["signed", "signed"]


def test_what_the_code_line_means() -> None:
    assert parse("4") == Code(screen=4)
    assert parse(" 2  037 ") == Code(screen=2, text="037")
    assert parse("２　０３７") == Code(screen=2, text="037")
    assert parse("F9") == Code(key="f9")
    assert parse("f12") == Code(key="f12")
    assert parse("A037") == Code(text="A037")
    assert parse("9 037") == Code(screen=9, text="037")
    assert parse("22") == Code(text="22")
    assert parse("") == Code()


async def test_the_code_line_goes_finds_and_lists() -> None:
    asked: list[tuple[str, int | None]] = []

    async def find(query: str, screen: int | None) -> Sequence[Hit]:
        asked.append((query, screen))
        hits = [Hit("A037", 2, {"case_id": "1"}), Hit("B037", 2, {"case_id": "2"})]
        return {"037": hits, "A037": hits[:1]}.get(query, [])

    async with in_hall() as (app, pilot):
        app.resolver = find
        await press(app, "ctrl+g", *"3", "enter")
        assert app.top_frame is app._of(3)
        await press(app, "ctrl+g", *"2 037", "enter")
        await settled(app, pilot)
        assert any("2 B037" in line for line in text(app))
        await press(app, "2")
        assert app._of(2).arrivals == [{"case_id": "2"}]
        await press(app, "ctrl+g", *"A037", "enter")
        assert app._of(2).arrivals[-1] == {"case_id": "1"}
        await press(app, "1", "ctrl+g", *"nobody", "enter")
        await settled(app, pilot)
        assert any("没有找到 nobody" in line for line in text(app))
        await press(app, "escape", "ctrl+g", *"f2", "enter", *"66", "enter")
        assert app.queue.called == ["66"]
        assert asked == [("037", 2), ("A037", None), ("nobody", None)]


async def test_the_palette_finds_by_initials_words_and_keys() -> None:
    async with in_hall() as (app, pilot):
        await press(app, "ctrl+p", *"jxyh", "enter", *"7", "enter")
        assert app.queue.called == ["7"]
        await press(app, "ctrl+p", *"审查", "enter")
        await settled(app, pilot)
        assert app.top_frame is app._of(2) or app.queue.opened
        await press(app, "ctrl+p")
        assert isinstance(app.screen, Palette)


def test_whole_parts_rank_before_scattered_letters() -> None:
    assert score("sy", "sy") > score("sy", "xsyx") > score("sy", "sxxy") > 0
    assert score("zz", "abc") == 0
    assert score("", "abc") > 0


async def test_help_lists_every_action_and_why_not() -> None:
    async with in_hall((100, 40)) as (app, pilot):
        app.queue.why = {"queue.miss": "app.pending"}
        await press(app, "f1")
        await settled(app, pilot)
        shown = "\n".join(text(app))
        for words in ("叫下一号", "Esc 2", "现在不可用", "锁屏", "Ctrl+G"):
            assert words in shown
        await press(app, "f1")
        assert app.screen is app.queue


async def test_what_the_cursor_is_on_is_told_in_full_however_narrow_the_help() -> None:
    whole = say("app.code_line.help")
    async with in_hall((80, 24)) as (app, pilot):
        await press(app, "f1")
        for _ in range(30):
            await settled(app, pilot)
            shown = "\n".join(text(app))
            if whole in shown:
                break
            await press(app, "down")
        assert whole in shown
        assert len([line for line in text(app) if "Ctrl+G" in line and whole not in line]) == 1


async def test_a_notice_follows_to_every_screen() -> None:
    async with in_hall() as (app, pilot):
        app.notice("app.crashed_before", count=2)
        await settled(app, pilot)
        assert "2 份" in status(app)
        await press(app, "3")
        await settled(app, pilot)
        assert "2 份" in status(app)


async def test_other_keys_while_the_program_runs() -> None:
    async with in_hall() as (app, _):
        app.remap(Keymap({"queue.call_next": "ctrl+b", "app.lock": "ctrl+l"}))
        await press(app, "f2", "ctrl+b", *"8", "enter")
        assert app.queue.called == ["8"]
        await press(app, "f12")
        assert app.top_frame is app.queue
        await press(app, "ctrl+l")
        assert app.top_frame is app._of(0)


async def test_ctrl_c_says_how_to_quit_and_ctrl_q_quits() -> None:
    async with in_hall() as (app, _):
        await press(app, "ctrl+c")
        assert "Ctrl+Q" in status(app)
        send(app, "ctrl+q")
        while not app._exit:
            await asyncio.sleep(0)
        assert app.return_code == 0


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "colourblind"])
async def test_every_theme_paints_the_same_words(theme: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    async with in_hall((80, 24), small_hall(tmp_path, theme=theme)) as (app, pilot):
        await settled(app, pilot)
        assert any("> A000" in line for line in text(app))


async def test_a_hall_may_have_lines_of_box_signs() -> None:
    async with in_hall((100, 30)) as (app, pilot):
        app.settings = Settings(lines="box")
        app.queue.draw_lines("box")
        await settled(app, pilot)
        lines = text(app)
        assert lines[1] == "\u2500" * 100
        assert any("\u2502" in line for line in lines)
        await press(app, "f2")
        assert any("\u250c" in line for line in text(app))
