"""The code on a paper: the address of its public page and, in the fragment, a MAC over what the page says of it.

    https://hall.example/v/<page>#<mac>
                                  │ a browser keeps the fragment to itself: no request and no log holds it
                                  ▼
    mac = HMAC-SHA-256(key of this paper, canonical {addressee, kind, matter, number, page}), 16 bytes, base64url

The key comes from the record's id, which stands on no page, in no address and in no log: the centre and every machine
that holds the record can make the mac, also without a network, and nobody else. The public page holds the mac's hash
alone (`fingerprint`), so that the reader's own browser compares; who knows only the page's address can make no code.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import msgspec

MAC_BYTES = 16
_ADDRESS = re.compile(r"(?:^|/)v/([0-9A-Za-z_-]{1,64})(?:\?[^#]*)?(?:#([^#]*))?$")
_canonical = msgspec.json.Encoder(order="sorted")


def mac_of(id: str, page: str, kind: str, number: str | None, facts: Mapping[str, Any] | None) -> str:
    """The mac of a document record, in characters that a fragment may hold."""
    told = facts or {}
    message = {"page": page, "kind": kind, "number": number}
    message |= {name: told.get(name) for name in ("addressee", "matter")}
    key = hashlib.sha256(f"paper-code\x1f{id}".encode()).digest()
    digest = hmac.digest(key, _canonical.encode(message), "sha256")
    return urlsafe_b64encode(digest[:MAC_BYTES]).rstrip(b"=").decode()


def address(server: str, page: str, mac: str) -> str:
    """What the code on the paper holds."""
    return f"{server}/v/{page}#{mac}"


def read_address(text: str) -> tuple[str, str] | None:
    """(page, mac) of a scanned or typed code; the mac is empty where the fragment was left out."""
    found = _ADDRESS.search(text.strip())
    return (found[1], (found[2] or "").strip()) if found else None


def is_mac(told: str, mac: str) -> bool:
    """Whether a told mac is the right one, in constant time."""
    return hmac.compare_digest(told.encode("utf-8", "replace"), mac.encode())


def fingerprint(mac: str) -> str:
    """What the public page holds of the mac: hex SHA-256, from which nobody finds 128 random bits."""
    return hashlib.sha256(mac.encode()).hexdigest()
