"""Verbs about machines; `id` is the device, or the held operation."""

from __future__ import annotations

from sync.protocol.operation import Args, kind


@kind("device.enrol@1")
class EnrolDevice(Args, frozen=True, kw_only=True):
    """The server has taken a machine in; `given_by` gave the code that it came with, where a person did."""

    label: str
    given_by: str | None = None


@kind("device.revoke@1")
class RevokeDevice(Args, frozen=True, kw_only=True):
    """Lost, stolen, given away: nothing more is taken from it."""

    reason: str


@kind("held.decide@1")
class DecideHeld(Args, frozen=True, kw_only=True):
    """Take what was held as what its author said, or refuse it. What it says is repeated, so that it is clear which
    records it reads."""

    choice: str
    kind: str
    about: str
    within: str
    said: str
    by: str
    reason: str = ""


@kind("held.read@1")
class ReadHeld(Args, frozen=True, kw_only=True):
    """Its author has read what became of it."""
