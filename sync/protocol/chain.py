"""The hash chain of a scope: hash = sha256(previous ‖ canonical {seq, table, id, v, op, by, at, digest}).

Canonical is RFC 8785 for what stands here – strings and integers under ASCII names: sorted names, no white space –,
but for integers beyond 2^53 (the `n` of what the clock and the public pages say), which are written in full.
The digest stands for the body, so that a body can be dropped later and the chain still verifies.
"""

from __future__ import annotations

import hashlib

import msgspec

GENESIS = "0" * 64
_canonical = msgspec.json.Encoder(order="sorted")
_chained = msgspec.json.Encoder()


class _Op(msgspec.Struct, gc=False):
    device: str
    n: int


class _Chained(msgspec.Struct, gc=False):
    """What a hash covers, its fields in the order of their names: written as they stand, they are canonical."""

    at: int
    by: str
    digest: str
    id: str
    op: _Op
    seq: int
    table: str
    v: int


def encode_body(body: dict[str, object]) -> bytes:
    """A row image as the bytes that are stored, hashed and passed on."""
    return _canonical.encode(body)


def digest(body: bytes | None) -> str:
    """Hex SHA-256 of a body; of nothing for a deletion."""
    return hashlib.sha256(body or b"").hexdigest()


def link(
    previous: str, *, seq: int, table: str, id: str, v: int, device: str, n: int, by: str, at: int, digest: str
) -> str:
    """The hash of one log row after `previous` (hex)."""
    row = _Chained(at, by, digest, id, _Op(device, n), seq, table, v)
    return hashlib.sha256(previous.encode() + _chained.encode(row)).hexdigest()
