"""A command that does something in the hall: this machine's copy opened, its operations sent, every answer awaited."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from sync.errors import HallError
from sync.protocol.messages import ACCEPTED
from workstation.locations import Locations

if TYPE_CHECKING:
    from workstation.services.desk import Desk

ANSWER_SECONDS = 60.0


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


def answered(desk: Desk, sent: Sequence[int], tell: Callable[[int, int], None]) -> None:
    """Wait for the answer to each operation that was sent, and until its rows are here; `tell(done, of)` after each.
    Raises HallError `refusal.<code>`, `sync.no_answer`: what was sent stays in the outbox, and the same command goes on
    with it."""
    for done, n in enumerate(sent, 1):
        result = desk.engine.wait(n, ANSWER_SECONDS)
        if result is None:
            raise HallError("sync.no_answer")
        if result.status != ACCEPTED:
            raise desk.told(result.code or result.status, result.params)
        desk.engine.wait_seen(result.seqs, ANSWER_SECONDS)
        tell(done, len(sent))
