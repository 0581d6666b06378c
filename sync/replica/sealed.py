"""Files beside an encrypted copy, encrypted with a key that comes of the copy's: with it they are of use to nobody.

    magic (8)  |  nonce (12)  |  content sealed with AES-256-GCM, its name bound in, tag (16)

A file is sealed and opened as a whole: it is at most some megabytes, and is in memory anyway to be shown or sent.
"""

from __future__ import annotations

import secrets

MAGIC = b"HALLFS1\0"
NONCE = 12
HEADER = len(MAGIC) + NONCE
"""Without it the rest says nothing, also to who has the key."""
_FOR = b"hall: files beside a replica"


def file_key(key: bytes) -> bytes:
    """The files' key, of the copy's."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=_FOR).derive(key)


def seal(key: bytes | None, name: str, content: bytes) -> bytes:
    """The file as it lies on the disk; as it is, where the copy has no key."""
    if key is None:
        return content
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE)
    return MAGIC + nonce + AESGCM(file_key(key)).encrypt(nonce, content, name.encode())


def unseal(key: bytes | None, name: str, stored: bytes) -> bytes | None:
    """What is in the file; None where it was altered, is another's, or lies there unsealed beside an encrypted copy."""
    if key is None:
        return stored
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if not stored.startswith(MAGIC):
        return None
    start = len(MAGIC) + NONCE
    try:
        return AESGCM(file_key(key)).decrypt(stored[len(MAGIC) : start], stored[start:], name.encode())
    except (InvalidTag, ValueError):  # ValueError: cut so short that there is no nonce
        return None
