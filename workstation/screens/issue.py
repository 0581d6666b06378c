"""Screen 3: issuing what was approved, and the papers that wait for a signature.

list   Space marks, F9 issues all that are marked; one that fails stops no other
       papers that no approval precedes: F9 signs them all
Enter  one case: check ─▶ preview (F8) ─▶ sign (its last digits, F9) ─▶ print (F2), deliver (F9)
F3     the own office's first, or all by their deadlines          F7     the blanks
F11    signatures that wait for a higher level, and another try
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input

from sync.errors import HallError
from sync.verdict import Word
from workstation.actions.table import Action
from workstation.locale import Phrase, say
from workstation.screens.issue_batch import IssueBatch
from workstation.screens.issue_delivery import course_lines
from workstation.screens.issue_levels import IssueLevels
from workstation.screens.issue_lists import IssueLists
from workstation.screens.issue_panel import (
    approver_line,
    audit_line,
    certificate_lines,
    revocation_line,
    right_line,
    sheet,
    steps_line,
)
from workstation.screens.issue_parcels import IssueParcels, parcel_lines
from workstation.screens.issue_print import IssuePrint
from workstation.screens.review_steps import wanted
from workstation.views.issue import IssueView
from workstation.views.worklist import short, tail
from workstation.widgets.dialog import Ask, Tell
from workstation.widgets.entry import Entry
from workstation.widgets.lines import Lines
from workstation.widgets.window_table import WindowTable

if TYPE_CHECKING:
    from workstation.documents.holder import Preview

OF_A_CASE = ("issue.print", "issue.render_again", "issue.send_back", "issue.view_pdf", "issue.parcels")


class IssueScreen(IssuePrint, IssueParcels, IssueLevels, IssueBatch):
    """The lists, and the case that is being issued."""

    NUMBER = 3
    NO_UNDO = "issue.no_undo"
    AUTO_FOCUS = "#decided"
    DEFAULT_CSS = """
    IssueScreen #one { display: none; height: 1fr; padding: 0 1; }
    IssueScreen.-case #one { display: block; }
    IssueScreen.-case #lists { display: none; }
    IssueScreen #scroll { height: 1fr; margin: 1 0; scrollbar-size-vertical: 1; }
    IssueScreen .row { height: 1; }
    IssueScreen .label { width: 12; }
    IssueScreen .bracket { width: 1; }
    IssueScreen .row Entry { width: 24; }
    IssueScreen #tail { width: 5; }
    IssueScreen #how { margin-top: 1; }
    IssueScreen.-narrow #scroll { margin: 0; }
    IssueScreen.-narrow #how { margin: 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *IssueBatch.BINDINGS,
        Binding("pageup", "leaf(-1)", show=False),
        Binding("pagedown", "leaf(1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.view: IssueView | None = None
        self.preview: Preview | None = None
        self.verdict = ""  # of what was signed here just now
        self.seen = False
        self.own_first = True

    def compose_main(self) -> ComposeResult:
        """The two lists; the case."""
        yield IssueLists(id="lists")
        with Vertical(id="one"):
            yield Lines([[]], id="steps")
            with VerticalScroll(id="scroll"):
                yield Lines([], id="sheet")
            yield Lines([], id="key")
            with Horizontal(classes="row", id="passphrase-row"):
                yield Lines([[(say("issue.passphrase"), "dim")]], classes="label")
                yield Lines([[("[", "dim")]], classes="bracket")
                yield Entry("", secret=True, limit=128, id="passphrase")
                yield Lines([[("]", "dim")]], classes="bracket")
            with Horizontal(classes="row", id="tail-row"):
                yield Lines([[(say("issue.tail"), "dim")]], classes="label")
                yield Lines([[("[", "dim")]], classes="bracket")
                yield Entry("", limit=4, digits=True, id="tail")
                yield Lines([[("]", "dim")]], classes="bracket")
            yield Lines([[]], id="how")

    # -- arriving and changes -----------------------------------------------------------------------------------------

    async def shown(self, case_id: str = "", marked: frozenset[str] = frozenset(), **_: Any) -> None:
        """Open a case, or the lists with some cases marked for F9."""
        if self.hall.services is None or self.service.desk.person is None:
            return
        self.mark_session()
        if case_id:
            await self.open_case(case_id)
            return
        self.close_case()
        table = self.query_one("#decided", WindowTable)
        if marked:
            table.marked = set(marked)
            table.refresh()
        else:
            self.mark_unfinished()

    def changed(self, tables: frozenset[str]) -> None:
        """Rows have changed."""
        if self.service.desk.person is None:
            return
        if self.view is not None:
            self._reread_case()
        else:
            self.reread_lists()

    def reread_lists(self) -> None:
        """Both lists as they stand now."""
        service, papers = self.service, self.papers
        self.query_one(IssueLists).show(
            service.work("issuing", own_first=self.own_first),
            service.work("delivering", own_first=self.own_first),
            papers.unsigned(own_first=self.own_first),
            papers.wrong,
            key_open=papers.seal.is_open,
            missing=papers.seal.missing,
            levels=self.hall.services.levels.waiting,
            now=service.desk.clock.now(),
        )
        self.retitle("")
        self.show_keys()

    def action_leaf(self, way: int) -> None:
        """The facts, a screenful on or back, while the cursor stays in the field of the last digits."""
        scroll = self.query_one("#scroll", VerticalScroll)
        scroll.scroll_relative(y=way * max(scroll.size.height - 1, 1), animate=False)

    # -- one case -----------------------------------------------------------------------------------------------------

    async def open_case(self, id: str) -> None:
        """Show one case and render its paper."""
        self.view = self.service.view(id)
        if self.view is None:
            raise HallError("review.not_here")
        self.preview, self.verdict = None, ""
        self.seen = False
        self.add_class("-case")
        with self.prevent(Input.Changed):
            for name in ("#passphrase", "#tail"):
                self.query_one(name, Entry).value = ""
        self._reread_case()
        self.query_one("#tail", Entry).focus()
        if not self.view.issued and self.view.record is not None:
            await self._render_paper()

    async def _render_paper(self) -> None:
        assert self.view is not None
        id = self.view.case.id
        preview = await self.service.preview(self.view)
        if self.view is not None and self.view.case.id == id:
            self.preview = preview
            self._reread_case()

    def close_case(self) -> None:
        """The lists."""
        self.view = None
        self.remove_class("-case")
        self.reread_lists()
        self.status()
        self.query_one("#decided", WindowTable).focus()

    def _reread_case(self) -> None:
        assert self.view is not None
        view = self.service.view(self.view.case.id)
        if view is None:
            self.close_case()
            return
        self.view = view
        seal = self.papers.seal
        step = 4 if view.issued else 3 if self.seen else 2 if self.preview is not None else 1
        self.query_one("#steps", Lines).set_lines([steps_line(step)])
        cells = (self.size.width or 80) - 4
        parcels = self.parcels.of_case(view.case.id)
        course = course_lines(self.delivery.course(view.case.id), self.delivery)
        head, facts = sheet(view, self.preview, cells)
        self.query_one("#sheet", Lines).set_lines([*head, *course, *parcel_lines(parcels), *facts])
        now = self.service.desk.clock.now()
        key = certificate_lines(seal.certificate, seal.is_new, seal.missing, cells)
        if seal.revocation is not None:
            key.append(revocation_line(seal.revocation, now))
        if approver := approver_line(view):
            key.append(approver)
        self.query_one("#key", Lines).set_lines([*key, right_line(view, now)])
        self.query_one("#passphrase-row").display = not seal.is_open and not seal.missing and not view.issued
        self.query_one("#tail-row").display = not view.issued and not seal.missing
        how: Phrase = "issue.how_deliver" if view.issued else ("issue.how", {"tail": tail(view.number)})
        if not view.issued and (why := self.service.why_not(view)) is not None:
            how = why
        elif seal.missing and not view.issued:
            how = "issue.no_key.short"
        elif view.awaits:
            how = "issue.how_alone", {"tail": tail(view.number), "name": view.approver}
        self.query_one("#how", Lines).set_lines([[(say(how), "strong" if how[0] == "issue.how" else "warn")]])
        self.retitle(f"{short(view.number)} {say(f'issue.paper.{view.record.kind}') if view.record else ''}")
        self.status(("review.line", {"text": audit_line(view, self.verdict, self.hall.clock.now())}))
        self.show_keys()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def label_of(self, action: Action) -> str:
        """F9 is the delivery of what is issued, a new right where the old one is over, the papers' signing; F3 tells
        the order of the lists."""
        if action.id == "issue.sign":
            return f"issue.sign.{self._signs()}"
        if action.id == "issue.own_first":
            return "issue.own_first" if self.own_first else "issue.by_deadline"
        return action.label

    def _signs(self) -> str:
        if self.view is None:
            focused = self.focused.id if self.focused is not None else ""
            return "papers" if focused == "papers" else "marked"
        if self.view.issued:
            return "deliver"
        if self.hall.services is not None and self.service.why_not(self.view) == "issue.right_over":
            return "claim"
        return "case"

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why not now."""
        if self.hall.services is None or self.service.desk.person is None:
            return "review.opening"
        view = self.view
        if action_id == "issue.sign" and self._signs() not in ("deliver", "claim") and self.papers.seal.missing:
            return "issue.no_key.short"
        if action_id in ("issue.own_first", "issue.raise"):
            return "issue.in_lists" if view is not None else None
        if action_id == "issue.edit":
            return "issue.edit_by_send_back"
        if action_id in OF_A_CASE and view is None:
            return "review.open_a_case"
        if view is None:
            return None
        if action_id == "issue.print" and not view.issued:
            return "issue.print_after"
        if action_id in ("issue.send_back", "issue.render_again") and view.issued:
            return "issue.issued_already"
        if action_id == "issue.send_back" and not view.mine:
            return "issue.right_elsewhere"
        if action_id == "issue.sign" and self._signs() == "deliver":
            return None if view.case.state == "issued" else "issue.delivered"
        if action_id == "issue.sign" and self._signs() == "case":
            return self.service.why_not(view)
        return None

    def tail_of(self, action_id: str) -> str | None:
        """The screen has its own field for it."""
        return None

    def copies(self) -> list[tuple[Phrase, str]]:
        """The number of the case, of its paper, and the credit code."""
        if self.view is not None:
            number = self.view.record.number if self.view.record is not None else ""
            found = [("app.copy.number", self.view.number), ("app.copy.document", number or "")]
            found.append(("app.copy.code", self.view.case.applicant_code or ""))
        else:
            focused = self.focused
            row = focused.cursor_row if isinstance(focused, WindowTable) else None
            label = "app.copy.document" if focused is not None and focused.id == "papers" else "app.copy.number"
            found = [(label, row.data.number)] if row is not None else []
        return [(label, value) for label, value in found if value]

    async def do_open(self) -> None:
        """Enter: the case; a paper that cannot be signed says why in full."""
        if self.view is not None:
            return
        focused = self.focused
        row = focused.cursor_row if isinstance(focused, WindowTable) else None
        if row is None or focused is None:
            return
        if focused.id == "decided":
            await self.open_case(str(row.key))
        elif row.key in self.papers.wrong:
            await self.ask(Tell(row.data.number, [say(self.papers.wrong[row.key])]))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the passphrase goes on to the tail; in the tail it is F9."""
        event.stop()
        if event.input.id == "passphrase":
            self.query_one("#tail", Entry).focus()
        else:
            self.perform("issue.sign")

    def do_own_first(self) -> None:
        """F3: the own office's before all others, or all by their deadlines."""
        self.own_first = not self.own_first
        self.reread_lists()

    def do_edit(self) -> None:
        """F4: a paper says what its case says, so there is nothing to edit here; `why_disabled` tells the way."""
        raise HallError("issue.edit_by_send_back")

    async def do_view_pdf(self) -> None:
        """F8: the paper in the viewer, signed or as it will be."""
        assert self.view is not None
        content = await self.service.file_of(self.view)
        name = self.view.record.sha256 if self.view.issued else self.view.record.id
        self.hall.services.viewer.show(content, name, "application/pdf", self.hall.settings.viewer)
        self.seen = True
        self._reread_case()
        self.hint("review.file_shown", tone="good", name=self.view.record.number or "")

    async def do_render_again(self) -> None:
        """F5."""
        await self._render_paper()
        self.hint("issue.rendered", tone="good")

    async def do_send_back(self) -> None:
        """F6: to the review; the number goes void."""
        assert self.view is not None
        reason = await self.ask(Ask(say("issue.send_back"), say("issue.send_back_why"), limit=500, check=wanted))
        if reason and self.view is not None:
            self.service.send_back(self.view.case.id, reason)
            number = self.view.record.number or ""
            self.close_case()
            self.hint("issue.sent_back", tone="good", number=number)

    async def do_sign(self) -> None:
        """F9."""
        signs = self._signs()
        if signs == "papers":
            await self.sign_papers()
        elif signs == "marked":
            await self.issue_marked()
        elif signs == "deliver":
            await self.deliver()
        elif signs == "claim":
            assert self.view is not None
            await self.service.claim(self.view.case.id)
            self.hint("issue.claimed", tone="good")
            self._reread_case()
        else:
            await self._issue_one()

    async def _issue_one(self) -> None:
        assert self.view is not None
        field = self.query_one("#tail", Entry)
        if field.value.strip() != tail(self.view.number):
            field.focus()
            raise HallError("app.wrong_tail" if field.value.strip() else "issue.tail_first")
        if not await self.open_seal() or self.view is None:
            return
        self.status("issue.signing")
        try:
            self.view, self.verdict = await self.service.issue(self.view.case.id), Word.GOOD
        finally:
            field.value = ""
            if self.view is not None:
                self._reread_case()
        pending = self.view.decision is not None and self.view.decision.pending
        self.hint("issue.done_pending" if pending else "issue.done", tone="good", number=self.view.record.number)

    def do_back(self) -> bool:
        """Esc: the lists again."""
        if self.view is None:
            return False
        self.close_case()
        return True
