"""The list of cases of screen 2: a title with the count, and a table that reads a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical

from workstation.locale import say
from workstation.views.worklist import Wanted, WorkRow, short
from workstation.widgets.lines import Lines
from workstation.widgets.rows import Row, RowSource, View
from workstation.widgets.window_table import Column, WindowTable

if TYPE_CHECKING:
    from workstation.services.review import ReviewService

COLUMNS = (
    Column("number", "review.col.number", 14),
    Column("matter", "review.col.matter", 16, flexible=True),
    Column("applicant", "review.col.applicant", 18, most=32),
    Column("state", "review.col.state", 10),
    Column("due", "review.col.due", 10),
    Column("owner", "review.col.owner", 6, priority=2),
    Column("mark", "review.col.mark", 8, priority=1),
)


class WorkSource(RowSource):
    """Cases for the table, a page at a time."""

    slow_to_count = True

    def __init__(self, service: ReviewService, wanted: Wanted) -> None:
        self.service = service
        self.wanted = wanted

    def count(self, view: View) -> int:
        """See RowSource."""
        return self.service.count(self.wanted)

    def page(
        self, view: View, after: tuple[Any, ...] | None, limit: int, *, skip: int = 0, reverse: bool = False
    ) -> Sequence[Row]:
        """See RowSource."""
        rows = self.service.page(self.wanted, after, limit, skip=skip, reverse=reverse)
        return [self.row_of(row) for row in rows]

    def position(self, view: View, row: Row) -> int | None:
        """See RowSource."""
        return self.service.position(self.wanted, str(row.key))

    def row_of(self, row: WorkRow) -> Row:
        """A case as the table shows it."""
        words, tone = self.service.due(row)
        mark = "review.mark.clash" if row.clash else "review.mark.right" if row.right else ""
        mine = row.owner == self.service.desk.me.staff
        cells = (
            short(row.number) or say("review.no_number"),
            row.matter,
            row.applicant,
            say(f"review.state.{row.state}"),
            say(words),
            say("review.mine") if mine else row.owner,
            say(mark) if mark else "",
        )
        return Row(row.id, cells, row.place, tone if tone in ("bad", "warn") else "", row)


class WorkList(Vertical):
    """Title and table."""

    DEFAULT_CSS = """
    WorkList { height: 1fr; }
    WorkList #work-title { margin: 0 1 1 1; }
    """

    def compose(self) -> ComposeResult:
        """Title and table."""
        yield Lines([[]], id="work-title")
        yield WindowTable(COLUMNS, empty="review.nothing_to_do", marks=True, id="work")

    more = ""

    def tell(self, more: str) -> None:
        """What the title adds to the count."""
        self.more = more
        self._title()

    @property
    def table(self) -> WindowTable:
        """The table."""
        return self.query_one("#work", WindowTable)

    def show(self, service: ReviewService, wanted: Wanted) -> None:
        """Another list, from its beginning."""
        self.table.empty = "review.nothing_found" if wanted.only == "found" else "review.nothing_to_do"
        self.table.show(WorkSource(service, wanted))
        self._title()  # without the count where a page was not enough for it

    def reread(self) -> bool:
        """The same list again; False where none has been shown."""
        if not isinstance(self.table.cache.source, WorkSource):
            return False
        self.table.reread()
        return True

    def on_window_table_counted(self, event: WindowTable.Counted) -> None:
        """The count is known."""
        event.stop()
        self._title()

    def _title(self) -> None:
        cache = self.table.cache
        if not isinstance(cache.source, WorkSource):
            return
        wanted = cache.source.wanted
        count = str(cache.count) if cache.counted else f"{cache.count}+"
        words = say(f"review.list.{wanted.only}", count=count, text=wanted.text)
        more = (say("review.receive_here") if wanted.only == "mine" else "") + self.more
        self.query_one("#work-title", Lines).set_lines([[(words, "title"), (more, "dim")]])
