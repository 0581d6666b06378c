"""Screen 2: 我的待办 by deadline, and one case at a time: papers and data on the left, fields on the right.

    list ──Enter──▶ case ──Esc──▶ list          the draft is saved with every change, and stays with its author
     │ F3 find here: end of the number, applicant, credit code          F7/F8 in the list: mine / the offices'
     └ a decided case that this device may issue ─Enter─▶ screen 3

A material can be ticked only by whoever has opened its file in the viewer.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.widgets import Input

from sync.calendar import day_of
from sync.errors import HallError
from workstation.hours import hhmmss
from workstation.locale import Phrase, say
from workstation.screens import review_waive
from workstation.screens.review_find import ReviewFind
from workstation.screens.review_list import WorkList
from workstation.screens.review_panel import REASONS, CaseLeft, CaseRight, label_of_field
from workstation.screens.review_steps import wanted
from workstation.views.case import FieldLine, MaterialLine
from workstation.views.worklist import due_words, short
from workstation.widgets.checklist import Checklist
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.entry import Entry
from workstation.widgets.field_diff import FieldDiff
from workstation.widgets.window_table import WindowTable


class ReviewScreen(ReviewFind):
    """The list, and the case that is open."""

    NUMBER = 2
    SIDE_WIDTH: ClassVar[int] = 58
    SIDE_MOST: ClassVar[int] = 84
    AUTO_FOCUS = "#work"
    DEFAULT_CSS = """
    ReviewScreen #left { display: none; }
    ReviewScreen.-case #left { display: block; }
    ReviewScreen.-case WorkList { display: none; }
    ReviewScreen.-list #side { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.add_class("-list")
        self.only = "mine"
        self.found = ""
        self.hits: tuple[str, ...] = ()
        self.revealed = False
        self.draft: dict[str, Any] = {}

    def compose_main(self) -> ComposeResult:
        """The list, and the left side of a case."""
        yield WorkList()
        yield CaseLeft(id="left")

    def compose_side(self) -> ComposeResult:
        """The right side of a case."""
        yield CaseRight(id="right")

    # -- arriving and changes -----------------------------------------------------------------------------------------

    async def shown(self, case_id: str = "", ticket: str = "", find: str = "", **_: Any) -> None:
        """Open a case, receive one for a ticket, find something, or the list."""
        if self.hall.services is None or self.service.desk.person is None:
            return
        if self.service.decides and self.only == "mine":
            self.only = "deciding"
        if case_id:
            await self.open_case(case_id)
            return
        self.close_case()
        if find:
            await self.search_here(find)
        self._show_list()
        if ticket:
            self.hall.work_or_done(self, lambda: self.do_receive(ticket))

    def changed(self, tables: frozenset[str]) -> None:
        """Rows have changed."""
        if self.service.desk.person is None:
            return
        if self.view is not None:
            self.reread_case()
            return
        self.work.tell(self.signing_words())
        if not self.work.reread():
            self._show_list()

    # -- the list -----------------------------------------------------------------------------------------------------

    @property
    def work(self) -> WorkList:
        """The list of cases."""
        return self.query_one(WorkList)

    def marked(self) -> frozenset[str]:
        """The cases marked in the list."""
        return frozenset(map(str, self.work.table.marked))

    def _show_list(self) -> None:
        self.work.tell(self.signing_words())
        self.work.show(self.service, self.service.wanted(self.only, self.found, self.hits))
        self.retitle("")
        self.status()

    def _lists(self) -> list[str]:
        return ["deciding", "offices"] if self.service.decides else ["mine", "offices"]

    def _turn(self, way: int) -> None:
        """The other list."""
        lists = self._lists()
        here = lists.index(self.only) if self.only in lists else -way
        self.only, self.found = lists[(here + way) % len(lists)], ""
        self._show_list()

    async def find_and_show(self, text: str) -> None:
        """The list of what was found; a single case opens."""
        self.close_case()
        if text:
            await self.search_here(text)
        else:
            self.found, self.only = "", self._lists()[0]
        self._show_list()
        row = self.work.table.cursor_row
        if text and row is not None and self.work.table.count == 1:
            await self.open_case(str(row.key))

    # -- the case -----------------------------------------------------------------------------------------------------

    async def open_case(self, id: str) -> None:
        """Show one case with the person's draft."""
        self.revealed = False
        view = self.service.case(id)
        if view is None:
            raise HallError("review.not_here")
        self.view = view
        self.draft = self.service.draft(id)
        self.remove_class("-list")
        self.add_class("-case")
        self.remove_class("-folded")
        with self.prevent(Input.Changed):
            self.query_one("#opinion", Entry).value = str(self.draft.get("opinion", ""))
        self.query_one(CaseLeft).say_draft("")
        self.reread_case()
        self.query_one("#materials", Checklist).focus()

    def close_case(self) -> None:
        """Back to the list; the draft is on disk already."""
        self.view = None
        self.draft = {}
        self.remove_class("-case", "-folded")
        self.add_class("-list")
        self.work.table.focus()

    def leave_case(self) -> None:
        """The list is next."""
        self.close_case()
        self._show_list()

    def reread_case(self) -> None:
        """The case as the copy has it now."""
        if self.view is None:
            return
        view = self.service.case(self.view.row.id, reveal=self.revealed)
        if view is None:  # the copy holds it no longer
            self.leave_case()
            self.hint("review.not_here")
            return
        self.view = view
        now, calendar = self.service.desk.clock.now(), self.service.calendar
        today = day_of(now)
        limits = [
            ("review.about.correction", view.row.correction_due_day if view.row.state == "received" else None),
            ("review.about.promised", view.row.promised_day),
            ("review.about.statutory", view.row.statutory_day),
        ]
        due = [
            (key, day, due_words(day, today, calendar, certain=bool(view.row.deadline_certain)))
            for key, day in limits
            if day
        ]
        left, right = self.query_one(CaseLeft), self.query_one(CaseRight)
        left.show(view, self.draft.get("opened", ()), due, now)
        left.show_reasons(self.draft.get("reasons", ()), self.service.can(view, "correct") is None)
        right.show(view, self.service.decides, now)
        self._show_field()
        self.retitle(f"{short(view.number) or say('review.no_number')} {view.matter}")
        self._version_line()
        self.show_keys()

    def _version_line(self) -> None:
        assert self.view is not None
        row = self.view.row
        parts = [say(f"review.state.{row.state}")]
        if row.correction_round:
            parts.append(say("review.rounds", rounds=row.correction_round))
        level = self.view.pending == 0 and self.service.desk.engine.status.online
        parts.append(say("review.version_same" if level else "review.version", v=row.v))
        if self.view.pending:
            parts.append(say("review.pending", count=self.view.pending))
        if self.view.clashes:
            names = [label_of_field(field) for field in self.view.fields if field.name in self.view.clashes]
            parts.insert(0, say("review.clash_hint", fields="、".join(names)))
        self.status(("review.line", {"text": "    ".join(parts)}), tone="warn" if self.view.clashes else "")

    def _field(self) -> FieldLine | None:
        row = self.query_one("#diff", FieldDiff).cursor_row
        return row.data.data if row is not None and row.data is not None else None

    def _show_field(self) -> None:
        self.query_one(CaseRight).show_problem(self._field())

    def on_window_table_moved(self, event: WindowTable.Moved) -> None:
        """Another field: what is wrong with it."""
        if event.table.id == "diff":
            self._show_field()

    # -- the draft ----------------------------------------------------------------------------------------------------

    async def _keep(self, **changed: Any) -> None:
        """The draft, on disk before the next key."""
        if self.view is None or self.hall.person.read_only:
            return
        self.draft |= changed
        at = await self.service.keep_draft(self.view.row.id, self.draft)
        self.query_one(CaseLeft).say_draft(say("review.draft_saved", at=hhmmss(at)))

    async def on_input_changed(self, event: Input.Changed) -> None:
        """The opinion, with every key."""
        if event.input.id == "opinion":
            event.stop()
            await self._keep(opinion=event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the opinion: it is saved; F9 commits."""
        event.stop()
        self.hint("review.enter_in_opinion")

    # -- materials and reasons ----------------------------------------------------------------------------------------

    def on_checklist_toggled(self, event: Checklist.Toggled) -> None:
        """Space or a digit on a material or a reason."""
        event.stop()
        if event.checklist.id == "reasons":
            self.hall.work_or_done(self, lambda: self._toggle_reason(str(event.item.key)))
        elif (material := self._material(event.item.key)) is not None:
            self.hall.work_or_done(self, lambda: self._tick(material))

    def on_checklist_opened(self, event: Checklist.Opened) -> None:
        """Enter on a material: its file in the viewer."""
        event.stop()
        if event.checklist.id == "materials" and (material := self._material(event.item.key)) is not None:
            self.hall.work_or_done(self, lambda: self._open_material(material))

    def _material(self, id: object) -> MaterialLine | None:
        materials = self.view.materials if self.view is not None else ()
        return next((each for each in materials if each.id == id), None)

    async def _toggle_reason(self, code: str) -> None:
        ticked = set(self.draft.get("reasons", ())) ^ {code}
        if code == "other" and code in ticked:
            words = await self.ask(
                Ask(say("review.reason.other"), check=wanted, value=str(self.draft.get("other", "")))
            )
            if not words:
                return
            await self._keep(other=words)
        await self._keep(reasons=[each for each in REASONS if each in ticked])
        self.reread_case()

    async def _tick(self, material: MaterialLine) -> None:
        if self.hall.person.read_only or self.view is None:
            raise HallError("app.not_yours")
        if material.sha256 is None:
            states = ("received", "checked", *(("waived",) if material.state in ("missing", "waived") else ()))
            options = [(state, say(f"review.in_hand.{state}")) for state in states]
            state = await self.ask(Pick(material.name, options, [say("review.no_file")]))
            if not state:
                return
        elif material.sha256 not in self.draft.get("opened", ()):
            raise HallError("review.open_first")
        else:
            state = "received" if material.state == "checked" else "checked"
        waived = await review_waive.why(self, material) if state == "waived" else None
        if self.view is not None and (waived or state != "waived"):
            n = self.service.waive(self.view, material.id, *waived) if waived else 0
            self.last = (n or self.service.check(self.view, material.id, state), "check")
        self.reread_case()

    async def _open_material(self, material: MaterialLine) -> None:
        if material.sha256 is None:
            raise HallError("review.no_file")
        content = await self.hall.services.papers.content(material.sha256)
        self.hall.services.viewer.show(content, material.sha256, material.media_type, self.hall.settings.viewer)
        await self._keep(opened=sorted({*self.draft.get("opened", ()), material.sha256}))
        self.reread_case()
        self.hint("review.file_shown", tone="good", name=material.name)

    def copies(self) -> list[tuple[Phrase, str]]:
        """The number and the credit code of the case."""
        if self.view is not None:
            found = [("app.copy.number", self.view.number), ("app.copy.code", str(self.view.row.applicant_code or ""))]
        else:
            row = self.work.table.cursor_row
            found = [("app.copy.number", row.data.number)] if row is not None else []
        return [(label, value) for label, value in found if value]

    # -- keys ---------------------------------------------------------------------------------------------------------

    async def do_open(self) -> None:
        """Enter on a case of the list, or on a field."""
        if self.view is not None:
            await self.do_edit()
            return
        row = self.work.table.cursor_row
        if row is None:
            if self.only == "found":
                await self.ask_centre(self.found)
            return
        if row.data.state in ("decided", "issued") and row.data.right and not self.service.decides:
            self.hall.goto(3, case_id=row.key)
        else:
            await self.open_case(str(row.key))

    def do_refresh(self) -> None:
        """F5: exchange now, read again."""
        self.service.desk.engine.nudge()
        self.changed(frozenset({"*"}))

    def do_previous(self) -> None:
        """F7: the place before that differs; in the list the other list."""
        self._jump(-1)

    def do_next(self) -> None:
        """F8."""
        self._jump(1)

    def _jump(self, way: int) -> None:
        if self.view is None:
            self._turn(way)
            return
        diff = self.query_one("#diff", FieldDiff)
        if self.has_class("-narrow") and not self.has_class("-folded"):
            self.fold(True)
        diff.focus()
        if not diff.jump(way):
            self.hint("review.no_more_places")

    async def do_edit(self) -> None:
        """F4: the field under the cursor."""
        field, view = self._field(), self.view
        if field is None or view is None:
            return
        value = await self.ask(Ask(say("review.edit"), label_of_field(field), value=field.raw or "", limit=500))
        if value is None or value == (field.raw or ""):
            return
        self.last = (self.service.edit(view, field.name, field.raw, value or None), "edit")
        self.hint("review.edited", tone="good", label=label_of_field(field))
        self.reread_case()

    def do_reveal(self) -> None:
        """F11."""
        if self.view is None:
            return
        self.revealed = not self.revealed
        self.hall.journal.write("personal.shown" if self.revealed else "personal.masked", screen=2)
        self.reread_case()

    async def do_undo(self) -> None:
        """Ctrl+Z: the last step, while it has not been sent."""
        assert self.last is not None
        n, step = self.last
        self.last = None
        if not self.service.desk.undo(n):
            raise HallError("review.undo_sent")
        self.hint("review.undone", tone="good", step=say(f"review.step.{step}"))
        self.changed(frozenset({"*"}))

    def do_back(self) -> bool:
        """Esc: the list again."""
        if self.view is None:
            return False
        if self.has_class("-folded"):
            self.fold(False)
            return True
        self.leave_case()
        return True
