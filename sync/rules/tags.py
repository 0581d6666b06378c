"""Second-level tags of ratings, versioned: a new set for one level and one nature of service; what was, stays.

    permit/dissatisfied/1   permit/dissatisfied/2 …      pages offer the newest, a rating names the one it was given by

A code keeps its words through all versions of its level and nature: figures over years are made of codes, and what a
code says in an old rating is what it said. Other words are another code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sync.protocol.operation import Operation
from sync.protocol.verbs import rating as verbs
from sync.records.states import Level, Role
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.ledger.words import known
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.records.matter import TagSet

TAGS_MOST: Final = 9
"""So many as a terminal has number keys for."""
WORDS_MOST: Final = 24
LANGUAGES: Final = ("zh", "en")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


def set_id(nature: str, level: str, version: int) -> str:
    """The id of a set."""
    return f"{nature}/{level}/{version}"


def wrong_in(tags: Sequence[dict[str, str]]) -> str:
    """What no set of tags may be: "" where nothing is, else `too_many`, `code`, `words` or `twice`."""
    if len(tags) > TAGS_MOST:
        return "too_many"
    for tag in tags:
        if tag.keys() != {"code", *LANGUAGES} or _CODE.fullmatch(tag["code"]) is None:
            return "code"
        if any(not 0 < len(tag[each].strip()) <= WORDS_MOST or tag[each] != tag[each].strip() for each in LANGUAGES):
            return "words"
    each_once = all(len({tag[name] for tag in tags}) == len(tags) for name in ("code", *LANGUAGES))
    return "" if each_once else "twice"


def _reads(op: Operation[verbs.PublishTags]) -> tuple[Read, ...]:
    return (
        Key("tag_set", op.id),
        match("tag_set", nature=op.args.nature, level=op.args.level),
        match("matter", nature=op.args.nature),
    )


@rule(verbs.PublishTags, GUARD, {Role.ADMIN}, reads=_reads)
def publish(op: Operation[verbs.PublishTags], facts: Facts) -> Effects:
    """A new version, offered from now on. Refused `exists` and `changed` where another was published meanwhile,
    `bad_value` naming the field: nature (no matter has it), level, version, id, tags (their form, or a code that said
    something else before)."""
    said = op.args
    level = known(Level, "level", said.level)
    if not facts.match("matter", nature=said.nature):
        raise Refused("bad_value", field="nature")
    if op.id != set_id(said.nature, level, said.version):
        raise Refused("bad_value", field="id")
    facts.absent("tag_set", op.id)
    earlier: Sequence[TagSet] = facts.match("tag_set", nature=said.nature, level=said.level)
    newest = max((row.version for row in earlier), default=0)
    if said.version <= newest:
        raise Refused("changed", id=op.id)
    if said.version != newest + 1:
        raise Refused("bad_value", field="version")
    if why := wrong_in(said.tags):
        raise Refused("bad_value", field="tags", why=why)
    before = {str(tag["code"]): tag for row in earlier for tag in row.tags or ()}
    if any(before.get(tag["code"], tag) != tag for tag in said.tags):
        raise Refused("bad_value", field="tags", why="other_words")
    return Effects().put(
        "tag_set", op.id, version=said.version, nature=said.nature, level=level, tags=[dict(tag) for tag in said.tags]
    )
