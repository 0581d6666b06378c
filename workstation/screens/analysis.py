"""Screen 8: ratings of a period by window, person, matter or site, or day by day. Nothing here writes.

period  answered of invited  satisfied (before)  bad (before)  defaults apart
group   …  a line each, those with most bad ratings first, a bar at its end
           Enter: the bad ones of a line, one by one ─▶ Enter: the way of its ticket
what bad ratings have in common
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from textual.app import ComposeResult

from workstation.locale import Phrase, say
from workstation.screens import analysis_lines as words
from workstation.screens import analysis_months, analysis_numbers, analysis_province
from workstation.screens.analysis_bad import BadOnes
from workstation.screens.frame import Frame
from workstation.services.analysis import LENGTHS, WEEK, AnalysisService, Period
from workstation.views.analysis import GROUPS, WINDOW, Analysis, Line
from workstation.widgets.dialog import Pick
from workstation.widgets.lines import Lines
from workstation.widgets.window_table import Column, WindowTable


class AnalysisScreen(Frame):
    """评价分析."""

    NUMBER: ClassVar[int] = 8
    COLUMNS = (
        Column("name", "analysis.col.name", 10, flexible=True, most=40, sortable=True),
        Column("invited", "analysis.col.invited", 6, align="right", priority=2),
        Column("rated", "analysis.col.rated", 6, align="right"),
        Column("participation", "analysis.col.participation", 7, align="right", priority=3),
        Column("satisfied", "analysis.col.satisfied", 7, align="right"),
        Column("satisfied_before", "analysis.col.satisfied_before", 7, align="right", priority=4),
        Column("bad", "analysis.col.bad", 5, align="right"),
        Column("bad_before", "analysis.col.bad_before", 6, align="right", priority=1),
        Column("bad_rate", "analysis.col.bad_rate", 7, align="right"),
        Column("bar", "analysis.col.bar", words.BAR_CELLS),
    )
    DEFAULT_CSS = """
    AnalysisScreen #head { height: 1; margin-bottom: 1; }
    AnalysisScreen #groups { height: 1fr; min-height: 4; }
    AnalysisScreen #alarms { max-height: 6; }
    AnalysisScreen.-narrow #head { margin-bottom: 0; }
    AnalysisScreen.-narrow #alarms { max-height: 4; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.period: Period | None = None
        self.group = WINDOW
        self.analysis: Analysis | None = None
        self._reading = False
        self._again = False

    @property
    def service(self) -> AnalysisService:
        """What it calls."""
        service: AnalysisService = self.hall.services.analysis
        return service

    # -- what is shown ------------------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """Figures, groups, alarms."""
        yield Lines([[]], id="head")
        yield WindowTable(self.COLUMNS, empty="analysis.none", id="groups")
        yield Lines(id="alarms")

    def help_notes(self) -> list[tuple[str, str]]:
        """指标口径: what each figure means."""
        return [(say(f"analysis.figure.{name}"), say(f"analysis.means.{name}")) for name in words.FIGURES]

    async def shown(self, **what: Any) -> None:
        """Somebody comes."""
        self.period = self.period or Period.around(WEEK, self.service.today)
        self.refresh_soon()

    def changed(self, tables: frozenset[str]) -> None:
        """Rows changed."""
        if tables & {"rating", "invite", "rectification", "*"}:
            self.refresh_soon()

    def refresh_soon(self) -> None:
        """Read in a thread; what changes meanwhile is read once more after it."""
        if self.hall.services is None or not self.query("#groups") or self.period is None:
            return
        if not self.service.scopes:
            self.analysis = None
            table = self.query_one("#groups", WindowTable)
            table.empty = "analysis.no_grant"
            table.show_rows([])
        elif self._reading:
            self._again = True
        else:
            self._reading = True
            self.run_worker(self._read(), group="analysis")

    async def _read(self) -> None:
        try:
            self._again = True
            while self._again and self.period is not None:
                self._again = False
                period, group, scopes = self.period, self.group, self.service.scopes
                found = await asyncio.to_thread(self.service.read, scopes, period, group)
                asked_still = (period, group) == (self.period, self.group)
                if found is not None and asked_still and self.query("#groups"):
                    self.analysis = found
                    self._show(found, period)
        finally:
            self._reading = False

    def _show(self, found: Analysis, period: Period) -> None:
        self.retitle(f"{say(f'analysis.group.{found.group}')} {say(f'analysis.length.{period.length}')}")
        self.query_one("#head", Lines).set_lines([words.head(found, period, self.size.width)])
        table = self.query_one("#groups", WindowTable)
        table.empty = "analysis.none"
        table.show_rows(words.rows(found))
        room = 4 if self.has_class("-narrow") else 6
        told = words.alarms(found, self.service.tag_words(), self.size.width, room)
        self.query_one("#alarms", Lines).set_lines(told)
        self.status("analysis.read_only", count=found.total.defaulted)
        self.show_keys()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why not."""
        if self.hall.services is None or not self.service.scopes:
            return "analysis.no_grant"
        if action_id == "analysis.after" and (
            self.period is None or self.period.next.first.isoformat() > self.service.today
        ):
            return "analysis.no_future"
        if action_id in ("analysis.open", "app.export") and self.analysis is None:
            return "overview.reading"
        return None

    async def do_group(self) -> None:
        """F3."""
        chosen = await self.ask(Pick(say("analysis.group"), [(name, say(f"analysis.group.{name}")) for name in GROUPS]))
        if chosen is not None:
            self.group = chosen
            self.refresh_soon()

    async def do_length(self) -> None:
        """F4."""
        options = [(name, say(f"analysis.length.{name}")) for name in LENGTHS]
        chosen = await self.ask(Pick(say("analysis.length"), options))
        if chosen is not None and self.period is not None:
            last = min(self.period.last.isoformat(), self.service.today)
            self.period = Period.around(chosen, last)
            self.refresh_soon()

    def do_refresh(self) -> None:
        """F5."""
        self.service.desk.engine.nudge()
        self.refresh_soon()

    def do_before(self) -> None:
        """F7."""
        if self.period is not None:
            self.period = self.period.previous
            self.refresh_soon()

    def do_after(self) -> None:
        """F8."""
        if self.period is not None:
            self.period = self.period.next
            self.refresh_soon()

    async def do_open(self) -> None:
        """Enter: the bad ratings of one group, and from each its ticket's way."""
        row = self.query_one("#groups", WindowTable).cursor_row
        if row is not None and self.analysis is not None:
            line: Line = row.data
            found = await asyncio.to_thread(self.service.bad_ones, line.key, self.analysis)
            tags = self.service.tag_words()
            rows = [words.bad_one(one, tags) for one in found]
            await self.ask(BadOnes(say("analysis.bad_ones", name=line.name), rows, self.service.way))

    async def do_more(self) -> None:
        """F10: what has no key of its own."""
        options = [(name, say(f"analysis.{name}")) for name in ("months", "province", "numbers")]
        chosen = await self.ask(Pick(say("analysis.more"), options))
        if chosen == "months":
            await analysis_months.look(self, self.hall.services.appraisal)
        if chosen == "province":
            await analysis_province.look(self, self.hall.services.province)
        if chosen == "numbers":
            await analysis_numbers.look(self, self.hall.services.numbers)

    async def do_export(self) -> None:
        """Ctrl+E."""
        if self.analysis is None or self.period is None:
            return
        options = [(kind, say(f"overview.export.{kind}")) for kind in ("csv", "xlsx")]
        kind = await self.ask(Pick(say("analysis.export"), options))
        if kind is not None:
            path = await asyncio.to_thread(self.service.export, self.analysis, self.period, kind)
            self.hint("overview.exported", tone="good", path=str(path))
