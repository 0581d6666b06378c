"""Signatures on their way to their last level, as screen 3 says it; F11: each of them, and another try of all.

3 wait (1 taken over)   why one of them   tried again 10:41   2 raised elsewhere: window-3   1 stays: why
"""

from __future__ import annotations

from workstation.cells import wrap
from workstation.hours import moment
from workstation.locale import say
from workstation.screens.frame import Frame
from workstation.screens.review_steps import CELLS
from workstation.views.levels import LevelsWaiting
from workstation.widgets.dialog import Pick
from workstation.widgets.lines import Line


class IssueLevels(Frame):
    """F11 in the lists; the issuing screen is built on it."""

    async def do_raise(self) -> None:
        """Each paper that waits, who raises it, and why it got no further."""
        service = self.hall.services.levels
        levels = service.waiting
        if not levels.papers:
            self.hint("issue.levels_none", tone="good")
            return
        now = self.hall.services.desk.clock.now()
        lines = [part for line in levels_lines(levels, now) for part in wrap(line, CELLS)]
        title = say("issue.levels_title", count=levels.count + levels.elsewhere + levels.stays)
        if await self.ask(Pick(title, [("again", say("issue.levels_try"))], lines)) == "again":
            service.again(self.hall)
            self.hint("issue.levels_trying", tone="good")


def levels_line(levels: LevelsWaiting, now: int) -> Line:
    """How many signatures wait for a higher level; why, and when it is tried again; who else raises some; how many stay
    where they are."""
    line: list[tuple[str, str]] = []
    if levels.count:
        line += [(say("issue.levels", count=levels.count), "title")]
    if levels.taken_over:
        line += [(say("issue.levels_taken_over", count=levels.taken_over), "")]
    if levels.why is not None:
        line += [("   ", ""), (say(levels.why), "warn")]
        line += [("   ", ""), (say("issue.levels_again", at=moment(levels.next_at, now)), "dim")]
    if levels.elsewhere:
        who = "、".join(levels.raisers) or say("issue.levels_signer")
        line += [("   " if line else "", ""), (say("issue.levels_elsewhere", count=levels.elsewhere, who=who), "")]
    if levels.stays and levels.why_stays is not None:
        line += [("   " if line else "", ""), (say("issue.levels_stay", count=levels.stays), "title")]
        line += [("   ", ""), (say(levels.why_stays), "warn")]
    return line


def levels_lines(levels: LevelsWaiting, now: int) -> list[str]:
    """Each paper: its number and level, who raises it, why it got no further, when it is tried again."""
    found = []
    for each in levels.papers:
        who = say("issue.levels_here") if each.who == "" else each.who or say("issue.levels_nobody")
        parts = [each.number, each.level, say("issue.levels_signer") if who == "-" else who]
        if each.why is not None:
            parts.append(say(each.why))
        if each.next_at > now:
            parts.append(say("issue.levels_again", at=moment(each.next_at, now)))
        found.append("  ".join(parts))
    return found
