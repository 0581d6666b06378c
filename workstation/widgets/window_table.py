"""The windowed table: shows the rows that are on the screen and knows no others.

    header line                                               keys   up down pgup pgdn home end: cursor
     > A037  企业变更登记   18分                                    Space: mark   Enter: Opened
    *  A038  个体户设立     16分                             mouse  click: cursor, twice: Opened, header: sort
    PageCache -- RowSource (key-set paging)

Only changed lines are repainted: moving the cursor paints two, `reread` those whose row is another. `reread` keeps
the cursor on its row and that row on its line, wherever rows came or went above it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events, work
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workstation.cells import Align, columns, pad
from workstation.locale import say
from workstation.widgets.lines import Toned
from workstation.widgets.rows import ListSource, PageCache, Row, RowSource, View

LEAD = 3
GAP = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `label` is a catalogue key, `width` cells (of a flexible column the least it needs), `priority`
    says which go first where the screen is narrow – the highest; 0 never goes; it may grow to `most`: a flexible one
    (0: all there is) so that the eye finds the rest of its line on a wall, another where the flexible one is roomy."""

    name: str
    label: str
    width: int
    align: Align = "left"
    flexible: bool = False
    priority: int = 0
    sortable: bool = False
    most: int = 0


class WindowTable(Toned, ScrollView, can_focus=True):
    """A table over a `RowSource`."""

    DEFAULT_CSS = """
    WindowTable {
        height: 1fr; width: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        background: $background;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("pageup", "leaf(-1)", show=False),
        Binding("pagedown", "leaf(1)", show=False),
        Binding("home", "edge(-1)", show=False),
        Binding("end", "edge(1)", show=False),
        Binding("enter", "open", show=False),
        Binding("space", "mark", show=False),
    ]

    class Opened(Message):
        """Enter or a double click on a row."""

        def __init__(self, table: WindowTable, row: Row) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> WindowTable:
            """The table."""
            return self.table

    class Moved(Opened):
        """The cursor is on another row."""

    class Counted(Message):
        """How many rows there are is known now (`table.count`); sent after each `show`, `view_as` and `reread`."""

        def __init__(self, table: WindowTable) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> WindowTable:
            """The table."""
            return self.table

    class Marked(Opened):
        """A row was marked or unmarked; `table.marked` holds the keys."""

    def __init__(
        self,
        columns: Sequence[Column],
        source: RowSource | None = None,
        *,
        empty: str = "app.empty_list",
        marks: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = list(columns)
        self.empty = empty
        self.marks = marks
        self.marked: set[Hashable] = set()
        self.cursor = 0
        self.lines_painted = 0
        self.cache = PageCache(source or ListSource((), [column.name for column in self.columns]))
        self._fit()

    # -- what it shows ------------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """Order and filter."""
        return self.cache.view

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, None in an empty list."""
        return self.cache.row(self.cursor)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.cache.count

    def show(self, source: RowSource, view: View | None = None) -> None:
        """Show other rows, from their beginning."""
        self.cache = PageCache(source, view or View())
        self.cursor = 0
        self.marked.clear()
        self._fit()
        self.scroll_to(y=0, animate=False)
        self.refresh()
        self._announce()
        self._count_later()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show a short list; the cursor stays on its row where that is still there."""
        source = self.cache.source
        if isinstance(source, ListSource):
            source.replace(rows)
            self.reread()
        else:
            self.show(ListSource(rows, [column.name for column in self.columns]))

    def reread(self) -> None:
        """The data may have changed: repaint the lines whose row is another."""
        before = self._visible()
        held, top = self.cursor_row, int(self.scroll_offset.y)
        self.cache.forget()
        if held is not None and (now := self.cache.row(self.cursor)) != held and (now is None or now.key != held.key):
            position = self.cache.source.position(self.view, held)
            if position is not None:
                if position >= self.cache.count:
                    self.cache.count_now()
                top += position - self.cursor
                self.cursor = position
        self.cursor = min(self.cursor, max(self.cache.count - 1, 0))
        self._fit()
        top = max(min(top, self.cache.count - self._page_lines()), 0)
        if top != int(self.scroll_offset.y):
            self.scroll_to(y=top, animate=False)
        for y, (old, new) in enumerate(zip(before, self._visible(), strict=False)):
            if old != new:
                self.refresh(Region(0, y + 1, self.size.width, 1))
        row = self.cursor_row
        if row != held:
            self._announce()
        self._count_later()

    def view_as(self, view: View) -> None:
        """Another order or filter; the cursor stays on its row where that is still in the list."""
        held = self.cursor_row
        self.cache.arrange(view)
        position = self.cache.source.position(view, held) if held is not None else None
        if position is not None and position >= self.cache.count:
            self.cache.count_now()
        self.cursor = position or 0
        self._fit()
        self._into_view()
        self.refresh()
        self._announce()
        self._count_later()

    def sort_by(self, name: str) -> None:
        """Sort by a column; a second time the other way round."""
        descending = self.view.sort == name and not self.view.descending
        self.view_as(replace(self.view, sort=name, descending=descending))

    def filter(self, text: str) -> None:
        """Show only rows that hold `text`; empty shows all."""
        self.view_as(replace(self.view, text=text))

    def move_to(self, key: Hashable) -> bool:
        """Put the cursor on the row with this key, if it is among the rows read so far or the source finds it."""
        position = self.cache.source.position(self.view, Row(key, ()))
        if position is None:
            return False
        if position >= self.cache.count:
            self.cache.count_now()
        self._go(position)
        return True

    # -- keys and mouse -----------------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Cursor up or down."""
        self._go(self.cursor + by)

    def action_leaf(self, by: int) -> None:
        """A screenful up or down."""
        self._go(self.cursor + by * max(self._page_lines() - 1, 1))

    def action_edge(self, way: int) -> None:
        """To the first or the last row."""
        self._go(0 if way < 0 else self.cache.count_now() - 1)

    def action_open(self) -> None:
        """Enter; in an empty list it is the screen's."""
        if (row := self.cursor_row) is None:
            raise SkipAction
        self.post_message(self.Opened(self, row))

    def action_mark(self) -> None:
        """Space: mark the row and go on to the next one."""
        row = self.cursor_row
        if row is None or not self.marks:
            return
        self.marked ^= {row.key}
        self._paint(self.cursor)
        self.post_message(self.Marked(self, row))
        self._go(self.cursor + 1)

    def on_click(self, event: events.Click) -> None:
        """Cursor to the line, twice opens it; the header sorts."""
        event.stop()
        if event.y == 0:
            if (name := self._column_at(event.x)) is not None:
                self.sort_by(name)
            return
        index = int(self.scroll_offset.y) + event.y - 1
        if index < self.cache.count:
            self._go(index)
            if event.chain == 2:
                self.action_open()

    # -- drawing ------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Count after the first paint."""
        self._count_later()

    def on_resize(self) -> None:
        """The window's size changed: keep the cursor in it."""
        self._fit()
        self._into_view()

    def watch_has_focus(self, _focus: bool) -> None:
        """The cursor's line shows whether keys come here."""
        super().watch_has_focus(_focus)
        self._paint(self.cursor)

    def _count_later(self) -> None:
        """Count after the paint, where a page was not enough to know; a slow source in a thread."""
        if not self.is_attached:
            return
        if self.cache.counted:
            self.post_message(self.Counted(self))
        else:
            self.call_after_refresh(self._count)

    def _count(self) -> None:
        if self.cache.source.slow_to_count and not self.cache.counted:
            self._count_apart(self.cache, self.view)
            return
        self.cache.count_now()
        self._fit()
        self.post_message(self.Counted(self))

    @work(group="count", exclusive=True)
    async def _count_apart(self, cache: PageCache, view: View) -> None:
        count = await asyncio.to_thread(cache.source.count, view)
        if cache is not self.cache or view != self.view or not self.is_attached:
            return
        if not cache.counted:
            cache.know(count)
            self._fit()
            if self.cursor >= cache.count:
                self._go(cache.count - 1)
        self.post_message(self.Counted(self))

    def render_line(self, y: int) -> Strip:
        """The header, or one row."""
        self.lines_painted += 1
        cells = self.scrollable_content_region.width
        shown = self._columns(cells)
        if y == 0:
            heads = [self._head(column) for column, _, _ in shown]
            texts = [pad(head, w, column.align) for head, (column, w, _) in zip(heads, shown, strict=True)]
            return self.strip([(" " * LEAD + (" " * GAP).join(texts), "dim")], cells)
        index = int(self.scroll_offset.y) + y - 1
        row = self.cache.row(index)
        if row is None:
            words = say(self.empty) if y == 1 and not self.cache.count else ""
            return self.strip([(" " * LEAD + words, "dim")], cells)
        here = index == self.cursor
        lead = ("*" if row.key in self.marked else " ") + (">" if here else " ") + " "
        texts = [pad(row.cells[place] if place < len(row.cells) else "", w, c.align) for c, w, place in shown]
        return self.strip(
            [(lead + (" " * GAP).join(texts), "" if here and self.has_focus else row.tone)],
            cells,
            under="cursor" if here and self.has_focus else "",
        )

    def _head(self, column: Column) -> str:
        words = say(column.label)
        if column.name == self.view.sort:
            words += "-" if self.view.descending else "+"
        return words

    def _columns(self, cells: int) -> list[tuple[Column, int, int]]:
        """The columns that fit into `cells`, each with its width and its place in the rows."""
        shown = [(column, place) for place, column in enumerate(self.columns)]
        while len(shown) > 1 and LEAD + sum(c.width for c, _ in shown) + GAP * (len(shown) - 1) > cells:
            least = max(shown, key=lambda each: (each[0].priority, each[1]))
            if not least[0].priority:
                break
            shown.remove(least)
        flexible = next((index for index, (column, _) in enumerate(shown) if column.flexible), None)
        most = [column.most for column, _ in shown]
        widths = columns([column.width for column, _ in shown], cells - LEAD, flexible, GAP, most)
        return [(column, w, place) for (column, place), w in zip(shown, widths, strict=True)]

    def _column_at(self, x: int) -> str | None:
        begin = LEAD
        for column, cells, _ in self._columns(self.scrollable_content_region.width):
            if begin <= x < begin + cells + GAP:
                return column.name if column.sortable else None
            begin += cells + GAP
        return None

    def _page_lines(self) -> int:
        return max(self.size.height - 1, 1)

    def _visible(self) -> list[tuple[Row | None, bool]]:
        top = int(self.scroll_offset.y)
        return [(self.cache.row(top + y), top + y == self.cursor) for y in range(self._page_lines())]

    def _fit(self) -> None:
        self.virtual_size = Size(self.size.width, self.cache.count + 1)

    def _into_view(self) -> None:
        top, lines = int(self.scroll_offset.y), self._page_lines()
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + lines:
            self.scroll_to(y=self.cursor - lines + 1, animate=False)

    def _go(self, index: int) -> None:
        if index >= self.cache.count:
            self.cache.count_now()
            self._fit()
        index = max(min(index, self.cache.count - 1), 0)
        if index == self.cursor:
            return
        self._paint(self.cursor)
        self.cursor = index
        self._into_view()
        self._paint(self.cursor)
        self._announce()

    def _paint(self, index: int) -> None:
        y = index - int(self.scroll_offset.y) + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _announce(self) -> None:
        if self.is_attached and (row := self.cursor_row) is not None:
            self.post_message(self.Moved(self, row))
