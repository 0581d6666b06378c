"""F10 of screen 6: what a wall shows beside the day, and what the browser shows – at any size, in a dialog each.

clocks near their end | who carries how much | the yardstick, and behind a figure its records | learned minutes |
today's appointments | every site with the age of its data
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from workstation.locale import say
from workstation.screens.frame import Frame
from workstation.screens.overview_lines import site_rows
from workstation.services.oversight import OversightService
from workstation.views import oversight_words as words
from workstation.views.overview import Overview
from workstation.views.worklist import short
from workstation.widgets.dialog import Pick
from workstation.widgets.rows import Row
from workstation.widgets.table_dialog import TableDialog
from workstation.widgets.window_table import Column

CLOCKS: Final = (
    Column("left", "serve.col.left", 15),
    Column("clock", "serve.col.clock", 8),
    Column("about", "serve.col.about", 13),
    Column("matter", "serve.col.matter", 12, flexible=True, priority=1),
    Column("who", "serve.col.who", 6),
)
LOADS: Final = (
    Column("staff", "serve.col.staff", 14, flexible=True),
    Column("window", "serve.col.window", 6),
    Column("done", "serve.col.done", 6, align="right"),
    Column("minutes", "serve.col.minutes", 7, align="right"),
    Column("cases", "serve.col.cases", 9, align="right"),
    Column("entries", "serve.col.entries", 6, align="right"),
)
MEASURES: Final = (
    Column("measure", "serve.col.measure", 20, flexible=True),
    Column("here", "serve.col.here", 9, align="right"),
    Column("reached", "serve.col.reached", 10),
    Column("district", "serve.col.district", 16, align="right"),
    Column("of", "serve.col.of", 8, align="right", priority=1),
)
LEARNED: Final = (
    Column("service", "overview.col.service", 16, flexible=True),
    Column("told", "overview.col.told", 8, align="right"),
    Column("minutes", "overview.col.learned", 8, align="right"),
    Column("error", "overview.col.error", 8, align="right"),
    Column("bias", "overview.col.bias", 8, align="right"),
    Column("seen", "overview.col.seen", 6, align="right"),
)

APPOINTMENTS: Final = (
    Column("time", "overview.col.half_hour", 8),
    Column("group", "overview.col.group", 8, flexible=True),
    Column("taken", "overview.col.taken", 8, align="right"),
    Column("came", "overview.col.came", 8, align="right"),
    Column("missed", "overview.col.not_come", 8, align="right"),
    Column("cancelled", "overview.col.cancelled", 8, align="right", priority=1),
)


SITES: Final = (
    Column("site", "overview.sheet.site", 14, flexible=True),
    Column("received", "overview.sheet.received", 6, align="right"),
    Column("done", "overview.sheet.done", 6, align="right"),
    Column("minutes", "overview.sheet.minutes", 6, align="right"),
    Column("waiting", "overview.sheet.waiting", 6, align="right"),
    Column("heard", "serve.heard", 9),
    Column("age", "serve.col.age", 9),
)


async def more(screen: Frame, service: OversightService, overview: Overview | None) -> None:
    """Ask which, and show it; Esc goes back to the question, and from there to the screen."""
    lists = ("clocks", "loads", "yardstick", "learned", "appointments", "sites")
    options = [(each, say(f"overview.more.{each}")) for each in lists]
    while (chosen := await screen.ask(Pick(say("overview.more"), options))) is not None:
        if chosen == "yardstick":
            await _yardstick(screen, service)
        elif chosen == "sites":
            rows = [] if overview is None else site_rows(overview)
            table = TableDialog(say("overview.more.sites"), SITES, rows, empty="overview.reading")
            await screen.ask(table)
        else:
            columns, rows, empty = await asyncio.to_thread(_table, service, chosen)
            await screen.ask(TableDialog(say(f"overview.more.{chosen}"), columns, rows, empty=empty))


Table = tuple[Sequence[Column], list[Row], str]


def _table(service: OversightService, chosen: str) -> Table:
    if chosen == "clocks":
        clocks = service.clocks()
        tones = ["bad" if each.left_ms < 0 else "" for each in clocks]
        told = [(left, kind, short(about), *rest) for left, kind, about, *rest in map(words.clock, clocks)]
        rows = [Row(n, cells, tone=tone) for n, (cells, tone) in enumerate(zip(told, tones, strict=True))]
        return CLOCKS, rows, "oversight.no_clocks"
    if chosen == "loads":
        rows = [Row(n, words.load(each)) for n, each in enumerate(service.loads())]
        return LOADS, rows, "oversight.no_loads"
    if chosen == "appointments":
        rows = [Row(n, words.half_hour(each)) for n, each in enumerate(service.appointments())]
        return APPOINTMENTS, rows, "oversight.no_records"
    rows = [Row(n, words.taught(each)) for n, (_, each) in enumerate(service.learned())]
    return LEARNED, rows, "oversight.no_records"


async def _yardstick(screen: Frame, service: OversightService) -> None:
    """Enter on a figure: the records that it is counted from."""
    measures = await asyncio.to_thread(service.measures)
    tone = {True: "good", False: "bad", None: ""}
    rows = [Row(each.name, words.measure(each), tone=tone[each.reached]) for each in measures]
    period = say("oversight.yardstick.period", **{name: service.period()[name] for name in ("first", "last")})
    title = f"{say('overview.more.yardstick')} {period}"
    while (row := await screen.ask(TableDialog(title, MEASURES, rows, empty="oversight.no_records"))) is not None:
        columns, records, empty = await asyncio.to_thread(_records, service, str(row.key))
        await screen.ask(TableDialog(row.cells[0], columns, records, empty=empty))


def _records(service: OversightService, name: str) -> Table:
    source = service.source(name)
    head: Sequence[str] = source.head
    wide = next((each for each in head if each in ("matter", "name")), head[0])
    columns = [Column(each, f"serve.col.{each}", 10, flexible=each == wide) for each in head]
    rows = [
        Row(n, tuple(words.cell(*pair) for pair in zip(head, row, strict=True))) for n, row in enumerate(source.rows)
    ]
    return columns, rows, "oversight.no_records"
