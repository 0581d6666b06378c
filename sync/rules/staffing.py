"""Windows as the duty manager lays them out as the day goes: which tickets one takes, and where it is found; scope
`hall:base`."""

from __future__ import annotations

from typing import Final

from sync.protocol.operation import Operation
from sync.protocol.verbs import staff as verbs
from sync.records.states import Role
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

MOST: Final = 26
"""Prefixes at one window: as many as there are letters."""
PLACE_MOST: Final = 12
"""Characters that say where a window is: they stand beside its label on a wall."""


def _read_for_assign(op: Operation[verbs.AssignWindow]) -> tuple[Read, ...]:
    return (Key("window", op.id), *(match("matter", prefix=prefix) for prefix in op.args.skills[:MOST]))


@rule(verbs.AssignWindow, GUARD, {Role.ADMIN, Role.DUTY}, reads=_read_for_assign)
def assign(op: Operation[verbs.AssignWindow], facts: Facts) -> Effects:
    """The first of `skills` is the window's main one. Refused `not_found` (window), `bad_value` (skills): none, too
    many, twice the same, or a prefix that no matter has."""
    facts.need("window", op.id)
    skills = op.args.skills
    if not 1 <= len(skills) <= MOST or len(set(skills)) < len(skills):
        raise Refused("bad_value", field="skills")
    if not all(facts.match("matter", prefix=prefix) for prefix in skills):
        raise Refused("bad_value", field="skills")
    return Effects().put("window", op.id, skills=skills)


@rule(verbs.PlaceWindow, GUARD, {Role.ADMIN, Role.DUTY}, reads=lambda op: (Key("window", op.id),))
def place(op: Operation[verbs.PlaceWindow], facts: Facts) -> Effects:
    """Tickets, slips and displays say it from now on. Refused `not_found` (window), `bad_value` (place): too long, or
    signs that nobody sees."""
    facts.need("window", op.id)
    said = op.args.place.strip()
    if len(said) > PLACE_MOST or not said.isprintable():
        raise Refused("bad_value", field="place")
    return Effects().put("window", op.id, place=said or None)
