"""PINs: Argon2id (RFC 9106), tried in a thread, so that neither a server's loop nor a screen waits for it."""

from __future__ import annotations

import asyncio
import os

MEMORY_KIB = 19_456  # with 2 passes and 1 lane: OWASP's least for interactive use
PASSES = 2


def hash_pin(pin: str, *, salt: bytes | None = None, memory_kib: int = MEMORY_KIB) -> str:
    """A verifier in PHC text form. A sample, whose PINs are told to everybody, gives a `salt` of its own and spares
    the memory: there is nothing to guess."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    return Argon2id(
        salt=salt or os.urandom(16), length=32, iterations=PASSES, lanes=1, memory_cost=memory_kib
    ).derive_phc_encoded(pin.encode())


async def pin_matches(verifier: str, pin: str) -> bool:
    """Whether `pin` made `verifier`; an empty verifier takes as long and never matches."""
    return await asyncio.to_thread(pin_matches_now, verifier, pin)


def pin_matches_now(verifier: str, pin: str) -> bool:
    """The same, on the calling thread."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if not verifier:
        hash_pin(pin)
        return False
    try:
        Argon2id.verify_phc_encoded(pin.encode(), verifier)
    except InvalidKey:
        return False
    return True
