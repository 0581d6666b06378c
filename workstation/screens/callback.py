"""Screen 4: the ledger's entries by the time that is left, and the checklist of the one under the cursor.

     00:12:40  不满意  企业变更登记  窗口05  赵**  139****21  未拨      WindowTable, its texts once a second
    checklist  [x] 1 已拨通并核对身份 …                                 Enter opens it, Esc leaves it
    customer's own words

Nobody without a grant over the callback scope sees a row; the service reads none for them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult

from workstation.locale import Phrase, say
from workstation.screens import callback_lines as words
from workstation.screens.callback_steps import Steps, picked
from workstation.screens.frame import Frame
from workstation.services.callback import ITEMS, CallbackService
from workstation.views.callback import FILTERS, OPEN, Entry, EntryLine, Figures
from workstation.widgets.checklist import Checklist
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.lines import Lines
from workstation.widgets.window_table import Column, WindowTable

TABLES = frozenset({"*", "rectification", "callback_attempt", "checklist_tick", "evidence", "outbox", "refusal"})
NOBODY_S = ("appeal_review", "closed", "voided")  # states in which the handler has nothing to do
ROW_ACTIONS = ("dial", "reassign", "finish", "tick", "open", "previous", "next")
OWN_ACTIONS = ("callback.dial", "callback.reassign", "callback.finish", "callback.tick")


class CallbackScreen(Frame):
    """回访整改台账."""

    NUMBER: ClassVar[int] = 4
    NO_UNDO: ClassVar[Phrase] = "callback.no_undo"
    AUTO_FOCUS = "#entries"
    COLUMNS = (
        Column("left", "callback.col.left", 17),
        Column("level", "callback.col.level", 10),
        Column("matter", "callback.col.matter", 12, flexible=True, most=44),
        Column("window", "callback.col.window", 6, priority=1),
        Column("holder", "callback.col.holder", 8, most=32),
        Column("phone", "callback.col.phone", 11, priority=2),
        Column("state", "callback.col.state", 22, most=34),
    )
    DEFAULT_CSS = """
    CallbackScreen #figures { margin-bottom: 1; }
    CallbackScreen #entries { min-height: 4; height: 1fr; }
    CallbackScreen #entry { margin-top: 1; height: 1; }
    CallbackScreen #checklist { padding: 0 2; }
    CallbackScreen #words { max-height: 5; }
    CallbackScreen #rule-of-time { height: 1; margin-top: 1; }
    CallbackScreen.-narrow #rule-of-time, CallbackScreen.-short #rule-of-time { display: none; }
    CallbackScreen.-narrow #figures, CallbackScreen.-short #figures { margin-bottom: 0; }
    CallbackScreen.-narrow #entry, CallbackScreen.-short #entry { margin-top: 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.only = OPEN
        self.text = ""
        self._entry: Entry | None = None
        self._lines: list[EntryLine] = []

    @property
    def service(self) -> CallbackService:
        """What it calls."""
        service: CallbackService = self.hall.services.callback
        return service

    @property
    def steps(self) -> Steps:
        """The questions."""
        return Steps(self, self.service, self.reread)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """Figures, list, checklist, words."""
        yield Lines([[]], id="figures")
        yield WindowTable(self.COLUMNS, empty="callback.none", id="entries")
        yield Lines([[]], id="entry")
        yield Checklist(id="checklist")
        yield Lines(id="words")
        yield Lines([[(" " + say("callback.rule_of_time"), "dim")]], id="rule-of-time")

    def on_mount(self) -> None:
        """Follow the clock: texts only, rows are read when they change."""
        super().on_mount()
        self.set_interval(1.0, self._tick)

    async def shown(self, entry: str = "", **what: Any) -> None:
        """Somebody comes, perhaps for one entry."""
        self.reread()
        if entry:
            self.query_one("#entries", WindowTable).move_to(entry)
            self._show_entry()

    def changed(self, tables: frozenset[str]) -> None:
        """Rows changed."""
        if tables & TABLES:
            self.reread()

    def reread(self) -> None:
        """Read the list again, and the entry under the cursor."""
        if not self.query("#entries"):
            return  # the terminal is closing
        table = self.query_one("#entries", WindowTable)
        if not self.service.granted:
            self._nothing_for_you(table)
            return
        self._lines = self.service.entries(self.only)
        self.query_one("#figures", Lines).set_lines([words.head(self.service.figures())])
        named = say(f"callback.filter.{self.only}") if self.only != OPEN else ""
        self.retitle(" ".join(each for each in (words.limit(self.service.limit_ms), named, self.text) if each))
        self._show_rows()
        self._show_entry()

    def _nothing_for_you(self, table: WindowTable) -> None:
        self._lines, self._entry = [], None
        table.empty = "callback.no_grant"
        table.show_rows([])
        self.query_one("#figures", Lines).set_lines([words.head(Figures())] if self.service.granted else [[]])
        self._clear_entry()

    def _show_rows(self) -> None:
        now, service = self.hall.clock.now(), self.service
        near_ms, doubtful = service.near_ms, service.doubtful
        rows = [words.row(line, now, near_ms=near_ms, doubtful=doubtful) for line in self._lines]
        table = self.query_one("#entries", WindowTable)
        table.empty = "callback.none"
        table.show_rows(rows)
        if table.view.text != self.text:
            table.filter(self.text)

    @property
    def _under_cursor(self) -> EntryLine | None:
        row = self.query_one("#entries", WindowTable).cursor_row
        return row.data if row is not None else None

    def _show_entry(self) -> None:
        line = self._under_cursor
        entry = self.service.entry(line.id) if line is not None else None
        if self._entry is not None and (entry is None or entry.line.id != self._entry.line.id):
            self.service.hang_up()
        self._entry = entry
        if entry is None:
            self._clear_entry()
            return
        self._show_title(entry)
        self.query_one(Checklist).show(words.items(self.service, entry))
        self.query_one("#words", Lines).set_lines(words.words(entry, self.size.width))
        self.query_one("#checklist").display = self.query_one("#words").display = True
        self._say_next(entry)
        self.show_keys()

    def _clear_entry(self) -> None:
        if self.query_one(Checklist).has_focus:
            self.query_one("#entries", WindowTable).focus()
        self.query_one("#entry", Lines).set_lines([[]])
        self.query_one("#checklist").display = self.query_one("#words").display = False
        self.status()

    def _show_title(self, entry: Entry) -> None:
        service = self.service
        call = service.call if service.call is not None and service.call.entry == entry.line.id else None
        now = self.hall.clock.now()
        line = words.title(entry, call, now, near_ms=service.near_ms, doubtful=service.doubtful)
        self.query_one("#entry", Lines).set_lines([line])

    def _say_next(self, entry: Entry) -> None:
        from workstation.widgets.status_line import StatusLine

        line = entry.line
        if self.hall.person.read_only:
            self.status("callback.read_only")
            return
        if line.handler and self.service.handles and line.state not in NOBODY_S and not self.service.own(line):
            self.status("refusal.not_handler", handler=line.handler)
            return
        self.query_one(StatusLine).show(words.next_step(entry, self.service.step(entry)))

    def _tick(self) -> None:
        if self.is_current and self._lines:
            self._show_rows()
            if self._entry is not None:
                self._show_title(self._entry)

    def on_window_table_moved(self, event: WindowTable.Moved) -> None:
        """Another entry: its checklist."""
        event.stop()
        if self._entry is None or event.row.key != self._entry.line.id:
            self._show_entry()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why not."""
        if self.hall.services is None or not self.service.granted:
            return "callback.no_grant"
        verb = action_id.partition(".")[2]
        entry = self._entry
        if entry is None:
            return "callback.none" if verb in ROW_ACTIONS else None
        line, service = entry.line, self.service
        if verb == "edit":
            return None if self.steps.choices(entry) else "callback.nothing_to_edit"
        deciding = verb == "finish" and line.state == "appeal_review"
        if action_id in OWN_ACTIONS and not deciding and not service.own(line):
            return ("refusal.not_handler", {"handler": line.handler or "-"})
        if verb == "dial" and line.state in ("closed", "voided"):
            return "callback.over"
        if verb == "reassign" and not service.may("transfer", line):
            return "callback.no_transfer"
        return self._why_unfinished(entry) if verb == "finish" else None

    def _why_unfinished(self, entry: Entry) -> Phrase | None:
        step = self.service.step(entry)
        if not step.verb:
            return "callback.over"
        if step.verb == "decide" and entry.line.handler == self.hall.person.staff_id:
            return "callback.own_appeal"
        if step.call:
            return "callback.call_first"
        if step.missing:
            listed = "、".join(str(ITEMS.index(item) + 1) for item in step.missing)
            return ("callback.step.missing", {"items": listed})
        return None

    def label_of(self, action: Any) -> str:
        """F2 ends the call that is open."""
        if action.id == "callback.dial" and self._calling:
            return "callback.hang_up"
        return str(action.label)

    @property
    def _calling(self) -> bool:
        call = self.service.call if self.hall.services is not None else None
        return call is not None and self._entry is not None and call.entry == self._entry.line.id

    def do_open(self) -> None:
        """Enter on the list."""
        if self._entry is not None:
            self.query_one(Checklist).focus()

    def do_back(self) -> bool:
        """Esc: from the checklist to the list."""
        if self.query_one(Checklist).has_focus:
            self.query_one("#entries", WindowTable).focus()
            return True
        return False

    def do_tick(self) -> None:
        """Space, where the checklist itself did not take it."""
        self.query_one(Checklist).focus()
        self.query_one(Checklist).action_tick()

    def on_checklist_toggled(self, event: Checklist.Toggled) -> None:
        """A number, Space or Enter on an item."""
        event.stop()
        self._answer(str(event.item.key))

    def on_checklist_opened(self, event: Checklist.Opened) -> None:
        """Enter on an item."""
        event.stop()
        if event.item.fixed:
            self.hint("callback.not_now_item")
        else:
            self._answer(str(event.item.key))

    def _answer(self, item: str) -> None:
        against = self.why_disabled("callback.tick")
        if not self.service.handles:
            against = "app.not_yours"
        if against is not None:
            self.hint(against)
        elif self._entry is not None:
            entry = self._entry
            self.hall.work_or_done(self, lambda: self._answered(entry, item))

    async def _answered(self, entry: Entry, item: str) -> None:
        try:
            await self.steps.answer(entry, item)
        finally:
            self._after()

    def _after(self) -> None:
        """After a step or a dialog: nobody may be here any more."""
        if self.is_mounted and self.service.desk.person is not None:
            self.reread()

    async def do_dial(self) -> None:
        """F2: call, or hang up."""
        entry = self._entry
        if entry is None:
            return
        if self._calling:
            self.service.hang_up()
            self.hint("callback.hung_up", tone="good")
            self._after()
            return
        try:
            await self.steps.dial(entry)
        finally:
            self._after()

    async def do_filter(self) -> None:
        """F3."""
        options = [(each, say(f"callback.filter.{each}")) for each in FILTERS]
        chosen = await self.ask(Pick(say("callback.filter"), [*options, ("text", say("callback.filter.text"))]))
        if chosen == "text":
            text = await self.ask(Ask(say("callback.filter.text"), value=self.text))
            if text is not None:
                self.text = text
        elif chosen is not None:
            self.only, self.text = chosen, ""
        self._after()

    async def do_edit(self) -> None:
        """F4."""
        try:
            if new := await self.steps.edit(self._entry):
                self.only, self.text = OPEN, ""
                self._after()
                self.query_one("#entries", WindowTable).move_to(new)
        finally:
            self._after()

    def do_refresh(self) -> None:
        """F5."""
        self.service.desk.engine.nudge()
        self.reread()

    async def do_reassign(self) -> None:
        """F6."""
        if self._entry is not None:
            try:
                await self.steps.transfer(self._entry)
            finally:
                self._after()

    def do_previous(self) -> None:
        """F7."""
        self.query_one("#entries", WindowTable).action_step(-1)

    def do_next(self) -> None:
        """F8."""
        self.query_one("#entries", WindowTable).action_step(1)

    async def do_finish(self) -> None:
        """F9: this step is done; the status line says which is next."""
        entry = self._entry
        if entry is None:
            return
        verb = self.service.step(entry).verb
        try:
            done = await self.steps.finish_with(entry, verb)
        finally:
            self._after()
        if done:
            after = self.service.entry(entry.line.id)
            if after is not None:
                following = words.next_step(after, self.service.step(after)) if self.service.step(after).verb else ""
                self.hint(
                    "callback.done", tone="good", who=picked(entry.line), state=words.state(after.line), next=following
                )
