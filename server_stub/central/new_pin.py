"""`sync-server pin`: a person's first PIN, or another one, also while a server runs on the same store.

PIN ─▶ Argon2id ─▶ credential; tries that went wrong before are forgotten. A device at which the person signed on before
knows the old one until they sign on there again with the network.
"""

from __future__ import annotations

from server_stub.central.opening import open_store
from server_stub.central.people import store_verifier
from server_stub.central.store import Tx
from sync.errors import InputError
from sync.pin import hash_pin

SHORTEST, LONGEST = 4, 32


def set_pin(url: str, staff: str, pin: str) -> None:
    """Raises InputError `pin_unfit`, `staff_missing`."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise InputError("pin_unfit", least=SHORTEST, most=LONGEST)
    verifier = hash_pin(pin)

    async def work(tx: Tx) -> bool:
        if await tx.fetch_one("SELECT 1 FROM staff WHERE id = ?", (staff,)) is None:
            return False
        await store_verifier(tx, staff, verifier)
        await tx.execute("DELETE FROM wrong_pin WHERE staff = ?", (staff,))
        return True

    store = open_store(url)
    try:
        if not store.transact(work):
            raise InputError("staff_missing", staff=staff)
    finally:
        store.close()
