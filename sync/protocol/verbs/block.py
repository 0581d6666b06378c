"""Verbs on blocks of numbers, all by the clock: a device asked for one, gave one back, or was not heard; `id` is the
block."""

from __future__ import annotations

from sync.protocol.operation import Args, Ordinal, kind


class BlockNumber(Args, frozen=True, kw_only=True):
    """One number out of a block that this device holds: it is the paper's or the ticket's from now on."""

    block: str
    period: str
    n: Ordinal


@kind("block.give@1")
class GiveBlock(Args, frozen=True, kw_only=True):
    """Set numbers of a series aside for a device. `of` is "ticket", with the matter's prefix, or a kind of paper;
    `period` is the day or the year."""

    device: str
    of: str
    prefix: str | None = None
    period: str


@kind("block.end@1")
class EndBlock(Args, frozen=True, kw_only=True):
    """Nothing more of it will be used: what is left goes into the void register. Reasons: returned, block_expired,
    device_revoked."""

    reason: str


@kind("block.expire@1")
class ExpireBlock(Args, frozen=True, kw_only=True):
    """Expiry and margin are past, and the device was not heard."""
