"""The wire of a terminal at which citizens rate.

POST /v1/rating/find  AskRating → RatingsAsked
POST /v1/rating       GiveRating → RatingGiven
"""

from __future__ import annotations

from sync.protocol.messages import Message


class AskRating(Message, kw_only=True, omit_defaults=True):
    """Somebody wants to rate at a terminal: what was `scanned` of a slip or a small screen, or the ticket's `number` of
    today – its digits suffice – with its `code`."""

    scanned: str = ""
    number: str = ""
    code: str = ""


class AskedTags(Message, kw_only=True, omit_defaults=True):
    """The tags that go with one level: `code`, `zh`, `en` of each."""

    level: str
    version: int
    tags: list[dict[str, str]]


class AskedRating(Message, kw_only=True, omit_defaults=True):
    """One invitation that is open: what is rated, whether the person may be rated apart, and what may be named."""

    token: str
    matter: str
    window: str = ""
    asks_person: bool = False
    groups: list[AskedTags] = []


class RatingsAsked(Message, kw_only=True, omit_defaults=True):
    """The invitations that are open, the oldest first. Without one, `why`: `unknown` (no such ticket, a wrong code),
    `not_yet` (nothing was finished), `rated`, `closed` or `wait` for so many `seconds`."""

    open: list[AskedRating] = []
    why: str = ""
    seconds: int = 0


class GiveRating(Message, kw_only=True, omit_defaults=True):
    """The answer to one invitation."""

    token: str
    level: str
    person_level: str | None = None
    tags: list[str] = []
    tag_version: int | None = None


class RatingGiven(Message, kw_only=True, omit_defaults=True):
    """Whether it was taken, and else why: a code of refusal."""

    taken: bool
    code: str = ""
