"""How operations ended: stored in their own transaction, and given again to whoever asks again.

load       what is there of a group's operations and of those they stand on
known      (device, n) → what was said and its result
keep       a result that this group brings
count_try  an operation that broke: `retry`, and `quarantined` after three
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from server_stub.apply.incoming import Incoming
from server_stub.central.statements import by_keys, insert
from server_stub.central.store import Part, Tx
from sync.protocol.messages import QUARANTINED, RETRY, Result

TRIES = 3
_INSERT = insert(
    "result",
    ("device", "n", "kind", "said", "by", "scope", "status", "code", "params", "seqs", "at", "received"),
)
_encode = msgspec.json.Encoder().encode
_NOTHING = "{}"
_FOUND = by_keys("result", ("device", "n"), ("device", "n", "said", "status", "code", "params", "seqs"))


class Results:
    """Those of one group; in one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._new: list[tuple[Any, ...]] = []
        self._known: dict[tuple[str, int], tuple[str, Result]] = {}

    async def load(self, group: Sequence[Incoming], reached: Mapping[str, int]) -> None:
        """Fetch what is there: nothing of a device beyond the n that it has `reached`; the server's own operations have
        no order."""
        wanted = {
            (i.device, n)
            for i in group
            for n in (i.envelope.n, i.envelope.after)
            if n is not None and (i.internal or n <= reached.get(i.device, n))
        }
        for device, n, said, *rest in await self._tx.fetch_keys(_FOUND, sorted(wanted)):
            self._known[device, n] = (said, _stored(n, *rest))

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
                _encode(result.params).decode() if result.params else _NOTHING,
                _encode(result.seqs).decode() if result.seqs else _NOTHING,
                incoming.at,
                incoming.received,
            )
        )
        return result

    async def count_try(self, incoming: Incoming) -> Result:
        """It broke: `retry`, or `quarantined`, so that the queue moves on."""
        n = incoming.envelope.n
        [tries] = await self._tx.fetch_one(
            "INSERT INTO failed_try (device, n, tries) VALUES (?, ?, 1)"
            " ON CONFLICT (device, n) DO UPDATE SET tries = failed_try.tries + 1 RETURNING tries",
            (incoming.device, n),
        )
        if tries < TRIES:
            return Result(n=n, status=RETRY)
        return self.keep(incoming, Result(n=n, status=QUARANTINED, code="internal"))

    def new(self) -> Part:
        """What is to be written of them."""
        return _INSERT, self._new


def _stored(n: int, status: str, code: str | None, params: str, seqs: str) -> Result:
    return Result(
        n=n,
        status=status,
        code=code,
        params=msgspec.json.decode(params),
        seqs=msgspec.json.decode(seqs, type=dict[str, int]),
    )
