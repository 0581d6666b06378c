"""What makes a machine a device: an Ed25519 key made there, whose private half never leaves it; and, where the machine
has a keyring to keep it in, the key of its encrypted copy.

    text      what the keyring holds: <seed>[.<key of the copy>], base64url
    public    what the server is told at enrolment
    sign      a proof for the server: a challenge at sign-on, the code at enrolment, a last push

Who destroys the text destroys both: nobody opens the copy any more, and nobody speaks for the device.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import TYPE_CHECKING

from sync.errors import StoreError
from sync.protocol.signing import ED25519, Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
ENROL, OPEN, RENEW = "hall-enrol-1", "hall-session-1", "hall-renew-1"


class DeviceKey:
    """The key of one device; `replica` is the raw key of its copy, None where the copy is plain."""

    def __init__(self, seed: bytes, replica: bytes | None = None) -> None:
        self._seed = seed
        self._key: Ed25519PrivateKey | None = None
        self.replica = replica

    def __repr__(self) -> str:
        return f"DeviceKey(encrypted={self.replica is not None})"

    @classmethod
    def make(cls, *, encrypted: bool = False) -> DeviceKey:
        """A new one."""
        return cls(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES) if encrypted else None)

    @classmethod
    def read(cls, text: str) -> DeviceKey:
        """From what was kept. Raises StoreError `signon.key_unreadable`."""
        seed, _, replica = text.strip().partition(".")
        try:
            parts = [from_text(part) for part in (seed, replica) if part]
        except ValueError:
            parts = []
        if not parts or any(len(part) != KEY_BYTES for part in parts):
            raise StoreError("signon.key_unreadable")
        return cls(*parts)

    def without_replica(self) -> DeviceKey:
        """The same device, its copy plain."""
        return DeviceKey(self._seed)

    @property
    def text(self) -> str:
        """As it is kept."""
        return to_text(self._seed) + (f".{to_text(self.replica)}" if self.replica else "")

    @property
    def public(self) -> str:
        """As the server knows it."""
        return to_text(self._private().public_key().public_bytes_raw())

    def sign(self, *said: str) -> str:
        """A signature over these lines."""
        return to_text(self._private().sign("\n".join(said).encode()))

    def signer(self, device: str) -> Signer:
        """Signs requests in the device's own name."""
        return Signer(device, ED25519, self._private().sign)

    def _private(self) -> Ed25519PrivateKey:
        if self._key is None:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

            self._key = Ed25519PrivateKey.from_private_bytes(self._seed)
        return self._key


def signed_by(public: str, signature: str, *said: str) -> bool:
    """Whether the device with this public key signed these lines."""
    try:
        return verifies(public, from_text(signature), "\n".join(said).encode())
    except ValueError:
        return False


def verifies(public: str, signature: bytes, message: bytes) -> bool:
    """Whether a signature is the device's; also where `public` is no key at all."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(from_text(public)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def to_text(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("no base64url") from None
