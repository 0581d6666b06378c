"""The rating page: what it asks, what a form said, and what it says once it was answered.

open ──form posted──▶ rated ──words added──▶ rated        closed: lapsed, or past its time
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from server_stub.public.queue import is_open
from server_stub.public.store import PublicStore, one
from sync.errors import InputError
from sync.protocol.identifiers import derived, scope_of
from sync.protocol.messages import Result
from sync.protocol.verbs import rating as verbs
from sync.records.settings import MINUTE
from sync.records.states import InviteState, Level
from sync.window_name import window_name

FORM_BYTES = 32 << 10
FORM_FIELDS = 60
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories that no one types into a form: controls, direction overrides, halves, private and unassigned."""


@dataclass(frozen=True, slots=True)
class TagGroup:
    """The tags that go with one level, and the version of the set that they are from."""

    level: str
    version: int
    tags: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in; what a page shows again when something was wrong."""

    level: str = ""
    person_level: str = ""
    tags: Sequence[str] = ()
    tag_version: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class RatingPage:
    """`state` is open, rated or closed; `matter` and `window` say what is rated."""

    state: str
    matter: str
    window: str | None
    window_id: str | None
    opened_at: int | None
    asks_person: bool
    groups: Sequence[TagGroup]
    words_max: int
    basis: str  # open | wall: what the minutes until the callback are counted in
    minutes: int
    days: int
    called_back: bool = False
    level: str | None = None
    supplements: int = 0
    may_add: bool = False
    form: Form = field(default_factory=Form)
    levels: Sequence[str] = tuple(str(level) for level in Level)


async def rating_page(store: PublicStore, id: str, form: Form | None = None, *, own: bool = False) -> RatingPage | None:
    """The page of an invitation, with what was filled in before; None where there is none. What was said stands on it
    for its `own` browser alone: the address was on the window's small screen, where the clerk could read it too."""
    invite = await one(store, "invite", id)
    if invite is None:
        return None
    matter, window = await one(store, "matter", invite.matter), await one(store, "window", invite.window)
    page: dict[str, Any] = {
        "matter": matter.name if matter else "",
        "window": window_name(window.label) if window else None,
        "window_id": invite.window,
        "opened_at": invite.opened_at,
        "asks_person": invite.staff is not None,
        "groups": (),
        "words_max": store.setting("words_max"),
        "basis": "wall" if store.setting("always_open") else store.setting("callback_basis"),
        "minutes": store.setting("callback_limit") // MINUTE,
        "days": store.setting("rectify_days"),
        "form": form or Form(),
    }
    if invite.state == InviteState.RATED:
        rating = await one(store, "rating", id)
        added = len(await store.read("rating_supplement", rating=id))
        return RatingPage(
            state="rated",
            level=rating.level if own and rating else None,
            called_back=own and await one(store, "rectification", id) is not None,
            supplements=added,
            may_add=added < store.setting("supplements_max"),
            **page,
        )
    if not is_open(invite, store.clock.now()):
        return RatingPage(state="closed", **page)
    page["groups"] = await _groups(store, matter.nature if matter else "")
    return RatingPage(state="open", **page)


async def _groups(store: PublicStore, nature: str) -> Sequence[TagGroup]:
    """The newest set of tags for each level."""
    newest: dict[str, Any] = {}
    for row in sorted(await store.read("tag_set", nature=nature), key=lambda row: int(row.version)):
        newest[row.level] = row
    return [
        TagGroup(str(level), newest[level].version, newest[level].tags or ())
        for level in Level
        if level in newest and newest[level].tags
    ]


def read_form(body: bytes) -> dict[str, list[str]]:
    """A posted form (application/x-www-form-urlencoded, UTF-8). Raises InputError `form_unreadable`."""
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except ValueError:
        raise InputError("form_unreadable") from None


def first(posted: Mapping[str, Sequence[str]], name: str) -> str:
    """The first value of a field, or an empty text."""
    return next(iter(posted.get(name, ())), "")


def rating_form(posted: Mapping[str, Sequence[str]]) -> Form:
    """The rating in a posted form: of the tags, those that were shown with the chosen level."""
    level = first(posted, "level")
    tags = posted.get(f"tags-{level}", ())
    version = first(posted, f"version-{level}")
    return Form(
        level=level,
        person_level=first(posted, "person_level"),
        tags=tuple(tags),
        tag_version=int(version) if tags and version.isascii() and version.isdigit() and len(version) < 10 else None,
        words=typed(first(posted, "words")),
    )


def typed(text: str) -> str:
    """Free words without characters that cannot be seen, line ends as one character."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in _UNSEEN).strip()


async def give(store: PublicStore, id: str, form: Form, channel: str) -> Result:
    """Submit a rating."""
    invite = await one(store, "invite", id) if form.tags else None
    args = verbs.Give(
        level=form.level,
        person_level=form.person_level or None,
        tags=list(form.tags),
        tag_version=form.tag_version,
        matter=invite.matter if invite is not None else None,
        words=form.words or None,
        channel=channel,
    )
    return await store.submit(args, id, scope_of(store.hall, "rating"))


async def add_words(store: PublicStore, id: str, words: str) -> Result:
    """Submit words added later; the same words again are the same supplement."""
    args = verbs.Supplement(supplement=derived("supplement", id, words), words=words)
    return await store.submit(args, id, scope_of(store.hall, "rating"))
