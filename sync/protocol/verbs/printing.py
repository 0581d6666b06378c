"""Verbs on printing and blanks; `id` is the authorisation or the stock.

A terminal for citizens speaks in the scope `hall:print` and names the authorisation's own scope as `home`; a clerk
speaks in the case's scope and leaves `home` empty.
"""

from __future__ import annotations

from sync.protocol.operation import Args, kind


@kind("print.give@1")
class GivePrint(Args, frozen=True, kw_only=True):
    """The right to print one copy of a paper: here and now, or at a terminal with a code."""

    document: str
    channel: str  # window | kiosk


@kind("print.take@1")
class TakePrint(Args, frozen=True, kw_only=True):
    """This device prints it, nobody else."""

    home: str = ""


@kind("print.printed@1")
class Printed(Args, frozen=True, kw_only=True):
    """It has left the printer; a licence on the blank `serial` of `stock`."""

    home: str = ""
    stock: str | None = None
    serial: str | None = None


@kind("print.confirm@1")
class ConfirmPrint(Args, frozen=True, kw_only=True):
    """The copy is good."""

    home: str = ""


@kind("print.fail@1")
class FailPrint(Args, frozen=True, kw_only=True):
    """The copy is spoiled, or will not be printed: the right may be given anew, and the blank that it was printed on,
    named again, is void."""

    home: str = ""
    reason: str
    stock: str | None = None
    serial: str | None = None


@kind("print.lapse@1")
class LapsePrint(Args, frozen=True, kw_only=True):
    """By the clock: nobody came for it."""


@kind("blank.receive@1")
class ReceiveBlanks(Args, frozen=True, kw_only=True):
    """Blanks have come in, with serials from `first` to `last`; `id` is `scope/place`."""

    range: str
    first: str
    last: str


@kind("blank.void@1")
class VoidBlank(Args, frozen=True, kw_only=True):
    """A blank is spoiled without having been printed on."""

    serial: str
    reason: str
