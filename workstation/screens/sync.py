"""Screen 7: the state of the exchange; conflicts that a person decides; what was refused, and why.

link, counts, clock
conflicts, refusals, what became of held work, files that the centre does not take      F7/F8 up and down
the one under the cursor      1 mine  2 theirs  3/F4 another  ─▶ F9     F6 back to the review
                              a refusal, a held one: what was said, why not, who decided ─▶ F9 acknowledged
                              a file: why it was not taken, when it goes again ─▶ F5 at once
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from sync.calendar import day_of
from sync.errors import HallError
from sync.records.states import Choice
from workstation.actions.table import Action
from workstation.cells import clip, wrap
from workstation.hours import hhmmss, moment
from workstation.locale import Phrase, has, say
from workstation.refusals import told
from workstation.screens import sync_machines as machines
from workstation.screens.frame import Frame
from workstation.screens.sync_files import file_lines, file_row
from workstation.screens.sync_log import SyncLog
from workstation.screens.sync_outcome import outcome_lines, outcome_row, spoken, verb
from workstation.services.sync import Link, SyncService
from workstation.views.files import RefusedFile
from workstation.views.outcomes import Outcome
from workstation.views.sync import OpenConflict, Refusal, Side
from workstation.views.worklist import short
from workstation.widgets.dialog import Ask
from workstation.widgets.lines import Line, Lines
from workstation.widgets.rows import Row
from workstation.widgets.window_table import Column, WindowTable

COLUMNS = (
    Column("about", "sync.col.about", 26),
    Column("field", "sync.col.field", 10, most=20),
    Column("base", "sync.col.base", 16, priority=2, most=32),
    Column("mine", "sync.col.mine", 18, most=32),
    Column("theirs", "sync.col.theirs", 18, flexible=True),
)
DETAIL_LINES = 8
WARNED_MS = 60 * 86_400_000  # so long before the calendar ends its line is a warning
CHOICES = {1: Choice.MINE, 2: Choice.THEIRS, 3: Choice.THIRD}


class SyncScreen(Frame):
    """同步状态与冲突."""

    NUMBER = 7
    DEFAULT_CSS = """
    SyncScreen #link { height: 5; }
    SyncScreen #detail { height: 8; margin: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *Frame.BINDINGS,
        *(Binding(str(number), f"choose({number})", show=False) for number in CHOICES),
    ]

    @property
    def service(self) -> SyncService:
        """The service."""
        return self.hall.services.sync  # type: ignore[no-any-return]

    @property
    def under(self) -> OpenConflict | Refusal | Outcome | RefusedFile | None:
        """What the cursor is on."""
        if not self.is_mounted:
            return None
        row = self.query_one("#open", WindowTable).cursor_row
        return row.data if row is not None else None

    # -- what is shown ------------------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """The link, the list, the one under the cursor."""
        yield Lines([[]], id="link")
        yield WindowTable(COLUMNS, empty="sync.nothing_open", id="open")
        yield Lines([[]], id="detail")

    def on_mount(self) -> None:
        """Follow the exchange."""
        super().on_mount()
        self.set_interval(1.0, self.tick)

    async def shown(self, conflict_id: str = "", **what: Any) -> None:
        """Somebody arrives, perhaps for one conflict."""
        self.reread()
        if conflict_id:
            self.query_one("#open", WindowTable).move_to(conflict_id)

    def changed(self, tables: frozenset[str]) -> None:
        """Rows or answers came."""
        if self.hall.person.staff_id:
            self.reread()

    def tick(self) -> None:
        """A second has passed."""
        if self.hall.services is not None and self.is_current and self.hall.person.staff_id and self.query("#link"):
            self._show_link()

    def reread(self) -> None:
        """Everything anew."""
        conflicts, refusals = self.service.conflicts(), self.service.refusals()
        outcomes = self.hall.services.outcomes.outcomes()
        rows = [self._conflict_row(each) for each in conflicts] + [self._refusal_row(each) for each in refusals]
        rows += [outcome_row(each, self._told, self.hall.clock.now()) for each in outcomes]
        files = self.hall.services.files.refused()
        rows += [file_row(each) for each in files]
        self.query_one("#open", WindowTable).show_rows(rows)
        self._show_link()
        self._show_detail()
        words = say("sync.undecided", count=len(conflicts)) if conflicts else ""
        if refusals:
            words = f"{words}    {say('sync.unread', count=len(refusals))}".strip()
        if outcomes:
            words = f"{words}    {say('sync.held_unread', count=len(outcomes))}".strip()
        if files:
            words = f"{words}    {say('sync.files_refused', count=len(files))}".strip()
        self.status("sync.status" if words else "", tone="warn", text=words)
        self.show_keys()

    def _show_link(self) -> None:
        link = self.service.link()
        state = say(f"sync.link.{link.state}")
        if link.trouble and link.state == "trouble":
            key = f"sync.trouble.{link.trouble}"
            words = key if has(key) else link.trouble
            state = f"{state} ({say(words) if has(words) else words})"
        now = self.hall.clock.now()
        at = moment(link.last_success_at, now, hhmmss) if link.last_success_at else say("sync.never")
        first: Line = [
            (f" {state}", "" if link.state == "ok" else "warn"),
            (f"   {say('sync.counts', up=link.up, down=link.down)}", ""),
            (f"   {say('sync.last', at=at)}   {say('sync.round_trip', ms=link.round_trip_ms)}", ""),
        ]
        lines = [first, self._second(link), self._calendar(), self._restored(), self._merged()]
        self.query_one("#link", Lines).set_lines(lines)

    def _merged(self) -> Line:
        """What nobody was asked about, beside what somebody must decide."""
        count, open_ones = self.service.merged(), len(self.service.conflicts())
        return [(f" {say('sync.merged', count=count, open=open_ones)}", "strong" if open_ones else "dim")]

    def _calendar(self) -> Line:
        """Until when deadlines are certain; a warning in the last two months."""
        until = self.hall.services.review.calendar.covered_until
        ends = until < day_of(self.hall.clock.now() + WARNED_MS)
        key = "sync.calendar_ends" if ends else "sync.calendar"
        return [(clip(f" {say(key, until=until)}", self.size.width - 1), "warn" if ends else "dim")]

    def _restored(self) -> Line:
        """The last time that the centre was restored from a backup."""
        restored = self.service.restored()
        if restored is None:
            return []
        at = moment(restored.at, self.hall.clock.now())
        return [(f" {say('sync.restored_line', at=at, count=restored.offered)}", "notice")]

    @staticmethod
    def _second(link: Link) -> Line:
        seconds = f"{link.clock_error_ms / 1000:+.1f}"
        size = f"{link.file_bytes / 1_000_000:.1f}"
        return [
            (f" {say('sync.clock', seconds=seconds)}", "warn" if abs(link.clock_error_ms) > 60_000 else ""),
            (f"   {say('sync.file', size=size)}", ""),
            (f"   {say('sync.documents', registered=link.registered, issued=link.issued)}", ""),
            (
                f"   {say('sync.chain_whole' if link.chain_whole else 'sync.chain_broken')}",
                "" if link.chain_whole else "bad",
            ),
        ]

    def _conflict_row(self, conflict: OpenConflict) -> Row:
        choice, _ = self.service.chosen(conflict)
        mark = say(f"sync.chosen.{choice}") if choice else ""
        label = conflict.label or say(f"sync.field.{conflict.field}")
        cells = (
            short(conflict.number) or conflict.applicant,
            f"{mark}{label}",
            conflict.shown(conflict.base),
            conflict.shown(conflict.mine.value),
            conflict.shown(conflict.theirs.value),
        )
        return Row(conflict.id, cells, tone="strong", data=conflict)

    def _refusal_row(self, refusal: Refusal) -> Row:
        at = moment(refusal.said_at, self.hall.clock.now())
        cells = (
            short(refusal.about) or at,
            verb(refusal.kind),
            at,
            say(f"sync.outcome.{refusal.status}"),
            self._reason(refusal),
        )
        return Row(f"refusal-{refusal.n}", cells, data=refusal)

    def _reason(self, refusal: Refusal) -> str:
        return self._told(refusal.code, refusal.params)

    def _told(self, code: str, params: Mapping[str, Any]) -> str:
        error: HallError = self.hall.services.desk.told(code, params)
        return say(error.code, **error.params)

    def _show_detail(self) -> None:
        under = self.under
        lines: list[Line] = []
        if isinstance(under, OpenConflict):
            lines = self._conflict_lines(under)
        elif isinstance(under, Refusal):
            lines = self._refusal_lines(under)
        elif isinstance(under, Outcome):
            lines = outcome_lines(under, self._told, self.hall.clock.now(), max(self.size.width - 4, 20))
        elif isinstance(under, RefusedFile):
            lines = file_lines(under, self.hall.clock.now(), max(self.size.width - 4, 20))
        self.query_one("#detail", Lines).set_lines((lines + [[]] * DETAIL_LINES)[:DETAIL_LINES])

    def _conflict_lines(self, conflict: OpenConflict) -> list[Line]:
        choice, value = self.service.chosen(conflict)
        own = conflict.mine.by == self.hall.person.staff_id

        def side(number: int, which: Choice, side: Side) -> Line:
            at = moment(side.at, self.hall.clock.now()) if side.at else ""
            return [
                ("*" if choice == which else " ", "key"),
                (f" {number} {words[which]}  ", "key"),
                (conflict.shown(side.value) or say("sync.blank"), "strong"),
                (f"   {side.by} {at}", "dim"),
            ]

        words = {Choice.MINE: say("sync.use.mine" if own else "sync.use.later"), Choice.THEIRS: say("sync.use.theirs")}
        label = conflict.label or say(f"sync.field.{conflict.field}")
        written = value if choice == Choice.THIRD else ""
        before = conflict.shown(conflict.base) or say("sync.blank")
        return [
            [(say("sync.choose", about=short(conflict.number) or conflict.applicant, field=label), "title")],
            side(1, Choice.MINE, conflict.mine),
            side(2, Choice.THEIRS, conflict.theirs),
            [
                ("*" if choice == Choice.THIRD else " ", "key"),
                (f" 3 {say('sync.use.third')}  ", "key"),
                (f"[{written:_<30}]", "strong" if written else "dim"),
            ],
            [(f"  F6 {say('sync.keep_both')}", "")],
            [(f"    {say('sync.base_was', value=before)}", "dim")],
            [(say("sync.rule"), "dim")],
            [(say("sync.audit"), "dim")],
        ]

    def _refusal_lines(self, refusal: Refusal) -> list[Line]:
        words = say(
            "sync.refused_how",
            at=moment(refusal.said_at, self.hall.clock.now(), hhmmss),
            verb=verb(refusal.kind),
            about=refusal.about,
            outcome=say(f"sync.outcome.{refusal.status}"),
        )
        room = max(self.size.width - 4, 20)
        said = spoken(refusal.said)
        lines: list[Line] = [[(words, "title")], [(self._reason(refusal), "warn")]]
        lines += [[(line, "")] for line in wrap(say("sync.was_said", text=said or say("sync.blank")), room)[:4]]
        return [*lines, [(say("sync.acknowledge_how"), "dim")]]

    def on_window_table_moved(self, event: WindowTable.Moved) -> None:
        """The cursor is on another one."""
        event.stop()
        self._show_detail()
        self.show_keys()

    # -- what is done -------------------------------------------------------------------------------------------------

    def label_of(self, action: Action) -> str:
        """F9 on a refusal, and on what became of held work, only acknowledges it."""
        if action.id == "sync.confirm" and isinstance(self.under, Refusal | Outcome):
            return "sync.acknowledge"
        return action.label

    def why_disabled(self, action_id: str) -> Phrase | None:
        """By what the cursor is on."""
        under, name = self.under, action_id.partition(".")[2]
        if name in ("rewrite", "send_back") and not isinstance(under, OpenConflict):
            return "sync.no_conflict"
        if name == "confirm":
            if under is None:
                return "sync.nothing_open"
            if isinstance(under, RefusedFile):
                return "sync.file_how"
            if isinstance(under, OpenConflict) and not self.service.chosen(under)[0]:
                return "sync.choose_first"
        return None

    def copies(self) -> list[tuple[Phrase, str]]:
        """The number of the case in conflict."""
        under = self.under
        return [("app.copy.number", under.number)] if isinstance(under, OpenConflict) and under.number else []

    def action_choose(self, number: int) -> None:
        """1 mine, 2 theirs, 3 another."""
        if self.hall.person.read_only or not isinstance(self.under, OpenConflict):
            self.hint("sync.no_conflict")
        elif number == 3:
            self.perform("sync.rewrite")
        else:
            self.service.choose(self.under, CHOICES[number].value, "")
            self.reread()

    async def do_rewrite(self) -> None:
        """F4."""
        conflict = self.under
        assert isinstance(conflict, OpenConflict)
        label = conflict.label or say(f"sync.field.{conflict.field}")
        before = self.service.chosen(conflict)[1]
        written = await self.ask(Ask(say("sync.rewrite"), label, value=before, limit=200))
        if written:
            self.service.choose(conflict, Choice.THIRD.value, written)
            self.reread()

    async def do_send_back(self) -> None:
        """F6."""
        conflict = self.under
        assert isinstance(conflict, OpenConflict)
        await self.service.resolve(conflict, Choice.BACK)
        self.reread()
        self.hint("sync.sent_back", tone="good", about=short(conflict.number) or conflict.applicant)

    async def do_confirm(self) -> None:
        """F9."""
        under = self.under
        if isinstance(under, Refusal):
            self.service.acknowledge(under.n)
            self.reread()
        elif isinstance(under, Outcome):
            self.hall.services.outcomes.acknowledge(under)
            self.reread()
        elif isinstance(under, OpenConflict):
            choice, value = self.service.chosen(under)
            await self.service.resolve(under, Choice(choice), value)
            self.reread()
            self.hint("sync.decided", tone="good", about=short(under.number) or under.applicant)

    def do_previous(self) -> None:
        """F7."""
        self.query_one("#open", WindowTable).action_step(-1)

    def do_next(self) -> None:
        """F8."""
        self.query_one("#open", WindowTable).action_step(1)

    def do_sync_now(self) -> None:
        """F5."""
        self.hall.services.files.try_again()
        self.service.sync_now()
        self.hint("sync.syncing", tone="dim")

    async def do_machines(self) -> None:
        """F10."""
        await machines.decide(self, self.hall.services.machines)
        self.reread()

    async def do_log(self) -> None:
        """F3."""
        desk = self.hall.services.desk

        def reason(code: str, params: dict[str, Any]) -> str:
            error = desk.told(code, params) if code else told("", {})
            return say(error.code, **error.params) if code else ""

        await self.ask(SyncLog(self.service.log(), reason, self.hall.clock.now()))
