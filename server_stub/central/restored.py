"""What a device must hear of backups: how far the last one reaches, and that the centre was restored from one.

setting `restored`   {epoch, at, skip}: the history that began then; none, where the store was never restored
table `saved`        scope ─▶ seq: replicas forget what lies behind it, and keep what does not
"""

from __future__ import annotations

from typing import Any

import msgspec

from server_stub.central.statements import upsert
from server_stub.central.store import Tx
from sync.protocol.messages import Restored, Saved

_NEWS = "SELECT (SELECT value FROM setting WHERE id = 'restored'), (SELECT max(at) FROM saved)"
_SAVED = upsert("saved", ("scope", "seq", "at"))


def told(value: str | None) -> dict[str, Any] | None:
    """The setting as the store has it."""
    return None if value is None else msgspec.json.decode(value)["value"]


def epoch_of(value: str | None) -> str:
    """The name of the history; empty for the first."""
    found = told(value)
    return "" if found is None else str(found["epoch"])


def begun_anew(value: str | None, epoch: str | None, last_n: int) -> Restored | None:
    """What a device that knows another history must hear; `last_n` is its last n that the centre knows."""
    found = told(value)
    if found is None or epoch in (None, found["epoch"]):
        return None
    return Restored(epoch=found["epoch"], at=found["at"], expect=last_n + 1)


async def news(tx: Tx, device: str, epoch: str | None, saved: int) -> tuple[Restored | None, Saved | None]:
    """What is new to a device that knows this history and this backup; None for each that is not."""
    value, at = await tx.fetch_one(_NEWS)
    restored, backup = None, None
    if epoch not in (None, epoch_of(value)):
        [last_n] = await tx.fetch_one("SELECT last_n FROM device WHERE id = ?", (device,))
        restored = begun_anew(value, epoch, last_n)
    if (at or 0) > saved:
        backup = Saved(at=at, seqs=dict(map(tuple, await tx.fetch("SELECT scope, seq FROM saved"))))
    return restored, backup


async def mark_saved(tx: Tx, heads: dict[str, int], now: int) -> None:
    """A backup reaches so far."""
    await tx.bulk(_SAVED, [(scope, seq, now) for scope, seq in sorted(heads.items())])
