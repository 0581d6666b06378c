"""The supervisor's view of a day. Reads through the copy's `query_only` connections and writes nothing of its own.

reach ─▶ the scopes of the reader's grants      on the screen's thread
read(reach, day) ─▶ Overview                    in a thread of its own: sums over a day, and what would help now
apply(proposal) ─▶ window.assign | window.ask   the duty manager alone; who is asked for a window sees it on any screen
export(overview, kind) ─▶ a file in the exports folder
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sync import trace
from sync.calendar import day_of, end_of_day_ms, start_of_day_ms
from sync.errors import TransportError
from sync.protocol.identifiers import scope_of
from sync.protocol.messages import Contacts
from sync.protocol.verbs.staff import AssignWindow, PlaceWindow, PutSetting
from sync.protocol.verbs.ticket import AskWindow, WithdrawRequest
from sync.replica import driver
from sync.rules import policy
from workstation import spreadsheet
from workstation.hours import hhmmss
from workstation.locale import say
from workstation.services.desk import Desk
from workstation.spreadsheet import Sheet
from workstation.views import learned, requests, staffing
from workstation.views import overview as view
from workstation.views.overview import Overview, Period, Reach, Segment
from workstation.views.requests import Wanted
from workstation.views.staffing import Proposal

READERS = ("supervisor", "duty")
CSV, XLSX, TRACE = "csv", "xlsx", "trace"
CONTACTS_SECONDS = 5.0


class OverviewService:
    """What screen 6 calls."""

    def __init__(self, desk: Desk, exports: Path) -> None:
        self.desk = desk
        self.exports = exports

    @property
    def reach(self) -> Reach:
        """What the person may read; no queue at all for everybody but supervisors and duty managers."""
        person = self.desk.person
        if person is None:
            return Reach()
        scopes = {name: tuple(person.scopes(name, *READERS)) for name in ("queue", "rating", "callback", "case")}
        return Reach(**scopes)

    @property
    def today(self) -> str:
        """The hall's day."""
        return day_of(self.desk.clock.now())

    @property
    def seen_at(self) -> int:
        """When the copy was last level with the centre (ms); 0: never."""
        return self.desk.engine.status.last_success_at

    def beside(self, day: str, by: int) -> str:
        """The day so many days later."""
        return (date.fromisoformat(day) + timedelta(days=by)).isoformat()

    def period(self, day: str) -> Period:
        """A day as it is judged now."""
        now = self.desk.clock.now()
        end = end_of_day_ms(day)
        return Period(day, start_of_day_ms(day), end, min(now, end), live=day == day_of(now))

    def read(self, reach: Reach, day: str) -> Overview | None:
        """The day; on any thread. None: the terminal is closing, or the copy gives no answer now."""
        try:
            since = self.beside(self.today, -learned.DAYS)
            live = day == self.today
            minutes = {q: learned.minutes(self.desk.read, q, since) for q in reach.queue} if live else {}
            found = view.overview(self.desk.read, reach, self.period(day), minutes)
            if not found.period.live:
                return found
            asked = tuple(requests.wanted(self.desk.read, reach.queue))
            named = {each.window for each in asked}
            windows = tuple(replace(each, wanted=each.id in named) for each in found.windows)
            proposals = tuple(each for each in self._proposals(reach) if each.window not in named)
            return replace(found, windows=windows, proposals=proposals, wanted=asked, contacts=self._contacts())
        except driver.errors():
            return None

    def _contacts(self) -> Mapping[str, int]:
        """When the centre last heard of each site (ms); nothing while it cannot be asked."""
        engine = self.desk.engine
        if not engine.status.online:
            return {}
        try:
            told = engine.run(lambda wire: wire.ask("GET", "/v1/contacts", Contacts), CONTACTS_SECONDS)
        except TransportError:
            return {}
        return told.sites

    def _proposals(self, reach: Reach) -> tuple[Proposal, ...]:
        """What would help the queues within reach, the best first."""
        now = self.desk.clock.now()
        since = self.beside(self.today, -learned.DAYS)
        queues = [
            staffing.situation(self.desk.read, scope, self.today, since, now, self.policy) for scope in reach.queue
        ]
        found = [proposal for queue in queues for proposal in staffing.proposals(queue, now)]
        return tuple(sorted(found, key=lambda proposal: -proposal.saves_ms)[: staffing.PROPOSALS_MOST])

    async def apply(self, proposal: Proposal) -> None:
        """Give the window its services; or ask for it, since somebody must sit down or go on there. By the centre's
        word. Raises HallError."""
        if proposal.kind == "assign":
            base = scope_of(self.desk.hall, "base")
            await self.desk.ask(AssignWindow(skills=list(proposal.skills)), id=proposal.window, scope=base)
            return
        queue = str(self.desk.row("window", proposal.window).queue_scope)
        asked = AskWindow(window=proposal.window, service=proposal.service)
        await self.desk.ask(asked, id=self.desk.new_id(), scope=queue)

    async def withdraw(self, request: Wanted) -> None:
        """The window is not wanted any more. Raises HallError."""
        await self.desk.ask(WithdrawRequest(), id=request.id, scope=request.scope)

    @property
    def policy(self) -> str:
        """How the hall's windows call: the setting `queue_policy`."""
        return str(self.desk.setting("queue_policy"))

    async def set_policy(self, name: str) -> None:
        """From now on, by the centre's word. Raises HallError."""
        await self.desk.ask(PutSetting(value=name), id="queue_policy", scope=scope_of(self.desk.hall, "base"))

    def place(self, window: str) -> str:
        """How citizens find a window, or an empty text."""
        found = self.desk.row("window", window)
        return (found.place or "") if found is not None else ""

    async def set_place(self, window: str, place: str) -> None:
        """From now on, by the centre's word. Raises HallError."""
        await self.desk.ask(PlaceWindow(place=place), id=window, scope=scope_of(self.desk.hall, "base"))

    def takes(self, window: str) -> list[str]:
        """The prefixes that the hall's policy gives a window now; empty: all."""
        found = self.desk.row("window", window)
        if found is None:
            return []
        return policy.skills_of(found, {"queue_policy": self.policy}, self.desk.row("layout", found.queue_scope))

    def segments(self, window: str, day: str) -> list[Segment]:
        """A window's stretches of service."""
        return view.segments(self.desk.read, self.reach, self.period(day), window)

    def export_trace(self, reach: Reach, day: str) -> Path | None:
        """The day of each queue within reach as a trace for `workstation simulate`, a file each; the first one's place,
        None where nobody came. Raises StoreError `overview.export_unwritable`."""
        paths = []
        for scope in reach.queue:
            told = [self.desk.read(each, (scope, day)) for each in (trace.TICKETS, trace.CALLS, trace.SEGMENTS)]
            if rows := trace.rows(*([tuple(row) for row in each] for each in told)):
                part = scope.partition(":")[2].replace("/", "-")
                paths.append(self.exports / f"trace-{day}-{part}.csv")
                spreadsheet.save(paths[-1], trace.as_csv(rows))
        return paths[0] if paths else None

    def export(self, overview: Overview, kind: str) -> Path:
        """Write the day as CSV or XLSX; the file's place. Raises StoreError `overview.export_unwritable`."""
        sheets = tables(overview)
        content = spreadsheet.as_xlsx(sheets) if kind == XLSX else spreadsheet.as_csv(sheets)
        at = hhmmss(self.desk.clock.now()).replace(":", "")
        path = self.exports / f"overview-{overview.period.day}-{at}.{kind}"
        spreadsheet.save(path, content)
        return path


