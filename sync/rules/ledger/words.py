"""What was said or typed: one of a closed set of words, or free words of a bounded length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sync.rules.facts import Facts, Key
from sync.rules.outcome import Effects, Refused

T = TypeVar("T", bound=str)


def known(choices: Iterable[T], field: str, value: str) -> T:
    """The choice that equals `value`; refused `bad_value` naming the field, never what was typed."""
    for choice in choices:
        if choice == value:
            return choice
    raise Refused("bad_value", field=field)


def within(facts: Facts, field: str, value: str | None) -> str | None:
    """`value` without outer blanks, None for nothing; refused `too_long` beyond the setting `words_max`."""
    kept = (value or "").strip()
    limit = facts.setting("words_max")
    if len(kept) > limit:
        raise Refused("too_long", field=field, max=limit)
    return kept or None


def needed(facts: Facts, field: str, value: str) -> str:
    """As `within`, but refused `bad_value` where nothing was said."""
    kept = within(facts, field, value)
    if kept is None:
        raise Refused("bad_value", field=field)
    return kept


def note(entry: str, item: str) -> Key:
    """Read the words that `note_down` would write over."""
    return Key("checklist_tick", f"{entry}/{item}")


def note_down(effects: Effects, facts: Facts, entry: str, item: str, words: str | None) -> Effects:
    """Words that belong to a step, among the answers of the entry's checklist; one answer an item."""
    return effects.put(
        "checklist_tick", f"{entry}/{item}", entry=entry, item=item, value=words, staff=facts.actor, at=facts.now
    )
