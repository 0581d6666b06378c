"""The registry of rules: one pure function a verb, the same on both ends.

    @rule(verbs.Serve, GUARD, {Role.CLERK}, reads=lambda op: (Key("ticket", op.id),))
    def serve(op: Operation[Serve], facts: Facts) -> Effects: ...

Three styles (sync.md, *Rules*): COMMUTE never conflicts; GUARD has a precondition and carries `after`;
FIELD carries `was`. `exclusive` verbs have no preview: only the centre's answer counts. `scopes` names every scope
that the effects may touch, so that their heads can be locked before anything is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sync.protocol.operation import KINDS, Args, Operation, kind_of
from sync.rules.facts import Facts, Read
from sync.rules.outcome import Conflict, Effects, Outcome, Refusal, Refused

COMMUTE, GUARD, FIELD = "commute", "guard", "field"

Decide = Callable[[Any, Facts], Effects | Conflict]
Reads = Callable[[Any], Iterable[Read]]
Scopes = Callable[[Any], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One verb's rule."""

    kind: str
    style: str
    roles: frozenset[str]
    reads: Reads
    decide: Decide
    scopes: Scopes
    exclusive: bool


RULES: dict[str, Rule] = {}


def rule(
    args: type[Args],
    style: str,
    roles: Iterable[str],
    *,
    reads: Reads,
    scopes: Scopes = lambda op: (op.scope,),
    exclusive: bool = False,
) -> Callable[[Decide], Decide]:
    """Register the function that decides a verb."""

    def register(decide: Decide) -> Decide:
        name = kind_of(args)
        RULES[name] = Rule(name, style, frozenset(roles), reads, decide, scopes, exclusive)
        return decide

    return register


def decide(op: Operation[Args], facts: Facts) -> Outcome:
    """The rule's answer. The role is looked at first: who may not, learns nothing of the record."""
    found = RULES[op.kind]
    if not found.roles & facts.roles:
        return Refusal("forbidden", {"kind": op.kind})
    try:
        return found.decide(op, facts)
    except Refused as refused:
        return refused.refusal


def unruled() -> set[str]:
    """Verbs that no rule decides; empty once all rules are loaded."""
    return set(KINDS) - set(RULES)
