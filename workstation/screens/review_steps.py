"""What can be done with a case besides the keys of the bar: the numbered list of F10, and the questions each step asks.

F10 ─▶ only what is possible now ─▶ the question(s) of that step ─▶ service ─▶ the case read again
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.errors import HallError
from sync.records.states import DocumentState, PaperKind
from workstation.cells import clip, wrap
from workstation.hours import hhmm
from workstation.locale import Phrase, say
from workstation.screens.frame import Frame
from workstation.screens.review_move import where_and_why
from workstation.views.case import CaseView
from workstation.views.papers import Paper, is_signed
from workstation.views.worklist import tail
from workstation.widgets.dialog import Ask, Confirm, Pick, Tell

if TYPE_CHECKING:
    from workstation.services.review import ReviewService

STEPS = (
    "take",
    "accept",
    "corrected",
    "step",
    "suspend",
    "continue",
    "decline",
    "withdraw",
    "extend",
    "reopen",
    "revoke",
    "cancel",
    "amend",
    "change",
    "move",
)
CELLS = 58


def wanted(value: str) -> Phrase | None:
    """The check of a question that must be answered."""
    return None if value.strip() else "review.words_missing"


class ReviewSteps(Frame):
    """The steps of F10; the screen of cases is built on it."""

    view: CaseView | None = None

    @property
    def service(self) -> ReviewService:
        """What the screen calls."""
        service: ReviewService = self.hall.services.review
        return service

    def reread_case(self) -> None:
        """Show the case as it stands now."""
        raise NotImplementedError

    async def do_more(self) -> None:
        """F10: what can be done now, numbered."""
        view = self.view
        if view is None:
            options = [(name, say(f"review.more.{name}")) for name in self._without_case()]
        else:
            options = [(name, say(f"review.step.{name}")) for name in STEPS if self.service.can(view, name) is None]
            options += [(name, say(f"review.more.{name}")) for name in self._with_case(view)]
        chosen = await self.ask(Pick(say("review.more"), options)) if options else None
        if chosen is None:
            return
        await getattr(self, f"_{chosen}")()

    def _without_case(self) -> list[str]:
        return ["receive"] if not self.hall.person.read_only and not self.service.decides else []

    def _with_case(self, view: CaseView) -> list[str]:
        names = ["papers", "notes", "reveal"]
        if self.hall.person.read_only:
            return names
        if self.service.can(view, "note") is None:
            names.insert(0, "note")
        if self.service.can(view, "attach") is None and view.materials:
            names.insert(0, "defect")
        if view.clashes:
            names.append("clash")
        if view.row.state in ("decided", "issued") and not self.service.decides:
            names.insert(0, "issue")
        return names

    # -- steps with a reason ------------------------------------------------------------------------------------------

    async def _reason(self, step: str) -> str | None:
        return await self.ask(Ask(say(f"review.step.{step}"), say("review.reason_why"), limit=500, check=wanted))

    def _done(self, n: int, step: str) -> None:
        """A step is in the outbox."""
        self.last = (n, step)
        self.hint("review.done", tone="good", step=say(f"review.step.{step}"))
        self.reread_case()

    last: tuple[int, str] | None = None

    async def _take(self) -> None:
        assert self.view is not None
        self._done(self.service.take(self.view), "take")

    async def _accept(self) -> None:
        assert self.view is not None
        self._done(self.service.accept(self.view), "accept")

    async def _corrected(self) -> None:
        assert self.view is not None
        self._done(self.service.corrected(self.view), "corrected")

    async def _continue(self) -> None:
        assert self.view is not None
        self._done(self.service.go_on(self.view), "continue")

    async def _step(self) -> None:
        activity = await self.ask(Ask(say("review.step.step"), say("review.activity"), limit=60, check=wanted))
        if activity and self.view is not None:
            self._done(self.service.step(self.view, activity), "step")

    async def _decline(self) -> None:
        options = [(outcome, say(f"review.outcome.{outcome}")) for outcome in ("not_needed", "not_competent")]
        outcome = await self.ask(Pick(say("review.step.decline"), options))
        reason = await self._reason("decline") if outcome else None
        if outcome and reason and self.view is not None:
            self._done(self.service.decline(self.view, outcome, reason), "decline")

    async def _suspend(self) -> None:
        if (reason := await self._reason("suspend")) and self.view is not None:
            self._done(self.service.suspend(self.view, reason), "suspend")

    async def _withdraw(self) -> None:
        if (reason := await self._reason("withdraw")) and self.view is not None:
            self._done(self.service.withdraw(self.view, reason), "withdraw")

    async def _extend(self) -> None:
        if (reason := await self._reason("extend")) and self.view is not None:
            self._done(self.service.extend(self.view, reason), "extend")

    async def _reopen(self) -> None:
        if (reason := await self._reason("reopen")) and self.view is not None:
            self._done(self.service.reopen(self.view, reason), "reopen")

    async def _revoke(self) -> None:
        await self._end("revoke")

    async def _cancel(self) -> None:
        await self._end("cancel")

    async def _end(self, step: str) -> None:
        """A permit is taken back or ends: irreversible, so the case's last digits are wanted."""
        reason = await self._reason(step)
        if not reason or self.view is None:
            return
        if await self.ask(Confirm(say(f"review.step.{step}"), tail(self.view.number))):
            do = self.service.revoke if step == "revoke" else self.service.cancel
            self._done(do(self.view, reason), step)

    async def _move(self) -> None:
        assert self.view is not None
        chosen = await where_and_why(self, self.service, self.view)
        if chosen is None or self.view is None:
            return
        place, reason = chosen
        number = self.view.number
        self.last = (self.service.move(self.view, place.scope, reason), "move")
        self.leave_case()
        self.hint("review.move.done", tone="good", number=number, name=place.name)

    def leave_case(self) -> None:
        """The list again."""
        raise NotImplementedError

    async def _amend(self) -> None:
        """更正: which paper, what in it, why; the case's last digits, since the old one will be known as superseded."""
        assert self.view is not None
        papers = [p for p in self.hall.services.papers.of_case(self.view.row.id) if p.state == DocumentState.VALID]
        papers = [paper for paper in papers if self.service.correctable(paper)]
        if not papers:
            raise HallError("review.amend.no_paper")
        chosen = await self.ask(Pick(say("review.amend.which"), [(paper.id, paper_words(paper)) for paper in papers]))
        paper = next((each for each in papers if each.id == chosen), None)
        changes = await self._changes(self.service.correctable(paper)) if paper is not None else {}
        if paper is None or not changes:
            return
        reason = await self.ask(Ask(say("review.step.amend"), say("review.amend.why"), limit=200, check=wanted))
        if not reason or self.view is None:
            return
        if await self.ask(Confirm(say("review.step.amend"), tail(self.view.number))):
            self._done(self.service.amend(self.view, paper, changes, reason), "amend")

    async def _change(self) -> None:
        """变更: what of the licence, why; its decision and the licence anew are prepared together."""
        assert self.view is not None
        papers = [p for p in self.hall.services.papers.of_case(self.view.row.id) if p.state == DocumentState.VALID]
        licence = next((paper for paper in papers if paper.kind == PaperKind.LICENCE), None)
        if licence is None:
            raise HallError("review.change.no_licence")
        changes = await self._changes(self.service.changeable(licence), "change")
        if not changes:
            return
        reason = await self.ask(Ask(say("review.step.change"), say("review.change.why"), limit=200, check=wanted))
        if not reason or self.view is None:
            return
        if await self.ask(Confirm(say("review.step.change"), tail(self.view.number))):
            self._done(self.service.change(self.view, licence, changes, reason), "change")

    async def _changes(self, fields: list[tuple[str, str]], step: str = "amend") -> dict[str, str]:
        """Field by field, until that is all; what was changed shows its new words."""
        changes: dict[str, str] = {}
        while True:
            now = [(field, changes.get(field, value)) for field, value in fields]
            options = [(field, f"{say(f'paper.field.{field}')}: {clip(value, CELLS - 20)}") for field, value in now]
            if changes:
                options.append(("", say(f"review.{step}.ready")))
            field = await self.ask(Pick(say(f"review.{step}.field"), options))
            if field is None:
                return {}
            if field == "":
                return changes
            value = dict(now)[field]
            said = await self.ask(
                Ask(say(f"review.{step}.field"), say(f"paper.field.{field}"), value=value, limit=500, check=wanted)
            )
            if said is not None and said != dict(fields)[field]:
                changes[field] = said

    # -- what is no step ----------------------------------------------------------------------------------------------

    async def _note(self) -> None:
        text = await self.ask(Ask(say("review.more.note"), limit=500, check=wanted))
        if text and self.view is not None:
            self._done(self.service.note(self.view, text), "note")

    async def _notes(self) -> None:
        assert self.view is not None
        lines = [line for staff, at, text in self.view.notes for line in wrap(f"{staff} {hhmm(at)}  {text}", CELLS)]
        await self.ask(Tell(say("review.more.notes"), lines[-18:] or [say("review.no_notes")]))

    async def _defect(self) -> None:
        assert self.view is not None
        options = [(material.id, material.name) for material in self.view.materials]
        material = await self.ask(Pick(say("review.more.defect"), options))
        if material is None:
            return
        words = await self.ask(Ask(say("review.more.defect"), say("review.which_defect"), check=wanted))
        if words and self.view is not None:
            self._done(self.service.check(self.view, str(material), "defective", words), "check")

    async def _papers(self) -> None:
        """文书: each can be looked at."""
        assert self.view is not None
        papers: list[Paper] = self.hall.services.papers.of_case(self.view.row.id)
        options = [(paper.id, paper_words(paper)) for paper in papers]
        chosen = await self.ask(Pick(say("review.more.papers"), options)) if options else None
        paper = next((each for each in papers if each.id == chosen), None)
        if paper is None:
            return
        if not is_signed(paper) or not paper.sha256:
            raise HallError("review.paper_unsigned")
        content = await self.hall.services.papers.content(paper.sha256)
        self.hall.services.viewer.show(content, paper.sha256, "application/pdf", self.hall.settings.viewer)
        self.hint("review.paper_shown", tone="good", number=paper.number)

    async def _receive(self) -> None:
        await self.do_receive()

    async def do_receive(self, ticket: str | None = None) -> None:
        """Ctrl+N: a new case at the counter, under the ticket that is being served."""
        from workstation.screens.receive import PickMatter, ReceiveForm

        served = self.service.desk.row("ticket", ticket) if ticket else self.service.serving()
        matter: Any = None
        if served is not None and not served.case:
            matter = self.service.desk.row("matter", served.matter)
        if matter is None:
            chosen = await self.ask(PickMatter(self.service.matters()))
            matter = self.service.desk.row("matter", chosen)
        if matter is None:
            return
        case = await self.ask(ReceiveForm(self.service, matter, served))
        if case:
            self.hall.goto(2, case_id=case)

    async def _issue(self) -> None:
        assert self.view is not None
        self.hall.goto(3, case_id=self.view.row.id)

    async def _clash(self) -> None:
        self.hall.goto(7)

    async def _reveal(self) -> None:
        self.do_reveal()

    def do_reveal(self) -> None:
        """F11: personal fields in full, or masked again; the asking stands in the journal."""
        raise NotImplementedError


def paper_words(paper: Paper) -> str:
    """A paper in one line: what it is, how it stands, its number."""
    state = "pending" if paper.pending and is_signed(paper) else paper.state
    parts = (f"issue.paper.{paper.kind}", f"issue.state.{state}")
    return "  ".join([*map(say, parts), paper.number or say("issue.no_number")])
