"""How often an address of the network has asked for a seat, or for a ticket, within the hour, whatever became of it.

Counted in one statement, so that two server processes count together. An address is kept as an HMAC of it, which goes
with the next night (server_stub.retention): who asked cannot be told from it. Addresses of IPv6 count by their /64, the
part that a household has. The loopback is no address: a proxy that does not pass addresses on stands there for all.
"""

from __future__ import annotations

import hmac
import ipaddress

from server_stub.central.store import Tx
from sync.records.settings import HOUR

_COUNT = """INSERT INTO visit (address, since, tries) VALUES (?, ?, 1)
ON CONFLICT (address) DO UPDATE SET
tries = CASE WHEN visit.since <= ? THEN 1 ELSE visit.tries + 1 END,
since = CASE WHEN visit.since <= ? THEN excluded.since ELSE visit.since END
RETURNING since, tries"""


def known_as(secret: bytes, what: str, address: str) -> str | None:
    """What an address is counted by; None for one that is nobody's."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    if found.is_loopback:
        return None
    part = found.packed if found.version == 4 else found.packed[:8]
    return hmac.digest(secret, f"visit\x1f{what}\x1f".encode() + part, "sha256").hex()


async def asks(tx: Tx, address: str, most: int, now: int) -> int | None:
    """One more try: None where it may be, else when the next may be, ms."""
    since, tries = await tx.fetch_one(_COUNT, (address, now, now - HOUR, now - HOUR))
    return int(since) + HOUR if most and tries > most else None
