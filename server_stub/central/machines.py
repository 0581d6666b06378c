"""`sync-server devices` and `sync-server revoke`: the machines of a hall from the command line, through the one write
path, also while a server runs on the same store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from server_stub.apply.applier import Applier
from server_stub.apply.incoming import at_the_door
from server_stub.central.opening import open_store
from server_stub.central.store import Tx
from server_stub.live import Hub
from sync.clock import SystemClock
from sync.errors import InputError
from sync.protocol.messages import ACCEPTED
from sync.protocol.verbs.device import RevokeDevice

_ALL = "SELECT id, scope, state, label FROM machine ORDER BY enrolled_at, id"


def listed(url: str) -> Iterator[str]:
    """A line for each device: id, state, label."""
    store = open_store(url)
    try:
        for id, _, state, label in store.transact(_machines):
            yield f"{id}  {state:<8}  {label}"
    finally:
        store.close()


def revoke(url: str, device: str, reason: str) -> None:
    """Nothing more is taken from this device. Raises InputError `device_missing`, `device_not_revoked`."""
    store = open_store(url)

    async def work() -> None:
        try:
            await revoked()
        finally:
            await store.release()

    async def revoked() -> None:
        found = {id: scope for id, scope, _, _ in await store.read(_machines)}
        if device not in found:
            raise InputError("device_missing", device=device)
        applier = Applier(store, Hub())
        await applier.start()
        try:
            said = at_the_door(RevokeDevice(reason=reason), device, found[device], SystemClock().now())
            [result] = await applier.submit([said])
        finally:
            await applier.stop()
        if result.status != ACCEPTED:
            raise InputError("device_not_revoked", device=device, detail=result.code)

    try:
        asyncio.run(work())
    finally:
        store.close()


async def _machines(tx: Tx) -> list[tuple[str, str, str, str]]:
    return [(id, scope, state, label) for id, scope, state, label in await tx.fetch(_ALL)]
