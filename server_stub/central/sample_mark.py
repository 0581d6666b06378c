"""Whether a store was marked as a sample at its making: only such a one may have its clock driven."""

from __future__ import annotations

from server_stub.central.making import exists
from server_stub.central.opening import look
from server_stub.central.store import Tx


def is_sample(url: str) -> bool:
    """True where the store's hall is a sample; False where there is no store or no hall yet."""

    async def work(tx: Tx) -> bool:
        return bool(await tx.fetch("SELECT 1 FROM hall WHERE sample"))

    return exists(url) and look(url, work)
