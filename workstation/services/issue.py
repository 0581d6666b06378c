"""Screen 3: from the decision to its signed paper.

decided, the right at this device ──issue──▶ issued, to be delivered (`delivery`)
    │ send_back: the right comes back, the number goes void
    └ claim: a right that has run out is asked for anew, with the same number
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sync.errors import HallError
from sync.protocol.messages import ACCEPTED
from sync.protocol.verbs import case as verbs
from sync.records.states import DocumentState
from workstation.documents.filing import Batch
from workstation.locale import Phrase
from workstation.views import worklist
from workstation.views.issue import IssueView, read_issue
from workstation.views.worklist import Wanted, WorkRow, scopes_of

if TYPE_CHECKING:
    from workstation.documents.holder import Preview
    from workstation.services.desk import Desk
    from workstation.services.papers import PapersService, PutOut

WINDOW = ("clerk", "grid")
ANSWER_SECONDS = 3.0


class IssueService:
    """What screen 3 calls; papers are signed by the `papers` service."""

    def __init__(self, desk: Desk, papers: PapersService) -> None:
        self.desk = desk
        self.papers = papers

    # -- what is shown ------------------------------------------------------------------------------------------------

    def wanted(self, only: str) -> Wanted:
        """The list "issuing" (decided) or "delivering" (issued) of the scopes in which the person may issue."""
        me = self.desk.me
        return Wanted(only, scopes_of(me.grants, *WINDOW))

    def work(self, only: str, limit: int = 200, *, own_first: bool = False) -> list[WorkRow]:
        """The first cases of a list, by deadline; those of the person's own office before all others."""
        wanted, device = self.wanted(only), self.desk.store.device
        own = tuple(scope for scope in wanted.scopes if own_first and scope in self.desk.own_scopes)
        parts = (own, tuple(scope for scope in wanted.scopes if scope not in own))
        rows: list[WorkRow] = []
        for scopes in filter(None, parts):
            part = Wanted(only, scopes)
            rows += worklist.page(self.desk.read, part, device, None, limit - len(rows)) if len(rows) < limit else []
        return rows

    def view(self, case: str) -> IssueView | None:
        """One case."""
        desk = self.desk
        return read_issue(desk.row, desk.rows, self.papers.of_case(case), case, desk.store.device)

    async def preview(self, view: IssueView) -> Preview:
        """The decision as it will be printed, unsigned. Raises DocumentError."""
        if view.record is None:
            raise HallError("issue.not_prepared")
        return await asyncio.to_thread(self.papers.seal.preview, view.record)

    async def file_of(self, view: IssueView) -> bytes:
        """The signed decision where there is one, else its preview."""
        if view.issued and view.record.sha256:
            return await self.papers.content(view.record.sha256)
        return (await self.preview(view)).pdf

    # -- issuing ------------------------------------------------------------------------------------------------------

    def why_not(self, view: IssueView) -> Phrase | None:
        """Why this case cannot be issued here and now, in words; None: it can."""
        if view.record is None or view.case.state != "decided":
            return "issue.not_decided"
        if view.clashes:
            return "issue.clash", {"fields": "、".join(view.clashes)}
        if not view.record.number or view.record.state != DocumentState.PREPARED:
            return "issue.not_prepared"
        if view.right is not None and view.right.state != "out":
            return "issue.right_over"
        if not view.mine:
            return "issue.right_elsewhere"
        if self.desk.clock.now() > view.until:
            return "issue.right_over"
        if view.awaits and self.desk.engine.status.online:
            return "issue.awaits_approver", {"name": view.approver}
        return "error.offline_too_long" if self.desk.engine.away.too_long else None

    async def issue(self, case: str) -> IssueView:
        """Sign and issue one case; what is not good is not issued. Raises HallError."""
        view = self.view(case)
        if view is None:
            raise HallError("issue.not_decided")
        if (why := self.why_not(view)) is not None:
            raise HallError(why) if isinstance(why, str) else HallError(why[0], **why[1])
        held = await self.papers.put_out(view.record.id)
        await self._answer(held.n)
        after = self.view(case)
        assert after is not None
        return after

    async def _answer(self, n: int | None) -> None:
        """The centre's word, where it is there to give it; offline the registration stays pending. Raises HallError
        `refusal.…`."""
        desk = self.desk
        if n is None or not desk.engine.status.online:
            return
        result = await asyncio.to_thread(desk.engine.wait, n, ANSWER_SECONDS)
        if result is None:
            return
        if result.status != ACCEPTED:
            desk.acknowledge(n)
            raise desk.told(result.code or result.status, result.params)
        await asyncio.to_thread(desk.engine.wait_seen, result.seqs, ANSWER_SECONDS)

    async def issue_many(
        self, cases: Sequence[str], progress: Callable[[int, int], None]
    ) -> list[tuple[str, Phrase | None]]:
        """Each case by itself, on all cores: (case, None or why not). What is wrong with one stops no other. The batch
        is remembered on disk until all have been looked at, and on if the key's token was pulled out."""
        await asyncio.to_thread(self.papers.filing.begin_batch, Batch(self.desk.me.staff, tuple(cases)))
        told: dict[str, Phrase | None] = {}
        by_document: dict[str, str] = {}
        for case in cases:
            view = self.view(case)
            why = self.why_not(view) if view is not None else "issue.not_decided"
            if view is None or why is not None:
                told[case] = why
            else:
                by_document[view.record.id] = case
        done = len(told)

        def step() -> None:
            nonlocal done
            done += 1
            progress(done, len(cases))

        progress(done, len(cases))
        for each in await self.papers.put_out_many(list(by_document), step):
            told[by_document[each.document]] = await self._outcome(each)
        if len(told) == len(cases) and self.papers.seal.lost is None:
            self.papers.filing.end_batch()
        return [(case, told[case]) for case in cases if case in told]

    async def _outcome(self, each: PutOut) -> Phrase | None:
        if each.held is None:
            return each.why
        try:
            await self._answer(each.held.n)
        except HallError as error:
            return error.code, error.params
        return None

    def unfinished(self) -> frozenset[str]:
        """The cases of a batch that something broke off, as far as they can still be issued here."""
        batch = self.papers.filing.batch()
        if batch is None or batch.staff != self.desk.me.staff:
            return frozenset()
        views = [self.view(case) for case in batch.cases]
        return frozenset(view.case.id for view in views if view is not None and self.why_not(view) is None)

    def send_back(self, case: str, reason: str) -> int:
        """退回审查: the right is given back and the number goes void. Raises HallError `refusal.…`."""
        return self.desk.do(verbs.Reopen(reason=reason), id=case, scope=self._scope(case))

    async def claim(self, case: str) -> None:
        """Ask the centre for the right anew, after it was returned or has run out. Raises HallError."""
        args = verbs.ClaimAuthorisation(authorisation=self.desk.new_id())
        await self.desk.ask(args, id=case, scope=self._scope(case))

    def _scope(self, case: str) -> str:
        row: Any = self.desk.row("case", case)
        if row is None:
            raise HallError("issue.not_decided")
        return str(row.scope)
