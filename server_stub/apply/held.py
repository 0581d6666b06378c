"""What a machine says that is not taken any more: revoked, or frozen since a copy of it speaks too. Nothing of it is
done; each operation becomes a record that a person decides (sync.rules.held).

    keep     an operation ─▶ a record, waiting, in `hall:device`; its answer is `held`
    freeze   the same n came with other words: from here on this device is held, whichever copy speaks
    note     a rule changed a machine's state: the doors follow in the same transaction
"""

from __future__ import annotations

from typing import Any

from server_stub.apply.incoming import Incoming
from server_stub.apply.working import View, WorkingSet
from server_stub.apply.write import Page, Said, locked_heads
from server_stub.central.statements import update
from server_stub.central.store import Tx
from sync.protocol.identifiers import derived
from sync.protocol.messages import HELD, Result
from sync.rules.device import ACTIVE, FROZEN, device_scope
from sync.rules.facts import Key
from sync.rules.held import WAITING
from sync.rules.outcome import Effects

_STATES = update("device", ("state",), "id")


class Held:
    """Of one group; in one transaction. `barred`: device → why it is not taken."""

    def __init__(self, tx: Tx, page: Page, rows: WorkingSet, barred: dict[str, str]) -> None:
        self._tx = tx
        self._page = page
        self._rows = rows
        self._barred = barred
        self._states: dict[str, str] = {}

    async def keep(self, incoming: Incoming, hall: str, why: str) -> Result:
        """Hold it; the same words twice are held once, and words that nobody understands are no record."""
        envelope = incoming.envelope
        id = derived("held", incoming.device, envelope.n, incoming.said)
        if incoming.operation is not None and await self._rows.find("held_operation", id) is None:
            told: dict[str, Any] = {
                "machine": incoming.device,
                "n": envelope.n,
                "kind": envelope.kind,
                "about": envelope.id,
                "within": envelope.scope,
                "said": bytes(envelope.args).decode(),
                "by": envelope.by,
                "at": incoming.at,
                "received_at": incoming.received,
                "earlier": envelope.earlier,
                "why": why,
                "state": WAITING,
            }
            await self._write(incoming, hall, Effects().put("held_operation", id, **told), Key("held_operation", id))
        return Result(n=envelope.n, status=HELD, code=why)

    async def freeze(self, incoming: Incoming, hall: str) -> None:
        """Two machines are one device."""
        device = incoming.device
        if device in self._barred:
            return
        self._barred[device] = self._states[device] = FROZEN
        if await self._rows.find("machine", device) is not None:
            effects = Effects().put(
                "machine", device, state=FROZEN, why="cloned_device", changed_by="clock", changed_at=incoming.received
            )
            await self._write(incoming, hall, effects, Key("machine", device))

    def note(self, effects: Effects) -> None:
        """What a rule said of a machine."""
        for change in effects.changes:
            if change.table == "machine" and change.set is not None and "state" in change.set:
                self._states[change.id] = change.set["state"]
                if change.set["state"] != ACTIVE:
                    self._barred[change.id] = change.set["state"]

    async def _write(self, incoming: Incoming, hall: str, effects: Effects, read: Key) -> None:
        scope = device_scope(hall)
        if scope not in self._page.heads:  # rarely: it is no head that every push should wait for
            self._page.heads |= await locked_heads(self._tx, {scope})
        await self._page.apply(
            effects,
            View(self._rows, (read,)),
            scope,
            Said(incoming.device, incoming.envelope.n, incoming.envelope.by, incoming.at),
        )

    async def flush(self) -> None:
        """The doors, with the records."""
        await self._tx.bulk(_STATES, [(state, device) for device, state in self._states.items()])
