"""Screen 5, what it shows: the list of drafts and cases, or one of them open; beside it what waits for a network.

It reads, opens and keeps what is typed; what a key does stands in screens/intake.py.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from sync.errors import HallError
from sync.records.states import CaseState
from workstation.dropfolder import DropFolder, Dropped
from workstation.locale import Phrase, say
from workstation.screens import intake_lines as words
from workstation.screens.frame import Frame
from workstation.screens.intake_sheet import DraftForm, Sheet
from workstation.services.drafts import Drafts
from workstation.services.intake import IntakeService
from workstation.views.case import CaseView
from workstation.views.draft import Draft, asked_fields
from workstation.views.intake import IntakeCase, waiting_of
from workstation.widgets.entry import Entry
from workstation.widgets.lines import Lines
from workstation.widgets.status_line import StatusLine
from workstation.widgets.window_table import Column, WindowTable

FILTERS = ("all", "drafts", "waiting", "to_correct", "withdrawn")
TABLES = frozenset({"*", "case", "material", "correction", "matter", "conflict", "outbox", "refusal"})


class IntakeView(Frame):
    """The list, the sheet, the side."""

    NUMBER: ClassVar[int] = 5
    SIDE_WIDTH: ClassVar[int] = 38
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = [
        *Frame.BINDINGS,
        Binding("up", "line(-1)", show=False),
        Binding("down", "line(1)", show=False),
    ]
    COLUMNS = (
        Column("state", "intake.col.state", 8),
        Column("applicant", "intake.col.applicant", 14, flexible=True),
        Column("matter", "intake.col.matter", 12, most=32),
        Column("papers", "intake.col.papers", 4, priority=2),
        Column("number", "intake.col.number", 13, priority=1),
        Column("transfer", "intake.col.transfer", 7),
    )
    DEFAULT_CSS = """
    IntakeView #list { height: 1fr; }
    IntakeView #side Lines { margin-bottom: 1; }
    """

    class Arrived(Message):
        """The drop folder has changed; `ready` are files that have just come ready."""

        def __init__(self, ready: tuple[Dropped, ...]) -> None:
            super().__init__()
            self.ready = ready

    def __init__(self) -> None:
        super().__init__()
        self.only: str = "all"
        self.text = ""
        self.opened = ""  # the draft or case that is before the person
        self._cases: list[IntakeCase] = []
        self._drafts: dict[str, tuple[Draft, int]] = {}
        self._drop: DropFolder | None = None
        self._settling = self._unsettled = False

    @property
    def service(self) -> IntakeService:
        """Cases and handing in."""
        service: IntakeService = self.hall.services.intake
        return service

    @property
    def drafts(self) -> Drafts:
        """Drafts and their files."""
        drafts: Drafts = self.hall.services.drafts
        return drafts

    @property
    def drop(self) -> DropFolder:
        """The drop folder; raises HallError while it is not watched."""
        if self._drop is None:
            raise HallError("intake.no_drop")
        return self._drop

    # -- what is shown ------------------------------------------------------------------------------------------------

    def compose_main(self) -> ComposeResult:
        """The list, and the sheet that takes its place."""
        yield WindowTable(self.COLUMNS, empty="intake.none", id="list")
        sheet = Sheet(id="sheet")
        sheet.display = False
        yield sheet

    def compose_side(self) -> ComposeResult:
        """Outbox, pre-check, today."""
        yield Lines([[]], id="queue")
        yield Lines([[]], id="checks")
        yield Lines([[]], id="today")

    @property
    def sheet(self) -> Sheet:
        """What is open."""
        return self.query_one("#sheet", Sheet)

    def on_mount(self) -> None:
        """The banner follows the clock."""
        super().on_mount()
        self.set_interval(1.0, self._tick)

    def on_unmount(self) -> None:
        """No more news of the folder."""
        if self._drop is not None and self._heard in self._drop.listeners:
            self._drop.listeners.remove(self._heard)

    async def shown(self, case_id: str = "", **what: Any) -> None:
        """Somebody comes; a draft that was open is open again."""
        if not self.service.scopes:
            self.reread()
            return
        settings = self.hall.settings
        drop: DropFolder = await asyncio.to_thread(
            self.hall.services.drop_folder, settings.drop_folder, settings.drop_polling
        )
        if drop is not self._drop:
            self.on_unmount()
            self._drop = drop
            drop.listeners.append(self._heard)
        await self._settle()
        self.reread()
        await self._open(case_id or self.opened or self.service.drafts.was_open())

    def _heard(self, ready: tuple[Dropped, ...]) -> None:
        self.post_message(self.Arrived(ready))

    def changed(self, tables: frozenset[str]) -> None:
        """Rows changed: read again; what must be told is told."""
        if tables & TABLES and self.hall.services.desk.person is not None:
            if any(draft.sending or draft.sent for draft, _ in self._drafts.values()):
                self._settle_again()
            self.reread()

    def _settle_again(self) -> None:
        """One round at a time; what changes during one makes another. None is broken off: what it found is told."""
        self._unsettled = True
        if not self._settling:
            self._settling = True
            self.run_worker(self._settle_all())

    async def _settle_all(self) -> None:
        try:
            while self._unsettled and self.hall.services.desk.person is not None:
                self._unsettled = False
                await self._settle()
        finally:
            self._settling = False

    async def _settle(self) -> None:
        try:
            told = await asyncio.to_thread(self.service.settle, self._drop)
        except HallError as error:
            told = [(error.code, error.params)]
        for phrase in told:
            self.hall.notice(phrase, tone="bad")
        if told:
            self.reread()

    @property
    def _online(self) -> bool:
        status = self.hall.services.desk.engine.status
        return bool(status.online and status.signed_on)

    def reread(self) -> None:
        """Read the list and whatever is open."""
        if not self.query("#list") or self.hall.services.desk.person is None:
            return
        table = self.query_one("#list", WindowTable)
        if not self.service.scopes:
            table.empty = "intake.no_grant"
            table.show_rows([])
            return
        self._drafts = {draft.id: (draft, at) for draft, at in self.drafts.all()}
        self._cases = self.service.cases()
        table.empty = "intake.none" if self.only == "all" and not self.text else "intake.none_found"
        table.show_rows(self._rows())
        named = say(f"intake.find.{self.only}") if self.only != "all" else ""
        self.retitle(" ".join(each for each in (self.service.site_name(), named, self.text) if each))
        self._show_opened()
        self._show_side()
        self._show_banner()

    def _rows(self) -> list[Any]:
        rows = []
        for draft, at in self._drafts.values():
            hidden = draft.sending or draft.sent or draft.withdrawn != (self.only == "withdrawn")
            if not hidden and self.only in ("all", "drafts", "withdrawn"):
                matter = self.drafts.matter(draft.matter)
                if self._fits(draft.values.get("applicant", ""), matter.name):
                    rows.append(words.draft_row(draft, matter, at))
        if self.only in ("all", "waiting", "to_correct"):
            state = CaseState.NEED_CORRECTION if self.only == "to_correct" else ""
            found = self.service.cases(self.text, state) if self.text or state else self._cases
            rows += [words.case_row(each, self._online) for each in found if self.only != "waiting" or each.waits]
        return rows

    def _fits(self, *texts: str) -> bool:
        return not self.text or any(self.text in text for text in texts)

    def _show_opened(self) -> None:
        draft, case = self._draft, self._case
        side = 0 if self.has_class("-narrow") else self.SIDE_WIDTH
        cells = self.size.width - side - 4
        if draft is not None:
            matter = self.drafts.matter(draft.matter)
            self.sheet.show_head(words.draft_head(draft, matter, self._drafts[draft.id][1], cells))
            self.sheet.show_papers(say("intake.papers"), words.draft_items(draft))
        elif case is not None:
            known = next((each for each in self._cases if each.id == case.row.id), None)
            defects = self.service.defects(case.row.id)
            self.sheet.show_head(words.case_head(case, self._online, known, defects))
            self.sheet.show_papers(say("intake.papers.case"), words.case_items(case))
        if self._drop is not None and self.opened:
            self.sheet.show_inbox(words.inbox(self._drop, cells))

    def _show_side(self) -> None:
        cells = (self.size.width if self.has_class("-narrow") else self.SIDE_WIDTH) - 3
        self.query_one("#queue", Lines).set_lines(words.queue(self._cases, self._online, cells))
        draft = self._draft
        checks = self.query_one("#checks", Lines)
        checks.display = draft is not None
        if draft is not None:
            checks.set_lines(words.checks(self.service.checks(draft), cells))
        self.query_one("#today", Lines).set_lines(words.today(self.service.today()))

    def _show_banner(self) -> None:
        now = self.hall.clock.now()
        text, tone = words.banner(self._online, waiting_of(self._cases), self.service.last_seen(), now)
        self.query_one(StatusLine).show(text, tone)

    def _tick(self) -> None:
        if self.is_current and self.hall.services is not None and self.hall.services.desk.person is not None:
            self._show_banner()

    # -- what is open -------------------------------------------------------------------------------------------------

    @property
    def _draft(self) -> Draft | None:
        found = self._drafts.get(self.opened)
        return found[0] if found is not None and not (found[0].sending or found[0].sent) else None

    @property
    def _case(self) -> CaseView | None:
        return self.service.case(self.opened) if self.opened and self._draft is None else None

    @property
    def _target(self) -> str:
        """The draft or case that a key is meant for: the open one, else the one under the cursor."""
        if self.opened:
            return self.opened
        row = self.query_one("#list", WindowTable).cursor_row
        return str(row.key) if row is not None else ""

    def _target_draft(self) -> Draft | None:
        found = self._drafts.get(self._target)
        return found[0] if found is not None else None

    def copies(self) -> list[tuple[Phrase, str]]:
        """The number and the credit code of the case."""
        case = self._case
        if case is not None:
            found = [("app.copy.number", case.number), ("app.copy.code", str(case.row.applicant_code or ""))]
        else:
            target = self._target_case()
            found = [("app.copy.number", target.number)] if target is not None else []
        return [(label, value) for label, value in found if value]

    def _target_case(self) -> IntakeCase | None:
        return next((case for case in self._cases if case.id == self._target), None)

    async def _open(self, id: str, *, focus: Literal["fields", "papers"] = "fields") -> None:
        """Show a draft or a case; what is neither shows the list."""
        kind = "" if not id else "draft" if id in self._drafts and not self._drafts[id][0].sent else "case"
        if kind == "case" and self.service.case(id) is None:
            kind, id = "", ""
        self.opened = id
        remembered = id if kind == "draft" else ""
        if remembered != self.drafts.was_open():
            await asyncio.to_thread(self.drafts.remember_open, remembered)
        draft = self._draft
        if draft is not None:
            site = say("intake.site", site=self.service.site_name(), staff=self.service.desk.me.staff)
            matter = self.drafts.matter(draft.matter)
            await self.sheet.show_form(draft, asked_fields(matter), matter.name, site)
        else:
            await self.sheet.show_form(None)
        table = self.query_one("#list", WindowTable)
        table.display, self.sheet.display = not id, bool(id)
        if self.has_class("-folded"):
            self.remove_class("-folded")
        if id:
            table.move_to(id)
        self._show_opened()
        self._show_side()
        self._focus(focus)
        self.show_keys()

    def _focus(self, where: str) -> None:
        form, draft = self.sheet.form, self._draft
        if not self.opened:
            self.query_one("#list", WindowTable).focus()
        elif form is not None and draft is not None and where == "fields":
            empty = next((field.name for field in form.fields if not draft.values.get(field.name)), None)
            self.call_after_refresh(form.focus_field, empty or form.fields[0].name)
        else:
            self.sheet.papers.focus()

    def do_open(self) -> object:
        """Enter on the list."""
        return self._open(self._target) if not self.opened and self._target else None

    def do_back(self) -> bool:
        """Esc: from the sheet to the list; a filter goes next."""
        if self.opened:
            self.hall.work_or_done(self, lambda: self._open(""))
            return True
        if self.only != "all" or self.text:
            self.only, self.text = "all", ""
            self.reread()
            return True
        return False

    def action_line(self, way: int) -> None:
        """Up and down between the fields."""
        if isinstance(self.focused, Entry):
            self.focus_next() if way > 0 else self.focus_previous()

    # -- typing -------------------------------------------------------------------------------------------------------

    async def on_form_changed(self, event: DraftForm.Changed) -> None:
        """Every key is kept before it is painted, and before the next is looked at."""
        event.stop()
        form = event.form
        assert isinstance(form, DraftForm)
        try:
            await asyncio.to_thread(self.drafts.set_values, form.draft_id, {event.name: event.value})
        except HallError as error:  # the disk is full: say so, what is on the screen stays there
            self.hint((error.code, error.params))
            return
        finally:
            form.kept(event.name, event.value)
        self._drafts = {draft.id: (draft, at) for draft, at in self.drafts.all()}
        self._show_opened()
        self._show_side()

    def on_form_submitted(self, event: DraftForm.Submitted) -> None:
        """Enter in the last field: on to the materials."""
        event.stop()
        self.sheet.papers.focus()
