"""The first callback: somebody takes the entry, tries to reach the person, and says what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.calendar import day_of
from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import rating as verbs
from sync.records.states import Finding, LedgerState, Role
from sync.rules.facts import Facts, Key, match
from sync.rules.ledger.clocks import start_rectify
from sync.rules.ledger.machine import MACHINE, TRIED, entry_of, own_entry, second_round
from sync.rules.ledger.words import known, note, note_down, within
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import COMMUTE, GUARD, rule

if TYPE_CHECKING:
    from sync.records.rectification import Rectification
    from sync.records.staff import Staff

ROUNDS = FIRST, SECOND = ("first", "second")
OUTCOMES = (REACHED, *FAILED) = ("reached", "busy", "no_answer", "refused", "wrong_number")
TRIES = 3
"""Logged tries that failed, after which the work goes on without the person."""


@rule(
    verbs.Assign,
    GUARD,
    {Role.CALLBACK, Role.DUTY},
    reads=lambda op: (
        Key("rectification", op.id),
        Key("staff", op.args.handler, scope_of(hall_of(op.scope), "base")),
        match(
            "role_assignment",
            in_scope=scope_of(hall_of(op.scope), "base"),
            staff=op.args.handler,
            role=str(Role.CALLBACK),
            over=op.scope,
        ),
    ),
)
def assign(op: Operation[verbs.Assign], facts: Facts) -> Effects:
    """Give the entry to a callback handler, never to the rated clerk. No clock restarts.

    Refused `not_callback` for a person who is none, whose copy would not hold the entry.
    """
    entry = entry_of(facts, op.id)
    after = MACHINE.after(entry, "assign")
    if op.args.handler == entry.rated_staff:
        raise Refused("same_person", id=op.id)
    person: Staff = facts.need("staff", op.args.handler)
    roles = facts.match("role_assignment", staff=op.args.handler, role=str(Role.CALLBACK), over=op.scope)
    if not person.active or not roles:
        raise Refused("not_callback", staff=op.args.handler)
    return Effects().put("rectification", op.id, state=after, handler=op.args.handler, assigned_at=facts.now)


@rule(
    verbs.Attempt,
    COMMUTE,
    {Role.CALLBACK},
    reads=lambda op: (Key("rectification", op.id), Key("callback_attempt", op.args.attempt)),
)
def attempt(op: Operation[verbs.Attempt], facts: Facts) -> Effects:
    """A try to reach the person, written down whatever the state; the first one takes an entry that nobody had."""
    entry = entry_of(facts, op.id)
    facts.absent("callback_attempt", op.args.attempt)
    round_, outcome = known(ROUNDS, "round", op.args.round), known(OUTCOMES, "outcome", op.args.outcome)
    changed: dict[str, Any] = {"attempts": entry.attempts + 1}
    if entry.state in TRIED:
        changed["state"] = TRIED[LedgerState(entry.state)]
    if entry.handler is None:
        changed |= {"handler": facts.actor, "assigned_at": facts.now}
    if outcome == REACHED:
        if round_ == FIRST and entry.first_reached_at is None:
            changed["first_reached_at"] = facts.now
    elif round_ == SECOND and second_round(entry):
        days = {*(entry.failed_second_days or ()), day_of(facts.now)}
        changed |= {"failed_second": entry.failed_second + 1, "failed_second_days": sorted(days)}
    return (
        Effects()
        .put(
            "callback_attempt",
            op.args.attempt,
            entry=op.id,
            round=round_,
            outcome=outcome,
            note=within(facts, "note", op.args.note),
            staff=facts.actor,
            at=facts.now,
        )
        .put("rectification", op.id, **changed)
    )


@rule(
    verbs.Tick,
    COMMUTE,
    {Role.CALLBACK},
    reads=lambda op: (Key("rectification", op.id), note(op.id, op.args.item)),
)
def tick(op: Operation[verbs.Tick], facts: Facts) -> Effects:
    """An answer on the checklist; the last one stands."""
    entry_of(facts, op.id)
    if not 0 < len(op.args.item) <= 40:
        raise Refused("bad_value", field="item")
    value = within(facts, "value", op.args.value)
    return note_down(Effects(), facts, op.id, op.args.item, value)


@rule(verbs.Verify, GUARD, {Role.CALLBACK}, reads=lambda op: (Key("rectification", op.id),))
def verify(op: Operation[verbs.Verify], facts: Facts) -> Effects:
    """What was found; the clock of the rectification starts. Refused `first_callback_missing` where the person was
    neither reached nor tried three times: every bad rating is called back.
    """
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "verify")
    _called_back(entry)
    effects = Effects()
    clock = start_rectify(effects, facts, op.id, op.scope)
    return effects.put(
        "rectification",
        op.id,
        state=after,
        finding=known(Finding, "finding", op.args.finding),
        cause=within(facts, "cause", op.args.cause),
        verified_at=facts.now,
        **clock,
    )


def _called_back(entry: Rectification) -> None:
    if entry.first_reached_at is None and entry.attempts < TRIES:
        raise Refused("first_callback_missing", id=entry.id, attempts=entry.attempts, needed=TRIES)
