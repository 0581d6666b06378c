"""F2 at screen 2: an approver signs what they decided, where the hall wants that signature before the seal.

F2 ─▶ what waits, look at it or sign it all ─▶ key, opened once ─▶ one by one: signed, stamped, at the centre
                                                              │ no time stamp: later, or the seal alone
                                                              └ the key is gone: what is left waits on
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.errors import HallError
from workstation.cells import wrap
from workstation.locale import Phrase, say
from workstation.screens.review_commit import ReviewCommit
from workstation.screens.review_steps import CELLS, wanted
from workstation.services.approval import no_stamp, of_the_key
from workstation.widgets.dialog import Ask, Pick, Tell

if TYPE_CHECKING:
    from workstation.services.approval import ApprovalService
    from workstation.views.approval import ToSign

SHOWN = 8


class ReviewSign(ReviewCommit):
    """The approver's signature."""

    @property
    def approval(self) -> ApprovalService:
        """What the screen calls for signatures."""
        service: ApprovalService = self.hall.services.approval
        return service

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why not now."""
        why = super().why_disabled(action_id)
        if action_id != "review.sign" or why is not None:
            return why
        return "approve.none" if not self.approval.to_sign() else self.approval.why_not()

    def signing_words(self) -> str:
        """How many papers wait for the person's signature; empty without any."""
        waiting = self.approval.to_sign()
        return say("approve.waiting", count=len(waiting)) if waiting else ""

    async def do_sign(self) -> None:
        """F2."""
        waiting = self.approval.to_sign()
        lines = [f"{each.number}  {each.applicant}  {each.matter}" for each in waiting[:SHOWN]]
        if len(waiting) > SHOWN:
            lines.append(say("approve.more", count=len(waiting) - SHOWN))
        options = [("sign", say("approve.sign", count=len(waiting))), ("look", say("approve.look"))]
        chosen = await self.ask(Pick(say("review.sign"), options, lines))
        if chosen == "look":
            await self._look(waiting)
        elif chosen == "sign" and await self._open_key():
            await self._sign(waiting)

    async def _look(self, waiting: list[ToSign]) -> None:
        options = [(each.document, f"{each.number}  {say(f'issue.paper.{each.kind}')}") for each in waiting]
        document = options[0][0] if len(options) == 1 else await self.ask(Pick(say("approve.look"), options))
        if document is None:
            return
        preview = await self.approval.preview(str(document))
        self.hall.services.viewer.show(preview.pdf, preview.digest, "application/pdf", self.hall.settings.viewer)
        self.hint("review.file_shown", tone="good", name=dict(options)[document])

    async def _open_key(self) -> bool:
        """The person's own key, opened by the keyring or by a question; False: not."""
        if self.approval.is_open:
            return True
        try:
            await self.approval.open()
        except HallError as error:
            if error.code != "document.passphrase_needed":
                raise
            label = "approve.pin" if self.approval.key.on_token else "approve.passphrase"
            told = await self.ask(Ask(say("approve.key"), say(label), secret=True, limit=128, check=wanted))
            if not told:
                return False
            await self.approval.open(told)
        return True

    async def _sign(self, waiting: list[ToSign]) -> None:
        """One by one; what is wrong with one stops no other, what is wrong with key or stamps leaves the rest."""
        wrong: list[str] = []
        for place, each in enumerate(waiting):
            self.status("approve.signing", n=place + 1, count=len(waiting))
            try:
                await self.approval.sign(each.document)
            except HallError as error:
                why = say((error.code, error.params))
                if no_stamp(error):
                    await self._without_stamp(waiting[place:], why)
                    return
                wrong.append(f"{each.number}  {why}")
                if of_the_key(error):
                    wrong.append(say("approve.left", count=len(waiting) - place))
                    break
        self.changed(frozenset({"*"}))
        if wrong:
            lines = [part for line in wrong for part in wrap(line, CELLS)]
            await self.ask(Tell(say("approve.some", count=len(self.approval.to_sign())), lines))
        else:
            self.hint("approve.done", tone="good", count=len(waiting))

    async def _without_stamp(self, left: list[ToSign], why: str) -> None:
        """There is no time stamp: they wait, or the seal alone is set and the text names the approver."""
        lines = [part for line in (why, say("approve.no_stamp_means")) for part in wrap(line, CELLS)]
        options = [("later", say("approve.later")), ("alone", say("approve.alone", count=len(left)))]
        if await self.ask(Pick(say("approve.no_stamp"), options, lines)) != "alone":
            return
        for each in left:
            await self.approval.waive(each.document)
        self.changed(frozenset({"*"}))
        self.hint("approve.waived", tone="warn", count=len(left))

    def changed(self, tables: frozenset[str]) -> None:
        """Rows have changed."""
        raise NotImplementedError
