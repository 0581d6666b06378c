"""Putting right: the rated person is spoken to, an office promises a measure and shows that it was done."""

from __future__ import annotations

from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import rating as verbs
from sync.records.states import Finding, LedgerState, Role
from sync.rules.facts import Facts, Key, Read
from sync.rules.ledger.machine import MACHINE, found, own_entry
from sync.rules.ledger.words import needed, note, note_down
from sync.rules.outcome import Effects
from sync.rules.rule import GUARD, rule


def _with_office(op: Operation[verbs.Plan] | Operation[verbs.TransferEntry]) -> tuple[Read, ...]:
    return Key("rectification", op.id), Key("office", op.args.office, scope_of(hall_of(op.scope), "base"))


@rule(
    verbs.Interview,
    GUARD,
    {Role.CALLBACK},
    reads=lambda op: (Key("rectification", op.id), note(op.id, "interview")),
)
def interview(op: Operation[verbs.Interview], facts: Facts) -> Effects:
    """约谈. What was said stands on the checklist, under the item `interview`."""
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "interview")
    words = needed(facts, "note", op.args.note)
    effects = Effects().put("rectification", op.id, state=after, interviewed_at=facts.now)
    return note_down(effects, facts, op.id, "interview", words)


@rule(verbs.Plan, GUARD, {Role.CALLBACK}, reads=_with_office)
def plan(op: Operation[verbs.Plan], facts: Facts) -> Effects:
    """The measure promised and the office that answers for it. Refused `finding` where nothing is to be put right."""
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "plan")
    if entry.state != LedgerState.REOPENED:
        found(entry, Finding.TRUE, Finding.PARTLY)
    facts.need("office", op.args.office)
    measure = needed(facts, "measure", op.args.measure)
    return Effects().put("rectification", op.id, state=after, measure=measure, office=op.args.office)


@rule(verbs.TransferEntry, GUARD, {Role.CALLBACK}, reads=_with_office)
def transfer(op: Operation[verbs.TransferEntry], facts: Facts) -> Effects:
    """转科室: another office answers for it. State and clocks stay as they are."""
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "transfer")
    facts.need("office", op.args.office)
    return Effects().put("rectification", op.id, state=after, office=op.args.office)


@rule(verbs.Rectified, GUARD, {Role.CALLBACK}, reads=lambda op: (Key("rectification", op.id),))
def rectified(op: Operation[verbs.Rectified], facts: Facts) -> Effects:
    """Put right, with the evidence: the clock stops."""
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "rectified")
    evidence = needed(facts, "evidence", op.args.evidence)
    return Effects().put("rectification", op.id, state=after, evidence=evidence, rectified_at=facts.now)
