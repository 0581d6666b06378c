"""The tags that ratings may name, by nature of service and level: the newest version, and every code there ever was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

Read = Callable[..., list[sqlite3.Row]]
Tag = dict[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """The newest set of a nature and level; `words` are the tags of all its versions by code."""

    version: int
    tags: Sequence[Tag]
    words: Mapping[str, Tag]


def known(read: Read) -> dict[tuple[str, str], Known]:
    """By (nature, level)."""
    found: dict[tuple[str, str], Known] = {}
    for row in read("SELECT nature, level, version, tags FROM tag_set ORDER BY nature, level, version LIMIT 2000"):
        stored = msgspec.json.decode(row["tags"] or "[]")
        tags = [{name: str(tag.get(name, "")) for name in ("code", "zh", "en")} for tag in stored]
        before = found.get((row["nature"], row["level"]), Known(0, (), {})).words
        words = {**before, **{tag["code"]: tag for tag in tags}}
        found[row["nature"], row["level"]] = Known(row["version"], tags, words)
    return found


def natures(read: Read) -> list[str]:
    """The natures of service that the hall's matters have."""
    return [row["nature"] for row in read("SELECT DISTINCT nature FROM matter ORDER BY nature LIMIT 100")]
