"""A new year of holidays into the hall: an administrator's operations from a file that was judged before.

FILE ─▶ judged (sync.holiday_notice) ─▶ sign on at this machine's copy ─▶ calendar.put for each day that is new
                                              in the order of the file ─▶ every answer awaited ─▶ coverage told
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from sync.errors import HallError, InputError
from sync.holiday_notice import HolidayDay
from sync.protocol.messages import ACCEPTED
from sync.protocol.verbs.staff import PutDay
from workstation.locations import Locations
from workstation.views.working_days import imported

if TYPE_CHECKING:
    from workstation.services.desk import Desk

ANSWER_SECONDS = 60.0
HELD_SECONDS = 60.0


@contextlib.contextmanager
def opened(locations: Locations) -> Iterator[Desk]:
    """This machine's copy with its exchange running. Raises HallError: not enrolled, in use, not readable."""
    from sync.clock import SystemClock
    from sync.replica.engine import Engine
    from sync.replica.store import ReplicaStore
    from workstation import settings
    from workstation.enrolment import Place, checked
    from workstation.services.desk import Desk

    place = Place(locations)
    enrolment = place.read()
    server = settings.read(locations.settings_file)[0].server
    key, clock = place.key(enrolment), SystemClock()
    store = ReplicaStore(place.replica, key.replica)
    engine: Engine = Engine(store, checked(server) if server else enrolment.server, clock)
    engine.start()
    try:
        yield Desk(store, engine, clock, key)
    finally:
        engine.stop()
        store.close()


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
    for done, n in enumerate(sent, 1):
        result = desk.engine.wait(n, ANSWER_SECONDS)
        if result is None:
            raise HallError("sync.no_answer")
        if result.status != ACCEPTED:
            raise desk.told(result.code or result.status, result.params)
        desk.engine.wait_seen(result.seqs, ANSWER_SECONDS)
        tell(done, len(sent))
    return len(sent)
