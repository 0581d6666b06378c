"""Screen 6: a hall's day. For the supervisor nothing here writes: the actions do not exist.

figures                           read in a thread, when rows have changed and every five seconds;
window  state  number  load ###   only changed lines are painted
what piles up, in words
work by hour, sites with the age of what has arrived from them
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.geometry import Size

from sync.rules.policy import POLICIES
from sync.rules.staffing import PLACE_MOST
from workstation.locale import Phrase, say
from workstation.screens import oversight
from workstation.screens import overview_lines as words
from workstation.screens.frame import Frame
from workstation.screens.overview_more import more
from workstation.services.overview import CSV, TRACE, XLSX, OverviewService
from workstation.views.overview import Overview, WindowLoad
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.lines import Lines
from workstation.widgets.table_dialog import TableDialog
from workstation.widgets.window_table import Column, WindowTable
from workstation.window_words import window_words

REFRESH_S = 5.0
WALL = 170
"""So many columns have room for the second half."""
ALL, BUSY, IDLE = "all", "busy", "idle"
DETAIL = (
    Column("from", "overview.detail.from", 8),
    Column("to", "overview.detail.to", 8),
    Column("number", "overview.col.number", 7),
    Column("matter", "overview.detail.matter", 12, flexible=True),
    Column("minutes", "overview.detail.minutes", 6, align="right"),
    Column("how", "overview.detail.how", 8),
    Column("staff", "overview.detail.staff", 6, priority=1),
)
"""A window's stretches of service."""


