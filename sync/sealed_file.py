"""A file sealed in chunks: any stretch of it can be read, and one that is not whole yet can be gone on with.

    magic (8) | name of the key (8) | salt (32) | record | record | … | the last record, shorter as a rule
    record      nonce (12) | up to 64 KiB sealed with AES-256-GCM | tag (16)

Each file is sealed with a key of its own, made by HKDF (RFC 5869) of the store's and the salt. What is sealed with a
chunk is its place and whether it is the last, so chunks cannot change places and a file that was cut off is none.
Nonces are drawn by lot: the end of a file that is not whole yet is sealed anew whenever more of it comes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"HALLFC1\0"
NAME, SALT, NONCE, TAG = 8, 32, 12, 16
HEADER = len(MAGIC) + NAME + SALT
CHUNK = 1 << 16
RECORD = NONCE + CHUNK + TAG

Why = Literal["damaged", "other_key", "not_sealed"]
Keys = Mapping[bytes, bytes]
"""Keys by their names."""


class Unreadable(Exception):
    """`why`: altered or cut off; sealed with a key that is not here; never sealed."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def _derived(key: bytes, salt: bytes | None, what: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=b"hall files: " + what).derive(key)


def key_of(secret: bytes) -> bytes:
    """A key of a secret of any length."""
    return _derived(secret, None, b"key", 32)


def name_of(key: bytes) -> bytes:
    """What tells in a file's header which key it wants; nothing of the key can be told from it."""
    return _derived(key, None, b"name", NAME)


def named(*keys: bytes) -> dict[bytes, bytes]:
    """Keys by their names."""
    return {name_of(key): key for key in keys}


class Seal:
    """What one file is sealed with."""

    def __init__(self, header: bytes, keys: Keys) -> None:
        """Raises Unreadable for what is no header, or another key's."""
        if len(header) < HEADER or not header.startswith(MAGIC):
            raise Unreadable("not_sealed")
        key = keys.get(header[len(MAGIC) : len(MAGIC) + NAME])
        if key is None:
            raise Unreadable("other_key")
        self.header = header[:HEADER]
        self._cipher = AESGCM(_derived(key, header[len(MAGIC) + NAME : HEADER], b"file", 32))

    @classmethod
    def new(cls, keys: Keys) -> Seal:
        """For a new file, by the first of the keys."""
        return cls(MAGIC + next(iter(keys)) + secrets.token_bytes(SALT), keys)

    def close(self, index: int, chunk: bytes, *, last: bool) -> bytes:
        """A chunk as it is stored."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, chunk, _place(index, last))

    def open(self, index: int, record: bytes, *, last: bool) -> bytes:
        """A chunk as it was. Raises Unreadable."""
        try:
            return self._cipher.decrypt(record[:NONCE], record[NONCE:], _place(index, last))
        except (InvalidTag, ValueError):  # ValueError: cut so short that there is no nonce
            raise Unreadable("damaged") from None


def _place(index: int, last: bool) -> bytes:
    return index.to_bytes(8) + bytes([last])


def records_in(stored: int) -> int:
    """How many records a file of so many bytes on the disk has."""
    return -(-max(0, stored - HEADER) // RECORD)


def size_in(stored: int) -> int:
    """How many bytes are sealed in it."""
    return max(0, stored - HEADER - records_in(stored) * (NONCE + TAG))


def read(path: Path, keys: Keys, start: int = 0, end: int | None = None) -> bytes:
    """A stretch of a whole file. Raises Unreadable, FileNotFoundError."""
    with path.open("rb") as file:
        return b"".join(stretch(file, keys, start, end))


def stretch(file: BinaryIO, keys: Keys, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The same in pieces. Raises Unreadable: for the last piece too, so nothing of a cut file passes for all of it."""
    seal = Seal(file.read(HEADER), keys)
    stored = file.seek(0, 2)
    count, whole = records_in(stored), size_in(stored)
    if not count:
        raise Unreadable("damaged")
    end = whole if end is None else min(end, whole)
    first, until = start // CHUNK, max(1, -(-end // CHUNK))
    file.seek(HEADER + first * RECORD)
    for index in range(first, min(until, count)):
        chunk = seal.open(index, file.read(RECORD), last=index == count - 1)
        yield chunk[max(0, start - index * CHUNK) : max(0, end - index * CHUNK)]
