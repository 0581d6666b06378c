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

from sync.errors import StoreError
from workstation.locale import say

if TYPE_CHECKING:
    from pathlib import Path

    from sync.replica.store import ReplicaStore
    from workstation.documents.filing import Filing


def damaged(path: Path, store: ReplicaStore | None, filing: Filing | None, *, sample: bool) -> StoreError:
    """The sentence; `store` is None where the file did not open, `filing` where no papers have been looked at."""
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
