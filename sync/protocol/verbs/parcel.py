"""Verbs on parcels; `id` is the parcel, `case` whose papers and originals lie in it."""

from __future__ import annotations

from sync.protocol.operation import Args, Count, kind


class ParcelItem(Args, frozen=True, kw_only=True):
    """One line of the contents: a document or a material by its id, or something else by its name."""

    what: str  # document | material | other
    id: str = ""
    name: str = ""
    copies: Count = 1


@kind("parcel.send@1")
class Send(Args, frozen=True, kw_only=True):
    """Handed to the carrier: to the citizen, or – as the citizen told – back to the hall."""

    case: str
    leg: str  # out | back
    carrier: str
    tracking: str
    receiver: str
    contents: list[ParcelItem]


@kind("parcel.arrive@1")
class Arrive(Args, frozen=True, kw_only=True):
    """It has arrived on this day. One that delivers a decision arrives with `case.deliver`."""

    case: str
    day: str


@kind("parcel.fail@1")
class Fail(Args, frozen=True, kw_only=True):
    """It came back, or is lost; of one with papers in it delivery by courier has failed."""

    case: str
    outcome: str  # returned | lost
    day: str
    reason: str
