"""送达 at screen 3: into the applicant's hands by one of the ways, or a record that it failed, or at last a notice.

issued ──deliver──▶ delivered
  │ attempt: a way failed          post: when the others have, a notice; the clock delivers when its days are over
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.errors import HallError
from sync.protocol.verbs import case as verbs
from sync.records.settings import DELIVERY_DAYS, DELIVERY_NEEDS
from workstation.locale import Phrase
from workstation.views.delivery import Course, read_course

if TYPE_CHECKING:
    from workstation.services.desk import Desk

NOTICE = "notice"


class DeliveryService:
    """What screen 3 calls to deliver."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def today(self) -> str:
        """The hall's day."""
        return day_of(self.desk.clock.now())

    def methods(self) -> list[tuple[str, str]]:
        """(code, words) of the ways to deliver, the notice last."""
        words = self.desk.setting("delivery_methods")
        return [(way, words[way]) for way in DELIVERY_NEEDS]

    def words(self, method: str) -> str:
        """What a way to deliver is called."""
        return str(self.desk.setting("delivery_methods")[method])

    def details(self, method: str) -> list[tuple[str, str, str]]:
        """(name, words, what is offered) of what a way to deliver needs."""
        words = self.desk.setting("delivery_details")
        return [(name, words[name], self.today if name in DELIVERY_DAYS else "") for name in DELIVERY_NEEDS[method]]

    def course(self, case: str) -> Course:
        """What was tried, and the notice that runs."""
        return read_course(self.desk.rows, case, self.desk.setting("notice_after"))

    def why_no_notice(self, course: Course) -> Phrase | None:
        """Why no notice can be posted now; None: it can."""
        if course.notice is not None:
            return "refusal.notice_posted", {"day": course.notice.until_day}
        if course.lacking:
            return "refusal.notice_too_early", {"ways": "、".join(self.words(way) for way in course.lacking)}
        return None

    def notice_reasons(self) -> list[tuple[str, str]]:
        """(code, words) of why a notice is all that is left."""
        return list(self.desk.setting("notice_reasons").items())

    # -- what is done -------------------------------------------------------------------------------------------------

    def deliver(self, case: str, receiver: str, method: str, details: Mapping[str, str]) -> int:
        """送达: the receipt is prepared, and signed as soon as it has its number. Raises HallError `refusal.…`."""
        desk = self.desk
        ids = {"document": desk.new_id(), "invite": desk.new_id()}
        args = verbs.Deliver(receiver=receiver, method=method, details=details, **ids)
        return desk.do(args, id=case, scope=self._scope(case))

    def attempt(self, case: str, method: str, day: str, reason: str) -> int:
        """送达未果. Raises HallError `refusal.…`."""
        args = verbs.Attempt(attempt=self.desk.new_id(), method=method, day=day, reason=reason)
        return self.desk.do(args, id=case, scope=self._scope(case))

    async def post(self, case: str, reason: str) -> None:
        """公告: the centre posts it, by its own time. Raises HallError."""
        args = verbs.Post(notice=self.desk.new_id(), reason=reason, document=self.desk.new_id())
        await self.desk.ask(args, id=case, scope=self._scope(case))

    def _scope(self, case: str) -> str:
        row: Any = self.desk.row("case", case)
        if row is None:
            raise HallError("issue.not_decided")
        return str(row.scope)
