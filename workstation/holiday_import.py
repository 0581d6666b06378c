"""A new year of holidays into the hall: an administrator's operations from a file that was judged before.

FILE ─▶ judged (sync.holiday_notice) ─▶ sign on at this machine's copy ─▶ calendar.put for each day that is new
                                              in the order of the file ─▶ every answer awaited ─▶ coverage told
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sync.errors import InputError
from sync.holiday_notice import HolidayDay
from sync.protocol.verbs.staff import PutDay
from workstation.commanded import answered
from workstation.views.working_days import imported

if TYPE_CHECKING:
    from workstation.services.desk import Desk

HELD_SECONDS = 60.0


def bring_in(desk: Desk, rows: Sequence[HolidayDay], tell: Callable[[int, int], None]) -> int:
    """Send the days that the hall does not know so yet, after an administrator signed on; how many these were.
    `tell(done, of)` after each answer. Raises InputError `calendar.cli.not_admin`, HallError `refusal.<code>`,
    `sync.no_answer`: what was sent stays in the outbox, and the same command goes on with it."""
    if "admin" not in desk.me.roles:
        raise InputError("calendar.cli.not_admin", staff=desk.me.staff)
    base = desk.scope("base")
    desk.engine.wait_held({base}, HELD_SECONDS)
    known = {row.day: row for row in imported(desk.read)}
    fresh = [row for row in rows if known.get(row.day) != row]
    sent = [desk.do(PutDay(working=row.working, name=row.name or None), id=row.day, scope=base) for row in fresh]
    answered(desk, sent, tell)
    return len(sent)
