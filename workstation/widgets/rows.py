"""Rows for the windowed table, read a page at a time by key-set paging.

    RowSource ──page(after, limit)──▶ PageCache ──row(index)──▶ WindowTable

A source is asked for the rows after a place in the order, forwards or backwards; it never has to count its way to an
offset unless somebody jumps (`skip`), and then only from the nearest place already known. So a list of 100,000 rows
opens as fast as one of 100.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

PAGE = 64
PAGES_KEPT = 16


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `cells` are texts in the columns' order, `place` its position in the source's order (sort values, then a
    unique key), `key` what it is known by, `tone` a tone of the whole row, `data` whatever the screen wants back."""

    key: Hashable
    cells: tuple[str, ...]
    place: tuple[Any, ...] = ()
    tone: str = ""
    data: Any = None


@dataclass(frozen=True, slots=True)
class View:
    """How the rows are wanted: sorted by a column's name (empty: the source's own order), filtered by a text that any
    cell holds, and narrowed to a subset that the source knows by name."""

    sort: str = ""
    descending: bool = False
    text: str = ""
    only: str = ""


class RowSource(Protocol):
    """Where rows come from. The calls must be quick (a few ms): each reads at most `limit` rows by an index; counting
    may take longer where it is `slow_to_count`, and then happens in a thread, after the paint."""

    slow_to_count: bool = False

    def count(self, view: View) -> int:
        """How many rows there are; asked after the first paint, and only when a page was not enough."""

    def page(
        self, view: View, after: tuple[Any, ...] | None, limit: int, *, skip: int = 0, reverse: bool = False
    ) -> Sequence[Row]:
        """At most `limit` rows that follow the place `after` (None: from the start), leaving out the first `skip`;
        with `reverse` those that precede it (None: from the end), nearest first."""

    def position(self, view: View, row: Row) -> int | None:
        """How many rows come before `row`; None where it is no longer there."""


class ListSource:
    """Rows of a list, for what is short: at most some hundreds."""

    slow_to_count = False

    def __init__(self, rows: Sequence[Row] = (), columns: Sequence[str] = ()) -> None:
        self.columns = list(columns)
        self.replace(rows)

    def replace(self, rows: Sequence[Row]) -> None:
        """Other rows from now on; the table shows them at its next `reread`."""
        self.rows = [Row(row.key, row.cells, (index,), row.tone, row.data) for index, row in enumerate(rows)]

    def _arranged(self, view: View) -> list[Row]:
        rows = [row for row in self.rows if view.text in "\n".join(row.cells)] if view.text else self.rows
        if view.sort in self.columns:
            column = self.columns.index(view.sort)
            rows = sorted(rows, key=lambda row: (row.cells[column], row.place), reverse=view.descending)
        return rows

    def count(self, view: View) -> int:
        """How many rows there are."""
        return len(self._arranged(view))

    def page(
        self, view: View, after: tuple[Any, ...] | None, limit: int, *, skip: int = 0, reverse: bool = False
    ) -> Sequence[Row]:
        """See RowSource."""
        rows = self._arranged(view)
        if reverse:
            rows = rows[::-1]
        begin = 0 if after is None else next((i + 1 for i, row in enumerate(rows) if row.place == after), len(rows))
        return rows[begin + skip : begin + skip + limit]

    def position(self, view: View, row: Row) -> int | None:
        """See RowSource."""
        return next((index for index, each in enumerate(self._arranged(view)) if each.key == row.key), None)


class PageCache:
    """Rows by their index, over a source read in pages."""

    def __init__(self, source: RowSource, view: View | None = None, page: int = PAGE) -> None:
        self.source = source
        self.view = view or View()
        self.size = page
        self.counted = False
        self.count = 0
        self.forget()

    def forget(self) -> None:
        """Everything may have changed: read anew."""
        self._pages: OrderedDict[int, list[Row]] = OrderedDict()
        self._ends: dict[int, tuple[tuple[Any, ...], tuple[Any, ...]]] = {}
        first = list(self.source.page(self.view, None, self.size))
        self._keep(0, first)
        if len(first) < self.size:
            self.count, self.counted = len(first), True
        elif self.counted and self.source.slow_to_count:
            self.count, self.counted = max(self.count, len(first)), False  # about as many as before, until counted
        elif self.counted:
            self.count = max(self.source.count(self.view), len(first))
        else:
            self.count = len(first)

    def count_now(self) -> int:
        """Ask the source how many rows there are, unless that is known."""
        if not self.counted:
            self.know(self.source.count(self.view))
        return self.count

    def know(self, count: int) -> None:
        """So many rows were counted."""
        self.count, self.counted = max(count, len(self._pages.get(0, ()))), True

    def arrange(self, view: View) -> None:
        """Another order or filter."""
        self.view = view
        self.counted, self.count = False, 0
        self.forget()

    def row(self, index: int) -> Row | None:
        """The row at `index`; None outside the list, or where rows went away since it was counted."""
        if not 0 <= index < self.count:
            return None
        number, offset = divmod(index, self.size)
        if number not in self._pages:
            self._keep(number, self._read(number))
        self._pages.move_to_end(number)
        page = self._pages[number]
        return page[offset] if offset < len(page) else None

    def _keep(self, number: int, rows: list[Row]) -> None:
        self._pages[number] = rows
        if rows:
            self._ends[number] = (rows[0].place, rows[-1].place)
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)

    def _read(self, number: int) -> list[Row]:
        """Page `number`, reached from the nearest place that is known: a page's end before it or beginning after it, or
        the end of the list."""
        start = number * self.size
        length = min(self.size, self.count - start)
        before = max((each for each in self._ends if each < number), default=None)
        beyond = min((each for each in self._ends if each > number), default=None)
        ways: list[tuple[int, tuple[Any, ...] | None, bool]] = [(start, None, False)]
        if before is not None:
            ways.append((start - (before + 1) * self.size, self._ends[before][1], False))
        if beyond is not None:
            ways.append((beyond * self.size - start - length, self._ends[beyond][0], True))
        if self.counted:
            ways.append((self.count - start - length, None, True))
        skip, after, reverse = min((way for way in ways if way[0] >= 0), key=lambda way: (way[0], way[2]))
        rows = list(self.source.page(self.view, after, length, skip=skip, reverse=reverse))
        return rows[::-1] if reverse else rows
