"""What is said of a code with which another machine enrols."""

from __future__ import annotations

from sync.protocol.messages import Message


class AskCode(Message, kw_only=True, omit_defaults=True):
    """A code for another machine is wanted."""


class CodeGiven(Message, kw_only=True, omit_defaults=True):
    """Good once, until `expires_at` (ms)."""

    code: str
    expires_at: int
