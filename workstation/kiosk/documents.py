"""`--for documents`: a citizen types or scans the pick-up code, and takes the paper along.

code ─Enter─▶ printing … ─▶ good? 1 | 0 ─▶ thanks
                  │            └ no answer: whether the copy is good is for a clerk to say
                  └ the printer failed: void, a clerk gives the right anew
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sync.rules.printing.authorisation import CODE_DIGITS
from workstation.kiosk.page import Page, Purpose, message
from workstation.locale import say
from workstation.services.kiosk_print import KioskPrintService

if TYPE_CHECKING:
    from workstation.services.desk import Desk
    from workstation.views.printing import Job

QUESTION_SECONDS = 60.0
HOLD_SECONDS = 0.3
GOOD, SPOILED = "1", "0"
_SCANNED = re.compile(rf"(?:^|[/#=:])([0-9]{{{CODE_DIGITS}}})/?$")


def scanned(text: str) -> str:
    """The pick-up code in what a scanner typed: by itself, or at the end of an address (`…/12345678`, `…#12345678`,
    `…?code=12345678`); "" for another code, such as the one on a paper."""
    found = _SCANNED.search(text.strip())
    return found[1] if found else ""


class Documents(Purpose):
    """The pages of a terminal that prints papers."""

    TITLE = "kiosk.documents"
    OVER = "print"

    def __init__(self, desk: Desk, folder: Path, show: Callable[[Page], None]) -> None:
        super().__init__(desk, folder, show)
        self.service = KioskPrintService(desk, folder)

    async def begin(self) -> None:
        """A copy that an earlier end left half done is void."""
        await self.service.resume()

    def first(self) -> Page:
        """Type or scan the code."""
        return Page("kiosk.code", note="kiosk.then_enter", digits=CODE_DIGITS, scan=scanned, answer=self._print)

    async def _print(self, code: str) -> Page:
        job = await self.service.take(code)
        name = job.title or say(f"issue.paper.{job.kind}")
        of = ("kiosk.of", {"holder": job.holder, "number": job.number})
        self.show(Page(("kiosk.printing", {"name": name}), note=of))
        await self.service.print(job)
        return Page(
            "kiosk.is_good",
            note=of,
            lines=(say("kiosk.good"), "", say("kiosk.spoiled")),
            keys=GOOD + SPOILED,
            hold=HOLD_SECONDS,
            answer=partial(self._end, job),
            seconds=QUESTION_SECONDS,
        )

    async def _end(self, job: Job, key: str) -> Page:
        if key == GOOD:
            await self.service.confirm(job)
            return message("kiosk.thanks", "good")
        await self.service.fail(job, "spoiled at a terminal")
        return message("kiosk.voided", "bad")
