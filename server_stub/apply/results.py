"""How operations ended: stored in their own transaction, and given again to whoever asks again.

known      (device, n) → what was said and its result, of a group's operations and of those they stand on
keep       a result that this group brings
count_try  an operation that broke: `retry`, and `quarantined` after three
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from server_stub.apply.incoming import Incoming
from sync.protocol.messages import QUARANTINED, RETRY, Result

TRIES = 3
_INSERT = """INSERT INTO result (device, n, kind, said, "by", scope, status, code, params, seqs, at, received)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_FOUND = """SELECT device, n, said, status, code, params, seqs FROM result
WHERE (device, n) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"""


class Results:
    """Those of one group; in one transaction."""

    def __init__(self, connection: sqlite3.Connection, group: Sequence[Incoming]) -> None:
        self._connection = connection
        self._new: list[tuple[Any, ...]] = []
        wanted = {(i.device, n) for i in group for n in (i.envelope.n, i.envelope.after) if n is not None}
        self._known = {
            (device, n): (said, _stored(n, *rest))
            for device, n, said, *rest in connection.execute(_FOUND, (msgspec.json.encode(sorted(wanted)).decode(),))
        }

    def known(self, device: str, n: int) -> tuple[str, Result] | None:
        """What was said under this number, and how it ended."""
        return self._known.get((device, n))

    def keep(self, incoming: Incoming, result: Result) -> Result:
        """It ended so."""
        envelope = incoming.envelope
        said = incoming.said
        self._known[incoming.device, envelope.n] = (said, result)
        self._new.append(
            (
                incoming.device,
                envelope.n,
                envelope.kind,
                said,
                envelope.by,
                envelope.scope,
                result.status,
                result.code,
                msgspec.json.encode(result.params).decode(),
                msgspec.json.encode(result.seqs).decode(),
                incoming.at,
                incoming.received,
            )
        )
        return result

    def count_try(self, incoming: Incoming) -> Result:
        """It broke: `retry`, or `quarantined`, so that the queue moves on."""
        n = incoming.envelope.n
        [tries] = self._connection.execute(
            "INSERT INTO failed_try VALUES (?, ?, 1) ON CONFLICT (device, n) DO UPDATE SET tries = tries + 1"
            " RETURNING tries",
            (incoming.device, n),
        ).fetchone()
        if tries < TRIES:
            return Result(n=n, status=RETRY)
        return self.keep(incoming, Result(n=n, status=QUARANTINED, code="internal"))

    def flush(self) -> None:
        """Write them."""
        self._connection.executemany(_INSERT, self._new)


def _stored(n: int, status: str, code: str | None, params: str, seqs: str) -> Result:
    return Result(
        n=n,
        status=status,
        code=code,
        params=msgspec.json.decode(params),
        seqs=msgspec.json.decode(seqs, type=dict[str, int]),
    )
