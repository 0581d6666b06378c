"""Windows that the duty manager has asked for, and that nobody has opened or gone on with yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

Read = Callable[..., list[sqlite3.Row]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request. `kind`: open, or resume where somebody pauses there; `matter` is what it is wanted for."""

    id: str
    kind: str
    window: str
    label: str
    scope: str
    matter: str
    asked_at: int


_WANTED = """SELECT r.id, r.kind, r."window", w.label, r.scope, r.asked_at, coalesce(
    (SELECT min(m.name) FROM matter m WHERE m.prefix = r.service AND m.active), r.service) AS matter
FROM window_request r JOIN "window" w ON w.id = r."window"
WHERE r.state = 'asked' AND r.scope IN (SELECT value FROM json_each(:scopes)) ORDER BY r.asked_at, r.id LIMIT 60"""


def wanted(read: Read, scopes: Sequence[str]) -> list[Wanted]:
    """Those of these queues, the first asked first."""
    rows = read(_WANTED, {"scopes": msgspec.json.encode(list(scopes)).decode()})
    return [
        Wanted(row["id"], row["kind"], row["window"], row["label"], row["scope"], row["matter"], row["asked_at"] or 0)
        for row in rows
    ]


def asked_of(requests: Iterable[Wanted], window: str | None) -> list[Wanted]:
    """Those that concern a person at this window: to go on there; who sits nowhere may open any."""
    return [each for each in requests if (each.window == window if each.kind == "resume" else window is None)]
