"""F9 of screen 3 once the decision is signed: by which way it was delivered, that one failed, or a public notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.errors import HallError
from workstation.locale import say
from workstation.screens.frame import Frame
from workstation.screens.review_steps import wanted
from workstation.views.delivery import Course
from workstation.views.issue import IssueView
from workstation.widgets.dialog import Ask, Pick
from workstation.widgets.lines import Line

if TYPE_CHECKING:
    from workstation.services.delivery import DeliveryService

LONGEST = 120


class IssueDelivery(Frame):
    """Delivering; the issuing screen is built on it."""

    view: IssueView | None = None

    @property
    def delivery(self) -> DeliveryService:
        """What the screen calls to deliver."""
        service: DeliveryService = self.hall.services.delivery
        return service

    def changed(self, tables: frozenset[str]) -> None:
        """Show what has changed."""
        raise NotImplementedError

    async def deliver(self) -> None:
        """Which way; after it what that way needs."""
        assert self.view is not None
        case, title = self.view.case.id, say("issue.sign.deliver")
        course = self.delivery.course(case)
        options = self.delivery.methods()
        options += [("failed", say("delivery.failed")), ("notice", say("delivery.notice"))]
        how = await self.ask(Pick(title, options, course_words(course, self.delivery)))
        if how is None or self.view is None:
            return
        if how == "failed":
            await self._failed(case)
        elif how == "notice":
            await self._notice(case, course)
        elif how == "courier":
            await self.by_courier(case)
        else:
            await self._delivered(case, str(how))

    async def by_courier(self, case: str) -> None:
        """The way that goes through a parcel."""
        raise NotImplementedError

    async def _delivered(self, case: str, method: str) -> None:
        assert self.view is not None
        title, label = say("issue.sign.deliver"), say("issue.receiver")
        receiver = await self.ask(Ask(title, label, value=self.view.case.applicant, limit=LONGEST, check=wanted))
        if not receiver:
            return
        details: dict[str, str] = {}
        for name, words, offered in self.delivery.details(method):
            told = await self.ask(Ask(title, words, value=offered, limit=LONGEST, check=wanted))
            if not told:
                return
            details[name] = told
        self.delivery.deliver(case, receiver, method, details)
        self.changed(frozenset({"case"}))
        self.hint("issue.delivered_now", tone="good")

    async def _failed(self, case: str) -> None:
        title = say("delivery.failed")
        method = await self.ask(Pick(title, self.delivery.methods()))
        if method is None:
            return
        day = await self.ask(Ask(title, say("delivery.day"), value=self.delivery.today, limit=10, check=wanted))
        if not day:
            return
        reason = await self.ask(Ask(title, say("delivery.why"), limit=LONGEST, check=wanted))
        if reason:
            self.delivery.attempt(case, str(method), day, reason)
            self.changed(frozenset({"delivery_attempt"}))
            self.hint("delivery.failed_now", tone="good", way=self.delivery.words(str(method)))

    async def _notice(self, case: str, course: Course) -> None:
        why = self.delivery.why_no_notice(course)
        if why is not None:
            raise HallError(why) if isinstance(why, str) else HallError(why[0], **why[1])
        told = [say("delivery.notice_about")]
        reason = await self.ask(Pick(say("delivery.notice"), self.delivery.notice_reasons(), told))
        if reason is not None:
            await self.delivery.post(case, str(reason))
            self.changed(frozenset({"public_notice"}))
            self.hint("delivery.posted_now", tone="good")


def course_words(course: Course, delivery: DeliveryService) -> list[str]:
    """What was tried and what runs, a sentence each."""
    told = [
        say("delivery.tried", day=each.day, way=delivery.words(each.method), reason=each.reason)
        for each in course.attempts
    ]
    if course.notice is not None:
        told.append(say("delivery.posted", day=course.notice.until_day, reason=course.notice.reason))
    return told


def course_lines(course: Course, delivery: DeliveryService) -> list[Line]:
    """The same below the paper's facts."""
    words = course_words(course, delivery)
    if not words:
        return []
    return [[], [(say("delivery.course"), "title")], *([(f"     {each}", "")] for each in words)]
