"""Verbs on tickets and window sessions; `id` is the ticket, or for `window.*` the session."""

from __future__ import annotations

from sync.protocol.operation import Args, kind
from sync.protocol.verbs.block import BlockNumber


@kind("ticket.issue@1")
class Issue(Args, frozen=True, kw_only=True):
    """Give out a ticket; the centre numbers it, or `number` out of the device's block. `more` are the person's further
    matters, done after `matter` in this order under the same number; `desk` the window where it is given out."""

    matter: str
    more: list[str] = []
    holder: str | None = None
    phone: str | None = None
    priority: str = "none"
    site: str
    desk: str | None = None
    number: BlockNumber | None = None


@kind("ticket.call_next@1")
class CallNext(Args, frozen=True, kw_only=True):
    """Call whoever is next by the hall's policy; `id` is the session. The centre alone chooses."""

    call: str


@kind("ticket.call@1")
class Call(Args, frozen=True, kw_only=True):
    """Call this ticket to the session's window."""

    session: str
    call: str


@kind("ticket.recall@1")
class Recall(Args, frozen=True, kw_only=True):
    """Call again a ticket that has not come yet."""


@kind("ticket.serve@1")
class Serve(Args, frozen=True, kw_only=True):
    """The person has come: service begins."""

    segment: str


@kind("ticket.miss@1")
class Miss(Args, frozen=True, kw_only=True):
    """Nobody came."""


@kind("ticket.reactivate@1")
class Reactivate(Args, frozen=True, kw_only=True):
    """A missed person has turned up and waits again."""


@kind("ticket.hold@1")
class Hold(Args, frozen=True, kw_only=True):
    """Put the person aside (copies, a form); the window is free for others."""


@kind("ticket.resume@1")
class Resume(Args, frozen=True, kw_only=True):
    """Go on with a held ticket at the same window."""

    session: str
    segment: str


@kind("ticket.transfer@1")
class Transfer(Args, frozen=True, kw_only=True):
    """Send on to another window or matter, keeping the arrival."""

    window: str | None = None
    matter: str | None = None


@kind("ticket.finish@1")
class Finish(Args, frozen=True, kw_only=True):
    """Service is done; `invite` is the id of the invitation to rate that opens with it. A ticket with further matters
    goes on with the next, at this window where it serves it."""

    invite: str


@kind("ticket.cancel@1")
class Cancel(Args, frozen=True, kw_only=True):
    """The person left or was given up."""

    reason: str = ""


@kind("ticket.undo_call@1")
class UndoCall(Args, frozen=True, kw_only=True):
    """Take back a call within the hall's limit (10 s): the ticket stands where it stood."""


@kind("ticket.link@1")
class Link(Args, frozen=True, kw_only=True):
    """The case that this ticket's person came for."""

    case: str


@kind("ticket.expire@1")
class Expire(Args, frozen=True, kw_only=True):
    """By the clock: a missed ticket lapses."""


@kind("queue.close_day@1")
class CloseDay(Args, frozen=True, kw_only=True):
    """By the clock or the duty manager: whatever is open on `day` is closed and flagged; `id` is the scope."""

    day: str


@kind("queue.lay_out@1")
class LayOut(Args, frozen=True, kw_only=True):
    """By the clock, where the hall goes by its own policy: what each window takes next; `id` is the scope, `day` the
    hall's."""

    day: str


@kind("window.open@1")
class OpenWindow(Args, frozen=True, kw_only=True):
    """A person sits down at a window."""

    window: str


@kind("window.ask@1")
class AskWindow(Args, frozen=True, kw_only=True):
    """The duty manager wants this window at work, for the prefix `service`; `id` is the request."""

    window: str
    service: str


@kind("window.withdraw@1")
class WithdrawRequest(Args, frozen=True, kw_only=True):
    """The window is not wanted any more; `id` is the request."""


@kind("window.pause@1")
class PauseWindow(Args, frozen=True, kw_only=True):
    """Stop taking tickets for a while."""

    pause: str
    reason: str


@kind("window.resume@1")
class ResumeWindow(Args, frozen=True, kw_only=True):
    """Take tickets again."""


@kind("window.close@1")
class CloseWindow(Args, frozen=True, kw_only=True):
    """The person leaves the window."""
