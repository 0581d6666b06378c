"""Screen 5: a grid worker's drafts and cases; one of them open; beside it what waits for a network.

    list ──Enter, F2──▶ sheet: fields, materials, drop folder ──F9──▶ the same sheet as a case: state, defects, files
      ▲                    └ every key on disk                          └ Space attaches, F9 says corrected
      └────────Esc─────────┴────────────────────────────────────────────┘
    side: the outbox of mine · the pre-check · today          status line: minutes offline, what waits, last contact

While the list of materials has the focus, a file that comes into the drop folder goes to the material under the cursor.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from sync.errors import HallError
from sync.records.states import CaseState
from workstation.actions.table import Action
from workstation.dropfolder import DropFolder, Dropped
from workstation.locale import Phrase, say
from workstation.screens import intake_lines as words
from workstation.screens.frame import Frame
from workstation.screens.intake_sheet import DraftForm, Sheet
from workstation.screens.receive import PickMatter
from workstation.services.drafts import Drafts
from workstation.services.intake import IntakeService
from workstation.views.case import CaseView
from workstation.views.draft import Draft, asked_fields
from workstation.views.intake import IntakeCase, waiting_of
from workstation.widgets.checklist import Checklist
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.entry import Entry
from workstation.widgets.lines import Lines
from workstation.widgets.status_line import StatusLine
from workstation.widgets.window_table import Column, WindowTable

FILTERS = ("all", "drafts", "waiting", "to_correct", "withdrawn")
TABLES = frozenset({"*", "case", "material", "correction", "matter", "conflict", "outbox", "refusal"})


class IntakeScreen(Frame):
    """网格代办."""

    NUMBER: ClassVar[int] = 5
    SIDE_WIDTH: ClassVar[int] = 40
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = [
        *Frame.BINDINGS,
        Binding("up", "line(-1)", show=False),
        Binding("down", "line(1)", show=False),
    ]
    COLUMNS = (
        Column("state", "intake.col.state", 10),
        Column("applicant", "intake.col.applicant", 10, flexible=True),
        Column("matter", "intake.col.matter", 14),
        Column("papers", "intake.col.papers", 5, priority=2),
        Column("number", "intake.col.number", 13, priority=1),
        Column("transfer", "intake.col.transfer", 7),
    )
    DEFAULT_CSS = """
    IntakeScreen #list { height: 1fr; }
    IntakeScreen #side Lines { margin-bottom: 1; }
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
                self.run_worker(self._settle(), exclusive=True)
            self.reread()

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
        cells = max(self.sheet.size.width - 3, 40)
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
            await self.sheet.show_form(draft, asked_fields(self.drafts.matter(draft.matter)), site)
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
        """Every key is kept before the next is looked at."""
        event.stop()
        form = event.form
        assert isinstance(form, DraftForm)
        try:
            await asyncio.to_thread(self.drafts.set_values, form.draft_id, {event.name: event.value})
        except HallError as error:  # the disk is full: say so, what is on the screen stays there
            self.hint((error.code, error.params))
            return
        self._drafts = {draft.id: (draft, at) for draft, at in self.drafts.all()}
        self._show_opened()
        self._show_side()

    def on_form_submitted(self, event: DraftForm.Submitted) -> None:
        """Enter in the last field: on to the materials."""
        event.stop()
        self.sheet.papers.focus()

    # -- files --------------------------------------------------------------------------------------------------------

    def on_intake_screen_arrived(self, event: Arrived) -> None:
        """The folder has changed: show it; what came goes to the material that the person stands on."""
        event.stop()
        if self.opened and self._drop is not None and self.service.desk.person is not None:
            self._show_opened()
            if event.ready and self.is_current and self.sheet.papers.has_focus and self._why_no_claim() is None:
                ready = event.ready
                self.hall.work_or_done(self, lambda: self._claim(ready))

    def on_checklist_toggled(self, event: Checklist.Toggled) -> None:
        """Space or a number on a material."""
        event.stop()
        if (why := self.why_disabled("intake.tick")) is not None:
            self.hint(why)
        else:
            self.hall.work_or_done(self, self.do_tick)

    def on_checklist_opened(self, event: Checklist.Opened) -> None:
        """Enter on a material: its file."""
        event.stop()
        self.hall.work_or_done(self, lambda: self._view(str(event.item.key)))

    def _why_no_claim(self) -> Phrase | None:
        draft, case = self._draft, self._case
        if draft is not None:
            return None if draft.open else "intake.withdrawn_first"
        return self.service.can(case, "attach") if case is not None else "intake.open_one_first"

    async def do_tick(self) -> None:
        """Space: files of the folder for the material under the cursor."""
        papers = self.sheet.papers
        if not papers.has_focus:
            papers.focus()
            return
        ready = await asyncio.to_thread(self._look)
        if len(ready) > 1:
            options: list[tuple[Any, str]] = [
                (place, f"{file.name}  {words.size(file.size)}") for place, file in enumerate(ready[:8])
            ]
            options.append(("all", say("intake.all_files", count=len(ready))))
            chosen = await self.ask(Pick(say("intake.which_file"), options))
            ready = ready if chosen == "all" else (ready[chosen],) if chosen is not None else ()
            if not ready:
                return
        if not ready:
            raise HallError("intake.no_files")
        await self._claim(ready)

    def _look(self) -> tuple[Dropped, ...]:
        self.drop.look()
        return self.drop.of_state("ready")

    async def _claim(self, files: tuple[Dropped, ...]) -> None:
        item = self.sheet.papers.item
        if item is None:
            raise HallError("intake.choose_paper")
        for file in files:
            try:
                key, says = await self._claim_one(str(item.key), file)
                self.hint(says, tone="good", name=key, material=item.label)
            finally:
                self.reread()

    async def _claim_one(self, material: str, file: Dropped) -> tuple[str, str]:
        draft = self._draft
        if draft is not None:
            await asyncio.to_thread(self.service.claim, draft.id, material, file, self.drop)
            return file.name, "intake.claimed"
        case = self._case
        if case is None:
            raise HallError("intake.open_one_first")
        await asyncio.to_thread(self.service.attach, case, material, file, self.drop)
        return file.name, "intake.attached"

    async def _view(self, material: str) -> None:
        draft, case = self._draft, self._case
        files: list[tuple[str, str, str]] = []
        if draft is not None and (line := draft.material(material)) is not None:
            files = [(file.sha256, file.media_type, file.name) for file in line.files]
        elif case is not None:
            listed = (each for each in case.materials if each.id == material)
            files = [(each.sha256, each.media_type, each.name) for each in listed if each.sha256 is not None]
        if len(files) > 1:
            chosen = await self.ask(Pick(say("intake.open"), [(each[0], each[2]) for each in files]))
            files = [each for each in files if each[0] == chosen]
            if not files:
                return
        if not files:
            raise HallError("intake.no_file_yet")
        sha256, media_type, _ = files[0]
        content = await self.hall.services.papers.content(sha256)
        services, program = self.hall.services, self.hall.settings.viewer
        await asyncio.to_thread(services.viewer.show, content, sha256, media_type, program)

    # -- keys ---------------------------------------------------------------------------------------------------------

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why not."""
        if self.hall.services is None or self.service.desk.person is None or not self.service.scopes:
            return "intake.no_grant"
        verb = action_id.partition(".")[2]
        if verb == "undo":
            return None if self.service.last is not None else "intake.nothing_to_undo"
        if verb in ("open", "edit", "withdraw", "previous", "next", "submit") and not self._target:
            return "intake.none"
        if verb == "tick":
            return self._why_no_claim()
        draft, case = self._target_draft(), self._target_case()
        if draft is not None and not draft.sent:
            return "intake.withdrawn_first" if draft.withdrawn and verb in ("submit", "edit") else None
        if verb == "submit" and case is not None and case.state != CaseState.NEED_CORRECTION:
            return "intake.handed_in"
        if verb == "withdraw" and draft is None:
            return "intake.too_late"
        return None

    def label_of(self, action: Action) -> str:
        """F6 and F9 are those of what they are meant for."""
        if self.hall.services is None or self.service.desk.person is None:
            return action.label
        draft, case = self._target_draft(), self._target_case()
        if action.id == "intake.withdraw" and draft is not None:
            return "intake.restore" if draft.withdrawn else "intake.recall" if draft.sent else action.label
        if action.id == "intake.submit" and case is not None and case.state == CaseState.NEED_CORRECTION:
            return "intake.corrected"
        return action.label

    async def do_new(self) -> None:
        """F2."""
        if (matter := await self._pick_matter()) is not None:
            draft = await asyncio.to_thread(self.drafts.start, matter)
            self.only, self.text = "all", ""
            self.reread()
            await self._open(draft.id)

    async def _pick_matter(self) -> str | None:
        dialog = PickMatter(self.service.matters())
        dialog.heading = say("intake.pick_matter")
        return await self.ask(dialog)

    async def do_find(self) -> None:
        """F3."""
        options = [(each, say(f"intake.find.{each}")) for each in (*FILTERS, "text")]
        chosen = await self.ask(Pick(say("intake.find"), options))
        if chosen is None:
            return
        if chosen == "text":
            text = await self.ask(Ask(say("intake.find.text"), value=self.text))
            if text is None:
                return
            self.only, self.text = "all", text
        else:
            self.only, self.text = str(chosen), ""
        await self._open("")
        self.reread()

    async def do_edit(self) -> None:
        """F4: a draft's matter, or a field of a case."""
        draft = self._target_draft()
        if draft is not None and not draft.sent:
            if (matter := await self._pick_matter()) is not None and matter != draft.matter:
                await asyncio.to_thread(self.drafts.set_matter, draft.id, matter)
                self.reread()
            await self._open(draft.id)
            return
        await self._edit_case()

    async def _edit_case(self) -> None:
        case = self.service.case(self._target)
        if case is None:
            raise HallError("intake.open_one_first")
        if (why := self.service.can(case, "edit")) is not None:
            raise HallError(why if isinstance(why, str) else why[0])
        fields = [field for field in case.fields if field.name not in ("applicant", "applicant_code")]
        if not fields:
            raise HallError("intake.nothing_to_edit")
        labels = {
            field.name: field.label if field.label != field.name else say(f"intake.field.{field.name}")
            for field in fields
        }
        options = [(field.name, f"{labels[field.name]}: {field.value}") for field in fields]
        chosen = await self.ask(Pick(say("intake.which_field"), options))
        field = next((each for each in fields if each.name == chosen), None)
        if field is None:
            return
        value = await self.ask(Ask(labels[field.name], say("intake.new_value"), value=field.raw or "", limit=200))
        if value is not None and value != (field.raw or ""):
            await asyncio.to_thread(self.service.edit, case, field.name, field.raw, value or None)
            self.reread()
            self.hint("intake.edited", tone="good", label=labels[field.name])

    def do_sync_now(self) -> None:
        """F5."""
        self.service.desk.engine.nudge()
        self.reread()
        self.hint("intake.syncing", tone="good")

    async def do_withdraw(self) -> None:
        """F6: a draft, or a hand-in that was not sent."""
        draft = self._target_draft()
        if draft is None:
            return
        if draft.sent:
            await asyncio.to_thread(self.service.recall, draft.id)
            await self._reopen(draft.id, "intake.recalled")
        elif draft.withdrawn:
            await asyncio.to_thread(self.drafts.restore, draft.id)
            self.only = "all"
            await self._reopen(draft.id, "intake.restored")
        else:
            await asyncio.to_thread(self.service.withdraw, draft.id)
            await self._reopen("", "intake.withdrawn")

    async def _reopen(self, id: str, says: str) -> None:
        self.reread()
        await self._open(id)
        self.hint(says, tone="good")

    def do_previous(self) -> object:
        """F7."""
        return self._step(-1)

    def do_next(self) -> object:
        """F8."""
        return self._step(1)

    def _step(self, way: int) -> object:
        table = self.query_one("#list", WindowTable)
        table.action_step(way)
        row = table.cursor_row
        return self._open(str(row.key)) if self.opened and row is not None else None

    async def do_submit(self) -> None:
        """F9: into the outbox; of a case that came back: corrected."""
        draft = self._target_draft()
        if draft is not None and not draft.sent:
            doubts = sum(mark == "!" for mark, _ in self.service.checks(draft))
            await asyncio.to_thread(self.service.submit, draft.id)
            await self._reopen(draft.id, "intake.queued")
            if doubts:
                self.hint("intake.queued_hints", tone="good", count=doubts)
            return
        case = self.service.case(self._target)
        if case is not None:
            await asyncio.to_thread(self.service.corrected, case)
            await self._reopen(case.row.id, "intake.corrected_queued")

    async def do_undo(self) -> None:
        """Ctrl+Z."""
        step = await asyncio.to_thread(self.service.undo, self.drop)
        says = {"withdraw": "intake.restored", "submit": "intake.recalled"}.get(step.kind, "intake.file_back")
        self.reread()
        if step.kind in ("withdraw", "submit"):
            await self._open(step.id)
        self.hint(says, tone="good", name=step.file.name if step.file is not None else "")
