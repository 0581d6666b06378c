"""Many at once at screen 3: marked cases are issued, waiting papers signed, each by itself with a line of progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.errors import HallError
from workstation.cells import wrap
from workstation.locale import say
from workstation.screens.issue_key import IssueKey
from workstation.screens.review_steps import CELLS
from workstation.views.worklist import tail
from workstation.widgets.dialog import Confirm, Tell
from workstation.widgets.progress import ProgressLine
from workstation.widgets.window_table import WindowTable

if TYPE_CHECKING:
    from workstation.services.issue import IssueService


class IssueBatch(IssueKey):
    """F9 in the lists."""

    _offered_to = ""

    @property
    def service(self) -> IssueService:
        """What the screen calls for decisions."""
        service: IssueService = self.hall.services.issue
        return service

    def reread_lists(self) -> None:
        """Show the lists as they stand now."""
        raise NotImplementedError

    def mark_unfinished(self) -> None:
        """A batch that something broke off is marked again, once a sign-on."""
        staff = self.service.desk.me.staff
        if self._offered_to == staff:
            return
        self._offered_to = staff
        if cases := self.service.unfinished():
            table = self.query_one("#decided", WindowTable)
            table.marked = set(cases)
            table.refresh()
            self.status("issue.batch_unfinished", count=len(cases))

    async def issue_marked(self) -> None:
        table = self.query_one("#decided", WindowTable)
        rows = [row for index in range(table.count) if (row := table.cache.row(index)) is not None]
        marked = [row for row in rows if row.key in table.marked and row.data.state == "decided"]
        if not marked:
            raise HallError("issue.mark_first")
        last = tail(marked[-1].data.number)
        lines = [f"{row.cells[0]}  {row.cells[1]}  {row.cells[3]}" for row in marked[:12]]
        if not await self.ask(Confirm(say("issue.batch", count=len(marked), tail=last), last, lines)):
            return
        if not await self.open_seal():
            return
        line = self.query_one("#progress", ProgressLine)
        told = await self.service.issue_many(
            [str(row.key) for row in marked], lambda done, all: line.show(say("issue.batch_progress"), done, all)
        )
        line.clear()
        table.marked.clear()
        table.refresh()  # rows that were read anew meanwhile still show their marks
        self.reread_lists()
        numbers = {str(row.key): row.cells[0] for row in marked}
        if (why := self.papers.seal.lost) is not None:
            await self._broken_off(len(marked), why)
            return
        wrong = [f"{numbers[case]}  {say(why)}" for case, why in told if why is not None]
        if wrong:
            await self.ask(Tell(say("issue.batch_done", good=len(told) - len(wrong), wrong=len(wrong)), wrong))
        else:
            self.hint("issue.batch_done", tone="good", good=len(told), wrong=0)

    async def _broken_off(self, count: int, why: HallError) -> None:
        """The token was pulled out: what is not issued stays marked, and F9 goes on."""
        left = self.service.unfinished()
        table = self.query_one("#decided", WindowTable)
        table.marked = set(left)
        table.refresh()
        lines = [*wrap(say((why.code, why.params)), CELLS), *wrap(say("issue.batch_goes_on", count=len(left)), CELLS)]
        await self.ask(Tell(say("issue.batch_done", good=count - len(left), wrong=len(left)), lines))
        self.status("issue.batch_unfinished", count=len(left))

    async def sign_papers(self) -> None:
        waiting = [paper for paper in self.papers.unsigned() if self.papers.signable(paper)]
        if not waiting:
            raise HallError("issue.awaits_approvers" if self.papers.unsigned() else "issue.all_signed")
        if not await self.open_seal():
            return
        line = self.query_one("#progress", ProgressLine)
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            line.show(say("issue.batch_progress"), done, len(waiting))

        line.show(say("issue.batch_progress"), 0, len(waiting))
        told = await self.papers.put_out_many([paper.id for paper in waiting], step)
        good = sum(each.why is None for each in told)
        line.clear()
        self.reread_lists()
        if (why := self.papers.seal.lost) is not None:
            left = say("issue.papers_go_on", count=len(waiting) - good)
            lines = [*wrap(say((why.code, why.params)), CELLS), *wrap(left, CELLS)]
            await self.ask(Tell(say("issue.papers_done", good=good, wrong=len(waiting) - good), lines))
            return
        tone = "good" if good == len(waiting) else "warn"
        self.hint("issue.papers_done", tone=tone, good=good, wrong=len(waiting) - good)
