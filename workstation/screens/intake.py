"""Screen 5: a grid worker's drafts and cases; one of them open; beside it what waits for a network.

    list ──Enter, F2──▶ sheet: fields, materials, drop folder ──F9──▶ the same sheet as a case: state, defects, files
      ▲                    └ every key on disk                          └ Space attaches, F9 says corrected
      └────────Esc─────────┴────────────────────────────────────────────┘
    side: the outbox of mine · the pre-check · today          status line: minutes offline, what waits, last contact

While the list of materials has the focus, a file that comes into the drop folder goes to the material under the cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sync.errors import HallError
from sync.records.states import CaseState
from workstation.actions.table import Action
from workstation.dropfolder import Dropped
from workstation.locale import Phrase, say
from workstation.screens import intake_lines as words
from workstation.screens.intake_view import IntakeView
from workstation.screens.receive import PickMatter
from workstation.widgets.checklist import Checklist
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.status_line import StatusLine
from workstation.widgets.window_table import WindowTable

FILTERS = ("all", "drafts", "waiting", "to_correct", "withdrawn")
TABLES = frozenset({"*", "case", "material", "correction", "matter", "conflict", "outbox", "refusal"})


class PickIntake(PickMatter):
    """The matters by name or initials."""

    def __init__(self, matters: Sequence[Any]) -> None:
        super().__init__(matters, say("intake.pick_matter"))


class IntakeScreen(IntakeView):
    """网格代办."""

    def help_notes(self) -> list[tuple[str, str]]:
        """Where the drop folder is, in full: the line on the screen may be too short for it."""
        return [(say("intake.inbox_word"), str(self._drop.folder))] if self._drop is not None else []

    # -- files --------------------------------------------------------------------------------------------------------

    def on_intake_view_arrived(self, event: IntakeView.Arrived) -> None:
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
        if verb == "withdraw" and (draft is None or not self.service.recallable(draft)):
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
        return await self.ask(PickIntake(self.service.matters()))

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
            said = [say("intake.queued")]
            said += [say("intake.queued.hints", count=doubts)] if doubts else []
            sent = self._target_draft()
            if sent is not None and self.service.recallable(sent):
                said.append(say("intake.queued.recall"))
            self.query_one(StatusLine).say("  ".join(said), "good")
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
