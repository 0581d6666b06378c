"""Screen 9: who did what, when, to which record, as it stands in the centre's log. Nothing here writes.

which day, scope, person, record  how much was read
what came of holding the lines against the chain
when  who  what  to which record  where          the first page is there at once, the others come meanwhile
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult

from sync.errors import HallError
from workstation.locale import Phrase, say
from workstation.screens.frame import Frame
from workstation.services.audit import FIRST_LINES, Asked, AuditService, Reading, of_record
from workstation.views import audit_words as words
from workstation.views.audit import Entry
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.lines import Lines
from workstation.widgets.rows import Row, View
from workstation.widgets.window_table import Column, WindowTable

ALL, TYPED = "", "typed"
NOBODY_HERE = ("citizen", "clock")


class AuditScreen(Frame):
    """审计."""

    NUMBER: ClassVar[int] = 9
    COLUMNS = (
        Column("at", "audit.col.at", 12),
        Column("who", "audit.col.who", 12),
        Column("what", "audit.col.what", 14),
        Column("record", "audit.col.record", 20, flexible=True, most=40),
        Column("scope", "audit.col.scope", 16, priority=1),
        Column("seq", "audit.col.seq", 7, align="right", priority=2),
    )
    DEFAULT_CSS = """
    AuditScreen #head { height: 1; }
    AuditScreen #chain { height: 1; margin-bottom: 1; }
    AuditScreen #lines { height: 1fr; min-height: 4; }
    AuditScreen.-narrow #chain { margin-bottom: 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: Asked | None = None
        self.reading: Reading | None = None
        self._came_from: list[tuple[Asked, Reading | None, int]] = []

    @property
    def service(self) -> AuditService:
        """What it calls."""
        service: AuditService = self.hall.services.audit
        return service

    # -- what is shown ------------------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """What is asked, what the chain says, the lines."""
        yield Lines([[]], id="head")
        yield Lines([[]], id="chain")
        yield WindowTable(self.COLUMNS, empty="audit.none", id="lines")

    def help_notes(self) -> list[tuple[str, str]]:
        """What the list is, and what it is not."""
        return [(say(f"audit.note.{name}"), say(f"audit.note.{name}.means")) for name in ("day", "late", "chain")]

    async def shown(self, **what: Any) -> None:
        """Somebody comes: today's log."""
        if self.hall.services is None or not self.service.may:
            self.query_one("#lines", WindowTable).empty = "audit.no_grant"
            self.query_one("#lines", WindowTable).show_rows([])
            return
        self.status("audit.read_only")
        if self.asked is None:
            self._ask_for(Asked(day=self.service.today))

    def _ask_for(self, asked: Asked) -> None:
        """Another list."""
        self.asked, self.reading = asked, None
        self._head()
        self._fill(asked)

    @work(group="audit", exclusive=True)
    async def _fill(self, asked: Asked) -> None:
        """The first page, then the others; until there are no more or something else is asked."""
        table = self.query_one("#lines", WindowTable)
        table.empty = "audit.reading"
        table.show_rows([])
        try:
            reading = await asyncio.to_thread(self.service.begin, asked)
            self.reading = reading
            source = Log(reading, self)
            lines = FIRST_LINES
            table.show(source)
            while not reading.done and self.reading is reading and self.is_attached:
                await asyncio.to_thread(reading.more, lines)
                lines = max(lines, min(lines * 4, 1000))
                table.reread()
                self._head()
            table.empty = "audit.none"
            table.refresh()
            self._head()
        except HallError as error:
            table.empty = error.code
            table.refresh()
            self.hint((error.code, error.params))
        self.show_keys()

    def _head(self) -> None:
        """What is asked, how much was read, and what the chain says of it."""
        asked, reading = self.asked, self.reading
        if asked is None or not self.query("#head"):
            return
        labels = self.service.labels
        parts = [asked.day or say("audit.all_days")]
        parts.append(words.scope(asked.scope, labels) if asked.scope else say("audit.all_scopes"))
        if asked.by:
            parts.append(words.person(asked.by, labels))
        if asked.record:
            first = reading.entries[0] if reading is not None and reading.entries else None
            parts = [say("audit.one_record", record=words.record(first, labels) if first else "..")]
        told = say("audit.reading")
        if reading is not None:
            count = len(reading.entries)
            told = say("audit.lines", count=count)
            if reading.full:
                told = say("audit.full", count=count)
            elif not reading.done:
                told = say("audit.so_far", count=count, looked=reading.looked_at, rows=reading.rows)
        self.query_one("#head", Lines).set_lines([[(" " + "  ".join(parts), "strong"), (f"   {told}", "")]])
        said, tone = words.verdict(reading.verdict, labels) if reading is not None else ("", "")
        self.query_one("#chain", Lines).set_lines([[(f" {said}", tone)]])

    # -- keys ---------------------------------------------------------------------------------------------------------

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why not."""
        if self.hall.services is None or not self.service.may:
            return "audit.no_grant"
        asked = self.asked
        if asked is not None and asked.record and action_id in ("audit.before", "audit.after", "audit.scope"):
            return "audit.esc_first"
        if action_id == "audit.after" and (asked is None or not asked.day or asked.day >= self.service.today):
            return "audit.no_future"
        if action_id == "audit.before" and (asked is None or not asked.day):
            return "audit.no_day"
        if action_id in ("audit.open", "app.export") and (self.reading is None or not self.reading.entries):
            return "audit.none"
        return None

    async def do_scope(self) -> None:
        """F3: one scope or all."""
        asked = self.asked
        if asked is None or self.reading is None:
            return
        labels = self.service.labels
        options = [(ALL, say("audit.all_scopes"))]
        options += [
            (
                each.scope,
                say("audit.scope_rows", scope=words.scope(each.scope, labels), rows=each.last - each.first + 1),
            )
            for each in sorted(self.reading.scopes, key=lambda each: each.scope)
            if each.last >= each.first
        ]
        chosen = await self.ask(Pick(say("audit.scope"), options))
        if chosen is not None:
            self._ask_for(replace(asked, scope=chosen))

    async def do_person(self) -> None:
        """F4: everybody, citizens, the clock, a number, or whoever did the line under the cursor."""
        asked = self.asked
        if asked is None:
            return
        labels = self.service.labels
        row = self.query_one("#lines", WindowTable).cursor_row
        options = [(ALL, say("audit.everybody")), *((by, words.person(by, labels)) for by in NOBODY_HERE)]
        options.append((TYPED, say("audit.by_number")))
        if row is not None and row.data.by not in NOBODY_HERE:
            options.append((row.data.by, words.person(row.data.by, labels)))
        chosen = await self.ask(Pick(say("audit.person"), options))
        if chosen == TYPED:
            typed = await self.ask(Ask(say("audit.person"), say("audit.which_number"), limit=20))
            chosen = typed.upper() if typed else None
        if chosen is not None:
            self._ask_for(replace(asked, by=chosen))

    def do_refresh(self) -> None:
        """F5."""
        if self.asked is not None:
            self._ask_for(self.asked)

    def do_before(self) -> None:
        """F7."""
        self._beside(-1)

    def do_after(self) -> None:
        """F8."""
        self._beside(1)

    def _beside(self, by: int) -> None:
        if self.asked is not None and self.asked.day:
            self._ask_for(replace(self.asked, day=self.service.beside(self.asked.day, by)))

    async def do_day(self) -> None:
        """F10: any day, or all of them."""
        asked = self.asked
        if asked is None:
            return
        shown = asked.day or self.service.today
        day = await self.ask(Ask(say("audit.day"), say("audit.which_day"), value=shown, limit=10, check=_is_day))
        if day is not None:
            self._ask_for(replace(asked, day=_day(day), record="", at=""))

    def do_open(self) -> None:
        """Enter: all that was ever done to this record."""
        table = self.query_one("#lines", WindowTable)
        if table.cursor_row is None or self.asked is None:
            return
        if not self.asked.record:
            self._came_from.append((self.asked, self.reading, table.cursor))
        self._ask_for(of_record(table.cursor_row.data))

    def do_back(self) -> bool:
        """Esc: from one record's history to the list it was met in, as it was."""
        if not self._came_from:
            return False
        self.asked, self.reading, cursor = self._came_from.pop()
        if self.reading is None or not self.reading.done:
            self._ask_for(self.asked)
            return True
        self.workers.cancel_group(self, "audit")
        table = self.query_one("#lines", WindowTable)
        table.show(Log(self.reading, self))
        table.move_to(self.reading.entries[cursor].key)
        self._head()
        self.show_keys()
        return True

    async def do_export(self) -> None:
        """Ctrl+E."""
        if self.reading is None or self.asked is None:
            return
        options = [(kind, say(f"overview.export.{kind}")) for kind in ("csv", "xlsx")]
        kind = await self.ask(Pick(say("audit.export"), options, [say("audit.export.masked")]))
        if kind is not None:
            path = await asyncio.to_thread(self.service.export, list(self.reading.entries), self.asked, kind)
            self.hint("overview.exported", tone="good", path=str(path))