def tables(overview: Overview) -> list[Sheet]:
    """The screen as tables: figures, windows, hours, sites."""
    head = overview.head
    figures: list[tuple[str, str | int | float | None]] = [
        ("day", overview.period.day),
        ("done", head.done),
        ("waiting", head.waiting),
        ("minutes", _rounded(head.minutes)),
        ("rated", head.rated),
        ("satisfied", _rounded(head.satisfied, 4)),
        ("defaulted", head.defaulted if head.rated is not None else None),
        ("bad", head.bad if head.rated is not None else None),
        ("overdue", head.overdue),
    ]
    windows = [
        (
            each.site_name,
            each.label,
            say(f"overview.state.{each.state}") if each.state else "",
            each.number,
            each.done,
            _rounded(each.minutes),
            _rounded(each.load, 4),
        )
        for each in overview.windows
    ]
    sites = [
        (each.name, each.received, each.done, _rounded(each.minutes), each.waiting, hhmmss(each.latest_at))
        for each in overview.sites
    ]
    columns = ("site", "window", "state", "number", "done", "minutes", "load")
    return [
        Sheet(
            say("overview.sheet.figures"),
            (say("overview.sheet.figure"), say("overview.sheet.value")),
            [(say(f"overview.figure.{name}"), value) for name, value in figures],
        ),
        Sheet(say("overview.sheet.windows"), [say(f"overview.col.{name}") for name in columns], windows),
        Sheet(
            say("overview.sheet.hours"),
            (say("overview.sheet.hour"), say("overview.figure.done")),
            list(overview.hours),
        ),
        Sheet(
            say("overview.sheet.sites"),
            [say(f"overview.sheet.{name}") for name in ("site", "received", "done", "minutes", "waiting", "latest")],
            sites,
        ),
    ]


def _rounded(value: float | None, places: int = 2) -> float | None:
    return None if value is None else round(value, places)
