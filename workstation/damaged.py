"""A local copy whose file is damaged: what is said as the terminal ends, with what lies unsent in it and the way out.

nothing unsent    nothing is lost          ─▶ reset, enrol: the records come from the centre again
some              how much of what         ─▶ reset --export FILE, enrol, reset --import FILE
nobody can tell   the file does not open,  ─▶ reset --lost, enrol
                  or not where work lies
a sample hall     the file moved away, the demo opened again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sync.errors import HallError, StoreError
from workstation.locale import say

if TYPE_CHECKING:
    from pathlib import Path

    from sync.replica.store import ReplicaStore
    from workstation.documents.filing import Filing

UNREADABLE = "replica_unreadable"
"""What the store and the exchange say of a damaged file."""


def of_the_copy(error: BaseException | None, replica: Path) -> StoreError | None:
    """What an error says of the local copy, where it is the database's or came of one: a broken file, a full disk."""
    from sync.replica import driver
    from sync.replica.store import trouble

    while error is not None:
        if isinstance(error, driver.errors()) and (code := trouble(error, "")):
            return StoreError(code, path=str(replica), detail=str(error))
        error = error.__cause__ or error.__context__ or getattr(error, "error", None)  # `error`: of a worker of Textual
    return None


def ending(
    trouble: HallError, path: Path, store: ReplicaStore | None, filing: Filing | None, *, sample: bool
) -> HallError:
    """What is said as a terminal ends: of a damaged copy with what was unsent, else as it is. `store` is None where the
    file did not open, `filing` where no papers have been looked at."""
    if trouble.code != UNREADABLE:
        return trouble
    counts = _unsent(store, filing)
    if counts is None:
        unsent, way = say("signon.damaged.unknown"), "lost"
    elif counts:
        told = "; ".join(say(f"signon.damaged.{what}", count=count) for what, count in counts)
        unsent, way = say("signon.damaged.some", what=told), "export"
    else:
        unsent, way = say("signon.damaged.nothing"), "reset"
    way = say(f"signon.damaged.way.{'sample' if sample else way}")
    return StoreError("signon.damaged", path=str(path), unsent=unsent, way=way)


def _unsent(store: ReplicaStore | None, filing: Filing | None) -> list[tuple[str, int]] | None:
    from sync.replica import driver
    from workstation.unsent import unsent

    if store is None or filing is None:
        return None
    try:
        return [(what, count) for what, count, _ in unsent(store, filing).counts()]
    except driver.errors(msgspec.DecodeError, StoreError):
        return None
