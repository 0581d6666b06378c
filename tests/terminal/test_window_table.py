"""The windowed table on the screen."""

from __future__ import annotations

from hall import in_hall, press, settled, small_hall, text, tickets
from sqlite_rows import SqliteItems

from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable


async def test_the_cursor_moves_opens_and_marks() -> None:
    async with in_hall() as (app, _):
        table = app.queue.query_one(WindowTable)
        await press(app, "down", "down", "enter", "space", "space", "end", "enter", "pageup", "home", "enter")
        assert app.queue.opened == ["A002", "A039", "A000"]
        assert table.marked == {"A002", "A003"}
        assert any(line.startswith("*  A002") for line in text(app))
        assert any(line.startswith(" > A000") for line in text(app))


async def test_moving_the_cursor_paints_two_lines_and_a_changed_row_one() -> None:
    async with in_hall() as (app, pilot):
        table = app.queue.query_one(WindowTable)
        await settled(app, pilot)
        table.lines_painted = 0
        await press(app, "down")
        await settled(app, pilot)
        assert table.lines_painted == 2
        rows = tickets()
        rows[5] = Row("A005", ("A005", "变更", "1分", ""))
        table.lines_painted = 0
        table.show_rows(rows)
        await settled(app, pilot)
        assert table.lines_painted == 1
        assert any("A005 " in line and "变更 " in line for line in text(app))


async def test_rows_that_come_above_leave_the_cursor_on_its_row_and_the_row_on_its_line() -> None:
    async with in_hall() as (app, pilot):
        table = app.queue.query_one(WindowTable)
        await press(app, *["down"] * 30)
        line = next(index for index, each in enumerate(text(app)) if " > A030" in each)
        table.show_rows([Row(f"N{n}", (f"N{n}", "", "", "")) for n in range(3)] + tickets())
        await settled(app, pilot)
        assert table.cursor_row is not None
        assert table.cursor_row.key == "A030"
        assert " > A030" in text(app)[line]


async def test_a_hundred_thousand_rows_of_sqlite() -> None:
    source = SqliteItems(100_000)
    async with in_hall() as (app, pilot):
        table = app.queue.query_one(WindowTable)
        table.columns = [Column("number", "queue.title", 8), Column("due", "queue.filter", 8, flexible=True)]
        table.show(source)
        await press(app, "end", "enter", "home", "enter")
        last = source.page(table.view, None, 1, reverse=True)[0]
        first = source.page(table.view, None, 1)[0]
        assert app.queue.opened == [last.key, first.key]
        assert source.read < 1_000
        assert table.move_to("050000")
        await settled(app, pilot)
        assert any("> 050000" in line for line in text(app))


async def test_what_data_hold_cannot_steer_the_terminal_or_the_markup() -> None:
    async with in_hall() as (app, pilot):
        table = app.queue.query_one(WindowTable)
        table.show_rows([Row(1, ("[b]x[/]", "\x1b[2J\x1b]0;title\x07", "\u202eabc", "a\nb"))])
        await settled(app, pilot)
        shown = "\n".join(text(app))
        assert "[b]x[~" in shown or "[b]x[/" in shown
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert "\u202e" not in shown


async def test_sort_and_filter_keep_the_cursor_on_its_row() -> None:
    async with in_hall() as (app, pilot):
        table = app.queue.query_one(WindowTable)
        await press(app, "down", "down", "down")
        table.sort_by("number")
        table.sort_by("number")
        assert table.view.descending
        assert table.cursor_row is not None
        assert table.cursor_row.key == "A003"
        table.filter("A00")
        await settled(app, pilot)
        assert table.count == 10
        assert table.cursor_row.key == "A003"
        table.filter("nothing holds this")
        await settled(app, pilot)
        assert table.cursor_row is None
        assert any("没有记录" in line for line in text(app))
        await press(app, "enter", "space", "down", "end", "pageup")


async def test_the_mouse_moves_opens_and_sorts() -> None:
    async with in_hall() as (app, pilot):
        table = app.queue.query_one(WindowTable)
        await pilot.click(WindowTable, offset=(6, 4))
        await settled(app, pilot)
        assert table.cursor == 3
        await pilot.click(WindowTable, offset=(6, 4), times=2)
        await settled(app, pilot)
        assert app.queue.opened[-1] == "A003"
        await pilot.click(WindowTable, offset=(4, 0))
        await settled(app, pilot)
        assert table.view.sort == "number"


async def test_columns_go_by_priority_where_it_is_narrow(tmp_path) -> None:  # type: ignore[no-untyped-def]
    app = small_hall(tmp_path)
    async with in_hall((80, 24), app) as (app, pilot):
        table = app.queue.query_one(WindowTable)
        assert [column.name for column, _, _ in table._columns(80)] == ["number", "matter", "waited", "mark"]
        assert [column.name for column, _, _ in table._columns(36)] == ["number", "matter", "waited"]
        await settled(app, pilot)


def test_a_flexible_column_takes_what_is_left_up_to_its_most() -> None:
    columns = (
        Column("name", "queue.col.number", 8, flexible=True, most=30),
        Column("count", "queue.col.waited", 6, align="right"),
    )
    table = WindowTable(columns, empty="queue.nobody_waits")
    assert [[width for _, width, _ in table._columns(cells)] for cells in (24, 40, 160)] == [[14, 6], [30, 6], [30, 6]]
