"""What is said to the province: a rating without any person – no name, telephone, ticket, case or clerk, no free words.

PUT  /ratings                Batch → Received: an answer for each number; the same number again is the same rating
GET  /ratings/{hall}/{day}   → Day: how many, and one digest over all of them
GET  /ratings/{hall}/{day}/numbers  → Numbers: each with its digest

Every request is signed (RFC 9421, see sync.protocol.signing) with the key that the province gave the hall.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

import msgspec

from sync.calendar import day_of
from sync.rules.facts import Row

KNOWN, REFUSED = "known", "refused"


class Item(msgspec.Struct, kw_only=True, frozen=True):
    """One rating. `number` names it to the province and tells nobody anything."""

    number: str
    day: str
    rated_at: int
    matter: str
    site: str
    window: str | None
    channel: str
    level: str
    person_level: str | None
    tags: list[str]
    tag_version: int | None
    with_words: bool
    defaulted: bool


class Batch(msgspec.Struct, kw_only=True, frozen=True):
    """Ratings of a hall."""

    hall: str
    items: list[Item]


class Told(msgspec.Struct, kw_only=True, frozen=True):
    """What became of one item: `known`, or `refused` with a code."""

    number: str
    status: str
    code: str = ""


class Received(msgspec.Struct, kw_only=True, frozen=True):
    """The acknowledgement of a batch."""

    items: list[Told]


class Day(msgspec.Struct, kw_only=True, frozen=True):
    """A day in short."""

    count: int
    digest: str


class Numbers(msgspec.Struct, kw_only=True, frozen=True):
    """A day in full: number → digest."""

    items: dict[str, str]


_canonical = msgspec.json.Encoder(order="sorted").encode


def number_of(secret: bytes, record: str) -> str:
    """The province's name of a rating: nobody without the store's secret can tell which one it is."""
    return hmac.digest(secret, record.encode(), "sha256").hex()[:32]


def item_of(secret: bytes, rating: Row) -> Item:
    """A rating as the province may know it."""
    row = rating
    return Item(
        number=number_of(secret, row.id),
        day=day_of(row.rated_at or 0),
        rated_at=row.rated_at or 0,
        matter=row.matter,
        site=row.site,
        window=row.window,
        channel=row.channel,
        level=str(row.level),
        person_level=row.person_level,
        tags=sorted(row.tags or ()),
        tag_version=row.tag_version,
        with_words=bool(row.words),
        defaulted=bool(row.defaulted),
    )


def digest_of(item: Item) -> str:
    """What two sides compare of an item."""
    return hashlib.sha256(_canonical(item)).hexdigest()


def day_digest(items: Mapping[str, str]) -> str:
    """What two sides compare of a day: all numbers with their digests, in the numbers' order."""
    lines = "\n".join(f"{number}:{items[number]}" for number in sorted(items))
    return hashlib.sha256(lines.encode()).hexdigest()
