"""How an entry begins: by a bad rating (`rating.give`), or by a complaint on the telephone."""

from __future__ import annotations

from typing import Any

from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import rating as verbs
from sync.records.states import LedgerState, Role
from sync.rules.facts import Facts, Key
from sync.rules.ledger.clocks import start_callback
from sync.rules.ledger.words import needed
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule


def enter(effects: Effects, facts: Facts, id: str, *, scope: str, **what: Any) -> Effects:
    """Make the entry and start the clock of the first callback, from the server's receipt."""
    clock = start_callback(effects, facts, id, scope)
    return effects.put(
        "rectification", id, scope=scope, state=LedgerState.OPEN, opened_at=facts.received, **what, **clock
    )


@rule(
    verbs.OpenEntry,
    GUARD,
    {Role.CALLBACK},
    reads=lambda op: (
        Key("rectification", op.id),
        Key("matter", op.args.matter, scope_of(hall_of(op.scope), "base")),
    ),
)
def open_entry(op: Operation[verbs.OpenEntry], facts: Facts) -> Effects:
    """Somebody complained by telephone: an entry of its own, with the same clocks as a bad rating's."""
    said = op.args
    facts.absent("rectification", op.id)
    facts.need("matter", said.matter)
    if said.rated_staff == facts.actor:
        raise Refused("same_person", id=op.id)
    return enter(
        Effects(),
        facts,
        op.id,
        scope=op.scope,
        source="telephone",
        matter=said.matter,
        window=said.window,
        rated_staff=said.rated_staff,
        site=said.site,
        holder=said.holder,
        phone=said.phone,
        words=needed(facts, "words", said.words),
        tags=[],
    )
