"""Screen 1, the desk's part: a ticket for whoever stands there – matters in their order, then the priority.

matter ─▶ a further one … (Enter on an empty line ends) ─▶ priority ─▶ the centre numbers it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync.records.states import Priority
from workstation.locale import say
from workstation.screens.receive import Named, PickMatter
from workstation.widgets.dialog import Pick

if TYPE_CHECKING:
    from workstation.screens.queue import QueueScreen

MATTERS_MOST = 5  # of one visit, as the rule has it
PRIORITIES = (Priority.NONE, Priority.ELDERLY, Priority.DISABLED, Priority.GREEN)


class PickErrand(PickMatter):
    """The matters; where it is a further one that is asked for, Enter on an empty line says that there is none."""

    def __init__(self, matters: Sequence[Any], title: str, lines: Sequence[str] = ()) -> None:
        super().__init__(matters, title, lines)
        self._may_end = bool(lines)

    def submitted(self, typed: str) -> None:
        """Enter."""
        if self._may_end and not typed.strip():
            self.dismiss("")
        else:
            super().submitted(typed)


async def pick_matter(screen: QueueScreen, title: str, lines: tuple[str, ...] = ()) -> str | None:
    """A matter by a part of its name or its initials; empty where nothing was typed and `lines` say what there is, None
    for Esc."""
    chosen: str | None = await screen.ask(
        PickErrand([Named(*each) for each in screen.queue.every_matter()], title, lines)
    )
    return chosen


async def ask_for_ticket(screen: QueueScreen) -> tuple[list[str], str] | None:
    """(matters, priority) of a ticket to be given out, None where it was given up."""
    title, names = say("queue.issue"), dict(screen.queue.every_matter())
    first = await pick_matter(screen, title)
    if not first:
        return None
    matters = [first]
    while len(matters) < MATTERS_MOST:
        so_far = say("queue.issue.so_far", matters=" · ".join(names[id] for id in matters))
        further = await pick_matter(screen, title, (so_far, say("queue.issue.further")))
        if further is None:
            return None
        if not further:
            break
        if further not in matters:
            matters.append(further)
    options = [(str(each), say(f"queue.issue.{each.value}")) for each in PRIORITIES]
    priority = await screen.ask(Pick(title, options))
    return None if priority is None else (matters, priority)