def _day(said: str) -> str:
    """`2026-11-23`; empty for all days."""
    return "" if said in ("", "0") else said


def _is_day(said: str) -> Phrase | None:
    try:
        date.fromisoformat(_day(said) or "2026-01-01")
    except ValueError:
        return "audit.no_such_day"
    return None if len(_day(said)) in (0, 10) else "audit.no_such_day"


class Log:
    """The lines of one reading as rows, made into words only when they are shown; it grows at its end."""

    slow_to_count = False

    def __init__(self, reading: Reading, screen: AuditScreen) -> None:
        self.entries = reading.entries
        self._dated = not reading.asked.day
        self._labels = screen.service.labels
        self._now = screen.hall.clock.now

    def count(self, view: View) -> int:
        """How many so far."""
        return len(self.entries)

    def page(
        self, view: View, after: tuple[Any, ...] | None, limit: int, *, skip: int = 0, reverse: bool = False
    ) -> Sequence[Row]:
        """See RowSource; a place is an index, since nothing ever comes before what is there."""
        if reverse:
            end = (len(self.entries) if after is None else after[0]) - skip
            return [self._row(index) for index in range(end - 1, max(end - limit, 0) - 1, -1)]
        begin = (0 if after is None else after[0] + 1) + skip
        return [self._row(index) for index in range(begin, min(begin + limit, len(self.entries)))]

    def position(self, view: View, row: Row) -> int | None:
        """Where a line stands."""
        return next((index for index, each in enumerate(self.entries) if each.key == row.key), None)

    def _row(self, index: int) -> Row:
        each: Entry = self.entries[index]
        at = words.at(each, self._now(), dated=self._dated)
        cells = (at, *words.cells(each, self._labels), words.scope(each.scope, self._labels), str(each.seq))
        return Row(each.key, cells, (index,), tone="dim" if each.by == "clock" else "", data=each)
