"""F9 and F6 on a case: the clerk accepts, submits or sends back with all defects at once; the approver decides.

clerk     received, corrected ─F9─▶ accepted      accepted, in review ─F9─▶ reviewed      received ─F6─▶ correction
approver  reviewed ─F9─▶ granted                  reviewed ─F6─▶ denied, with reasons
"""

from __future__ import annotations

from typing import Any

from sync.errors import HallError
from workstation.actions.table import Action
from workstation.locale import Phrase, say
from workstation.screens.review_steps import ReviewSteps, wanted
from workstation.views.worklist import short, tail
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.entry import Entry


class ReviewCommit(ReviewSteps):
    """What ends a person's work on a case."""

    draft: dict[str, Any]

    def marked(self) -> frozenset[str]:
        """The cases marked in the list."""
        raise NotImplementedError

    def leave_case(self) -> None:
        """Back to the list."""
        raise NotImplementedError

    def _commits(self) -> str:
        """What F9 does: the clerk's accept, submit or issue, the approver's decision; in the list, batch issue."""
        if self.service.decides:
            return "decide"
        if self.view is None:
            return "marked"
        state = self.view.row.state
        if state in ("decided", "issued"):
            return "issue"
        return "accept" if state in ("received", "corrected") else "submit"

    def label_of(self, action: Action) -> str:
        """F6 and F9 by role and state; F7 and F8 by what is shown."""
        if self.hall.services is None or self.service.desk.person is None:
            return action.label
        if action.id == "review.commit":
            return f"review.commit.{self._commits()}"
        if action.id == "review.send_back" and self.service.decides:
            return "review.refuse"
        if self.view is None and action.id in ("review.previous", "review.next"):
            return "review.other_list"
        return action.label

    def why_disabled(self, action_id: str) -> Phrase | None:
        """Why not now."""
        if self.hall.services is None or self.service.desk.person is None:
            return "review.opening"
        view = self.view
        if action_id == "app.undo":
            return None if self.last is not None else "review.nothing_to_undo"
        if action_id == "review.commit" and view is None:
            return None if self.marked() and not self.service.decides else "review.open_a_case"
        if action_id in ("review.edit", "review.send_back", "review.commit", "review.reveal"):
            if view is None:
                return "review.open_a_case"
            if action_id == "review.edit":
                return self.service.can(view, "edit")
            if action_id == "review.send_back":
                return self.service.can(view, "decide" if self.service.decides else "correct")
            if action_id == "review.commit" and (verb := self._commits()) != "issue":
                return self.service.can(view, verb)
        return None

    async def do_commit(self) -> None:
        """F9."""
        commits = self._commits()
        if commits == "marked":
            self.hall.goto(3, marked=self.marked())
        elif commits == "issue":
            await self._issue()
        elif commits == "accept":
            await self._accept()
        elif commits == "submit":
            await self._submit()
        else:
            await self._decide("granted")

    def _opinion(self) -> str:
        return self.query_one("#opinion", Entry).value.strip()

    async def _submit(self) -> None:
        if not self._opinion():
            if self.has_class("-narrow"):
                self.fold(True)
            self.query_one("#opinion", Entry).focus()
            raise HallError("review.opinion_first")
        options = [(decision, say(f"review.propose.{decision}")) for decision in ("granted", "denied")]
        proposal = await self.ask(Pick(say("review.commit.submit"), options, [self._opinion()]))
        if proposal and self.view is not None:
            self._committed(self.service.submit(self.view, self._opinion(), proposal), "submit")

    async def _decide(self, decision: str) -> None:
        assert self.view is not None
        reasons = self._opinion()
        if decision == "denied" and not reasons:
            reasons = await self.ask(Ask(say("review.refuse"), say("review.reason_why"), limit=500, check=wanted)) or ""
            if not reasons:
                return
        options = [("yes", say(f"review.decide.{decision}")), ("no", say("review.not_yet"))]
        lines = [say("review.deciding", number=short(self.view.number), tail=tail(self.view.number)), reasons]
        if await self.ask(Pick(say(f"review.decision.{decision}"), options, lines)) == "yes" and self.view is not None:
            self._committed(self.service.decide(self.view, decision, reasons), "decide")

    async def do_send_back(self) -> None:
        """F6: the clerk's correction notice with every defect, the approver's 不予."""
        if self.service.decides:
            await self._decide("denied")
            return
        assert self.view is not None
        defects = self._defects()
        if not defects:
            raise HallError("review.no_defects")
        lines = [
            f"{place} {each['label']}{': ' if each['label'] else ''}{each['words']}"
            for place, each in enumerate(defects, 1)
        ]
        options = [("yes", say("review.send_all", count=len(defects))), ("no", say("review.not_yet"))]
        if await self.ask(Pick(say("review.send_back"), options, lines)) == "yes" and self.view is not None:
            told = [{name: each[name] for name in ("material", "reason", "words", "remedy")} for each in defects]
            self._committed(self.service.correct(self.view, told), "correct")

    def _defects(self) -> list[dict[str, Any]]:
        """All defects at once: defective and missing materials, and the ticked reasons."""
        assert self.view is not None
        found: list[dict[str, Any]] = []
        for material in self.view.materials:
            missing = material.state == "missing" and material.required
            if missing or material.state == "defective":
                reason = "missing" if missing else "incomplete"
                words = material.defect or say(f"review.reason.{reason}")
                remedy = say(f"review.remedy.{reason}")
                found.append(
                    {
                        "material": material.id,
                        "label": material.name,
                        "reason": reason,
                        "words": words,
                        "remedy": remedy,
                    }
                )
        for code in self.draft.get("reasons", ()):
            words = str(self.draft.get("other", "")) if code == "other" else say(f"review.reason.{code}")
            found.append({"material": None, "label": "", "reason": code, "words": words, "remedy": ""})
        return found

    def _committed(self, n: int, step: str) -> None:
        """The case is out of hand: its draft is done with, and the list is next."""
        assert self.view is not None
        self.service.drop_draft(self.view.row.id)
        self.last = (n, step)
        number = short(self.view.number)
        self.leave_case()
        self.hint("review.committed", tone="good", step=say(f"review.step.{step}"), number=number)