class OverviewScreen(Frame):
    """主管大屏."""

    NUMBER: ClassVar[int] = 6
    SIDE_WIDTH: ClassVar[int] = 74
    COLUMNS = (
        Column("window", "overview.col.window", 5, sortable=True),
        Column("site", "overview.col.site", 8, flexible=True, most=30, priority=2),
        Column("state", "overview.col.state", 12, sortable=True),
        Column("number", "overview.col.number", 7, sortable=True),
        Column("done", "overview.col.done", 5, align="right", sortable=True),
        Column("minutes", "overview.col.minutes", 6, align="right", sortable=True),
        Column("load", "overview.col.load", 26),
    )
    DEFAULT_CSS = """
    OverviewScreen #head { height: 1; margin-bottom: 1; }
    OverviewScreen #windows { height: 1fr; min-height: 4; }
    OverviewScreen #hints { max-height: 5; }
    OverviewScreen #hours { max-height: 3; }
    OverviewScreen #sites { max-height: 4; }
    OverviewScreen.-narrow #head { margin-bottom: 0; }
    OverviewScreen.-narrow #hints { max-height: 4; }
    OverviewScreen.-narrow #hours { max-height: 2; }
    OverviewScreen.-narrow #sites { max-height: 3; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.day = ""
        self.only = ALL
        self.overview: Overview | None = None
        self._reading = False
        self._again = False

    @property
    def service(self) -> OverviewService:
        """What it calls."""
        service: OverviewService = self.hall.services.overview
        return service

    # -- what is shown ------------------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """Figures, windows, hints, hours, sites."""
        yield Lines([[]], id="head")
        yield WindowTable(self.COLUMNS, empty="overview.no_windows", id="windows")
        yield Lines(id="hints")
        yield Lines(id="hours")
        yield Lines(id="sites")

    def compose_side(self) -> ComposeResult:
        """What presses, on a wall; elsewhere it is in the browser."""
        yield Lines(id="pressure")

    def _arrange(self, size: Size) -> None:
        super()._arrange(size)
        for panel in self.query("#side"):
            panel.display = size.width >= WALL
        if self.overview is not None:
            self.refresh_soon()

    def help_notes(self) -> list[tuple[str, str]]:
        """指标口径: what each figure means."""
        return [(say(f"overview.figure.{name}"), say(f"overview.means.{name}")) for name in words.FIGURES]

    def on_mount(self) -> None:
        """A slow look of one's own, for what changes with time alone."""
        super().on_mount()
        self.set_interval(REFRESH_S, self._look)

    def _look(self) -> None:
        if self.is_current:
            self.refresh_soon()

    async def shown(self, **what: Any) -> None:
        """Somebody comes."""
        self.day = self.service.today
        self.only = ALL
        self.refresh_soon()

    def changed(self, tables: frozenset[str]) -> None:
        """Rows changed."""
        self.refresh_soon()

    def refresh_soon(self) -> None:
        """Read in a thread; what changes meanwhile is read once more after it."""
        if self.hall.services is None or not self.query("#windows"):
            return
        if not self.service.reach.queue:
            self._nothing_for_you()
        elif self._reading:
            self._again = True
        else:
            self._reading = True
            self.run_worker(self._read(), group="overview")

    async def _read(self) -> None:
        try:
            self._again = True
            while self._again:
                self._again = False
                reach, day = self.service.reach, self.day
                found = await asyncio.to_thread(self.service.read, reach, day)
                await self._read_side()
                if found is not None and day == self.day and reach == self.service.reach and self.query("#windows"):
                    self.overview = found
                    self._show(found)
        finally:
            self._reading = False

    async def _read_side(self) -> None:
        """What presses, where there is room for it; at today's hour, whatever day is shown."""
        if self.size.width < WALL:
            return
        service = self.hall.services.oversight
        clocks, loads = await asyncio.to_thread(service.clocks), await asyncio.to_thread(service.loads)
        for side in self.query("#pressure").results(Lines):
            side.set_lines(oversight.panel(clocks, loads, self.SIDE_WIDTH - 3, self.size.height - 4))

    def _nothing_for_you(self) -> None:
        self.overview = None
        table = self.query_one("#windows", WindowTable)
        table.empty = "overview.no_grant"
        table.show_rows([])
        for name in ("#head", "#hints", "#hours", "#sites", "#pressure"):
            self.query_one(name, Lines).set_lines([[]])
        self.status()

    def _show(self, overview: Overview) -> None:
        now, wall = self.hall.clock.now(), self.size.width >= WALL
        cells = self.size.width - (self.SIDE_WIDTH if wall else 0)
        only = say("overview.read_only") if self.hall.person.read_only else ""
        self.retitle(" ".join(filter(None, (only, "" if overview.period.live else overview.period.day))))
        self.query_one("#head", Lines).set_lines([words.head(overview, cells)])
        table = self.query_one("#windows", WindowTable)
        table.empty = "overview.no_windows"
        table.show_rows([words.row(each) for each in overview.windows if self._wanted(each)])
        narrow = self.has_class("-narrow")
        self.query_one("#hints", Lines).set_lines(words.hints(overview, cells, 3 if narrow else 4))
        self.query_one("#hours", Lines).set_lines(words.hours(overview, cells, 2 if narrow else 3))
        self.query_one("#sites", Lines).set_lines(words.sites(overview, cells, now, 3 if narrow else 4))
        self.status(("overview.as_of", words.as_of(self.service.seen_at, int(REFRESH_S))))
        self.show_keys()

    def _wanted(self, window: WindowLoad) -> bool:
        if self.only == BUSY:
            return window.state in ("serving", "called")
        if self.only == IDLE:
            return window.state not in ("serving", "called")
        return self.only in (ALL, window.site)

    # -- keys ---------------------------------------------------------------------------------------------------------

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why not."""
        if self.hall.services is None or not self.service.reach.queue:
            return "overview.no_grant"
        if action_id == "overview.day_after" and self.day >= self.service.today:
            return "overview.no_tomorrow"
        if action_id in ("overview.open", "app.export") and self.overview is None:
            return "overview.reading"
        if action_id == "overview.place" and self.query_one("#windows", WindowTable).cursor_row is None:
            return "overview.no_windows"
        if action_id == "overview.apply" and not (self.overview and (self.overview.proposals or self.overview.wanted)):
            return "overview.nothing_to_apply"
        return None

    async def do_filter(self) -> None:
        """F3."""
        sites = self.overview.sites if self.overview is not None else ()
        options = [(each, say(f"overview.filter.{each}")) for each in (ALL, BUSY, IDLE)]
        options += [(site.id, site.name) for site in sites]
        chosen = await self.ask(Pick(say("overview.filter"), options))
        if chosen is not None:
            self.only = chosen
            self.refresh_soon()

    def do_refresh(self) -> None:
        """F5."""
        self.service.desk.engine.nudge()
        self.refresh_soon()

    def do_day_before(self) -> None:
        """F7."""
        self.day = self.service.beside(self.day, -1)
        self.refresh_soon()

    def do_day_after(self) -> None:
        """F8."""
        self.day = self.service.beside(self.day, 1)
        self.refresh_soon()

    async def do_apply(self) -> None:
        """F9, the duty manager: what is proposed, and taking back what was asked for."""
        if self.overview is None:
            return
        proposals, asked = self.overview.proposals, self.overview.wanted
        options = [(each.window, words.proposed(each)) for each in proposals]
        options += [(each.id, say("overview.withdraw", request=words.wanted(each))) for each in asked]
        chosen = await self.ask(Pick(say("overview.apply"), options))
        for proposal in (each for each in proposals if each.window == chosen):
            await self.service.apply(proposal)
            done, skills = f"overview.applied.{proposal.kind}", " ".join(proposal.skills)
            self.hint(done, tone="good", window=window_words(proposal.label), skills=skills, matter=proposal.matter)
        for request in (each for each in asked if each.id == chosen):
            await self.service.withdraw(request)
            self.hint("overview.withdrawn", tone="good", window=window_words(request.label))
        self.refresh_soon()

    async def do_policy(self) -> None:
        """F4, the duty manager: how the hall's windows call from now on."""
        present = self.service.policy
        options = [(name, say(f"overview.policy.{name}")) for name in POLICIES]
        now = say("overview.policy.now", policy=say(f"overview.policy.{present}"))
        chosen = await self.ask(Pick(now, options))
        if chosen is not None and chosen != present:
            await self.service.set_policy(chosen)
            self.hint("overview.policy.set", tone="good", policy=say(f"overview.policy.{chosen}"))
            self.refresh_soon()

    async def do_place(self) -> None:
        """F6, the duty manager: where citizens find the window under the cursor."""
        row = self.query_one("#windows", WindowTable).cursor_row
        if row is None:
            return
        window: WindowLoad = row.data
        title, now = say("overview.place.of", window=window_words(window.label)), self.service.place(window.id)
        said = await self.ask(Ask(title, say("overview.place.ask"), value=now, limit=PLACE_MOST))
        if said is not None and said.strip() != now:
            await self.service.set_place(window.id, said)
            told = "overview.place.set" if said.strip() else "overview.place.gone"
            self.hint(told, tone="good", window=window_words(window.label), place=said.strip())
            self.refresh_soon()

    async def do_open(self) -> None:
        """Enter: one window's day."""
        row = self.query_one("#windows", WindowTable).cursor_row
        if row is not None:
            window: WindowLoad = row.data
            found = await asyncio.to_thread(self.service.segments, window.id, self.day)
            takes = " ".join(self.service.takes(window.id)) or say("overview.detail.all")
            label = f"{window.label} ({place})" if (place := self.service.place(window.id)) else window.label
            title = say("overview.detail", site=window.site_name, window=label, day=self.day, takes=takes)
            rows = [words.segment(each, self.hall.clock.now()) for each in found]
            await self.ask(TableDialog(title, DETAIL, rows, empty="overview.detail.none"))

    async def do_more(self) -> None:
        """F10: clocks, loads, the yardstick, learned minutes."""
        await more(self, self.hall.services.oversight, self.overview)

    async def do_export(self) -> None:
        """Ctrl+E."""
        if self.overview is None:
            return
        options = [(kind, say(f"overview.export.{kind}")) for kind in (CSV, XLSX, TRACE)]
        kind = await self.ask(Pick(say("overview.export"), options))
        if kind == TRACE:
            path = await asyncio.to_thread(self.service.export_trace, self.service.reach, self.day)
        elif kind is not None:
            path = await asyncio.to_thread(self.service.export, self.overview, kind)
        if kind is not None and path is None:
            self.hint("overview.no_trace")
        elif kind is not None:
            self.hint("overview.exported", tone="good", path=str(path))
