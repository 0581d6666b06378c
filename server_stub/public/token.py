"""The address of a page that only its receiver may know: `<id>.<seal>`, the seal an HMAC over purpose and id.

Nothing is stored: who holds the address holds the right, for that one purpose and record.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

TICKET, RATING, ANSWERED = "ticket", "rating", "answered"


def of_screen(key: int) -> str:
    """The purpose of a window's small screen, under the hall's key of the day: another key, other addresses."""
    return f"screen\x1f{key}"


SEAL_BYTES = 16  # 128 bits: nobody meets one by trying
LONGEST = 200


def make(secret: bytes, purpose: str, id: str) -> str:
    """The token of a record for one purpose, in characters that an address may hold."""
    return f"{id}.{_seal(secret, purpose, id)}"


CODE_DIGITS = 4


def code_of(secret: bytes, ticket: str) -> str:
    """What the holder of a ticket types at a terminal beside its number, which hangs on the wall for all to read."""
    digest = hmac.digest(secret, f"code\x1f{ticket}".encode("utf-8", "surrogatepass"), "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def check(secret: bytes, purpose: str, token: str) -> str | None:
    """The id in a genuine token, else None; in constant time (RFC 2104)."""
    id, dot, seal = token.rpartition(".")
    if not dot or len(token) > LONGEST or not seal.isascii():
        return None
    return id if hmac.compare_digest(_seal(secret, purpose, id), seal) else None


def _seal(secret: bytes, purpose: str, id: str) -> str:
    digest = hmac.digest(secret, f"{purpose}\x1f{id}".encode("utf-8", "surrogatepass"), "sha256")
    return urlsafe_b64encode(digest[:SEAL_BYTES]).rstrip(b"=").decode()
