"""An operation on its way into the store, and what the server knows of it before any rule."""

from __future__ import annotations

import hashlib

import msgspec

from sync.protocol.identifiers import once
from sync.protocol.operation import Args, Envelope, Operation, decode, kind_of

CLOCK_DEVICE = "clock"
PUBLIC_DEVICE = "public"
DOOR_DEVICE = "door"  # says, in the clock's name, what happened at the door: a machine came, or is not taken any more
SAMPLE_DEVICE = "sample"
"""Plays what people of a sample hall did before anybody looked: made by the server, with each person's own roles."""
_NOBODYS = frozenset({CLOCK_DEVICE, DOOR_DEVICE, PUBLIC_DEVICE})
_INTERNAL = _NOBODYS | {SAMPLE_DEVICE}
_words = msgspec.msgpack.Encoder()


class Incoming(msgspec.Struct, frozen=True):
    """`at` is the judged time, `received` the receipt; `operation` is None where its text cannot be understood.
    `follows`: an n of its device that must have ended before, since it was on its way when this one was sent."""

    envelope: Envelope
    device: str
    at: int
    received: int
    operation: Operation[Args] | None
    trouble: str = ""
    follows: int = 0

    @property
    def kind(self) -> str:
        """The verb in the version that rules know; as it was said where it cannot be understood."""
        return self.envelope.kind if self.operation is None else self.operation.kind

    @property
    def internal(self) -> bool:
        """Made by the server itself: its `n` comes from a hash, so it has no order and needs no session."""
        return self.device in _INTERNAL

    @property
    def of_staff(self) -> bool:
        """Said by a person who works here, whose roles are assigned."""
        return self.device not in _NOBODYS

    def after(self, at: int) -> Incoming:
        """The same, not before that time."""
        return self if self.at >= at else msgspec.structs.replace(self, at=min(at, self.received))

    @property
    def said(self) -> str:
        """Digest of what was said; the same (device, n) with another digest is a cloned device."""
        said = self.envelope
        words = _words.encode((said.kind, said.id, said.scope, bytes(said.args), said.by))
        return hashlib.sha256(words).hexdigest()


def by_the_clock(
    kind: str, args: object, id: str, scope: str, *, n: int, now: int, device: str = CLOCK_DEVICE
) -> Incoming:
    """An operation of the server's own, in the clock's name; `n` tells it from all others of `device`."""
    said = msgspec.Raw(msgspec.json.encode(args, order="sorted"))
    envelope = Envelope(n=n, kind=kind, id=id, scope=scope, args=said, by=CLOCK_DEVICE, session="", said_at=now)
    return Incoming(envelope, device, now, now, decode(envelope, device))


def at_the_door(args: Args, id: str, scope: str, now: int) -> Incoming:
    """What happened at the door; said once, whoever says it."""
    kind = kind_of(args)
    return by_the_clock(kind, args, id, scope, n=once(kind, id, now), now=now, device=DOOR_DEVICE)


def judge(envelope: Envelope, boot: str, boot_now: int, received: int, not_before: int) -> int:
    """The time of an operation (sync.md, *Who and when*), ms.

    While the device has not been restarted: receipt minus the boot clock's distance. Else its wall clock. Never after
    the receipt, never before `not_before`: the operation before it, or a pull at which nothing waited to be sent.
    """
    if envelope.boot and envelope.boot == boot and 0 <= envelope.boot_at <= boot_now:
        at = received - (boot_now - envelope.boot_at)
    else:
        at = envelope.said_at
    return min(received, max(at, not_before))
