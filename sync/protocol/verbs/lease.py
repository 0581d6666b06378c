"""Verbs of what a device holds for a while: tickets leased to a window, and the window itself.

Those by the clock are made by the server: on a request of the device (`/v1/lease`), on its silence, at expiry.
"""

from __future__ import annotations

from sync.protocol.operation import Args, kind


@kind("lease.give@1")
class GiveLeases(Args, frozen=True, kw_only=True):
    """By the clock, as a window asked: its leases last anew, and as many more as the hall allows; `id` is the window
    session, `leases` are ids for new ones, `day` is the hall's."""

    leases: list[str]
    day: str


@kind("lease.ask@1")
class AskBack(Args, frozen=True, kw_only=True):
    """By the clock: another window wants to call the ticket; `id` is the lease."""


@kind("lease.return@1")
class ReturnLease(Args, frozen=True, kw_only=True):
    """By the clock, as the holder confirmed: it will not call the ticket by this lease; `id` is the lease."""


@kind("lease.expire@1")
class ExpireLease(Args, frozen=True, kw_only=True):
    """By the clock: expiry and margin are past; `id` is the lease."""


@kind("ticket.call_leased@1")
class CallLeased(Args, frozen=True, kw_only=True):
    """Call this ticket under the lease that the device holds, also without a network."""

    session: str
    call: str
    lease: str


@kind("window.silence@1")
class Silence(Args, frozen=True, kw_only=True):
    """By the clock: the session's device was not heard for the time of its heartbeat's lease; `id` is the session."""


@kind("window.heard@1")
class Heard(Args, frozen=True, kw_only=True):
    """By the clock: the device is there again; `id` is the session."""
