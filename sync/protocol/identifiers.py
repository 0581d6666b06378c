"""Identifiers: UUIDv7 (RFC 9562 §5.7) for records, a hash for what happens once, scopes by their parts."""

from __future__ import annotations

import hashlib
import os
import secrets


def uuid7(now_ms: int) -> str:
    """A UUIDv7 from `now_ms` (ms since the epoch) and 74 random bits; ids sort by the time of their making."""
    value = (now_ms & (1 << 48) - 1) << 80 | 7 << 76 | 2 << 62
    value |= secrets.randbits(12) << 64 | int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def once(*parts: object) -> int:
    """A positive 63-bit number from `parts`: the `n` of an operation that must happen once, whoever submits it."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def derived(*parts: object) -> str:
    """An id from `parts`, the same on every end."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]


def scope_of(hall: str, class_: str, part: str = "") -> str:
    """`hall:class` or `hall:class/part`."""
    return f"{hall}:{class_}/{part}" if part else f"{hall}:{class_}"


def hall_of(scope: str) -> str:
    """The hall a scope belongs to."""
    return scope.partition(":")[0]


def class_of(scope: str) -> str:
    """The class of a scope: base, queue, case, rating, callback, print or archive."""
    return scope.partition(":")[2].partition("/")[0]


def part_of(scope: str) -> str:
    """The part of a scope; empty for the whole."""
    return scope.partition("/")[2]
