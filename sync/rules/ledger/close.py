"""How an entry ends: after a second callback, after tries enough, or void because nothing was wrong.

The invariant: closed ⇒ a second callback reached the person, or three logged tries failed on at least two days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.protocol.operation import Operation
from sync.protocol.verbs import rating as verbs
from sync.records.states import Finding, LedgerState, Level, Role
from sync.rules.facts import Facts, Key, match
from sync.rules.ledger.callback import TRIES
from sync.rules.ledger.clocks import start_rectify
from sync.rules.ledger.correction import of_appeal, rating_scope
from sync.rules.ledger.machine import BEFORE_RECTIFYING, MACHINE, entry_of, found, own_entry
from sync.rules.ledger.words import known, needed, note, note_down, within
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.rectification import Rectification

DAYS = 2


@rule(
    verbs.Second,
    GUARD,
    {Role.CALLBACK},
    reads=lambda op: (Key("rectification", op.id), note(op.id, "second")),
)
def second(op: Operation[verbs.Second], facts: Facts) -> Effects:
    """The person was reached again and says how it is now; before anything was put right only if the rating was a
    mistake."""
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "second")
    if entry.state in BEFORE_RECTIFYING:
        found(entry, Finding.MISTAKEN)
    level = known(Level, "level", op.args.level)
    effects = Effects().put(
        "rectification", op.id, state=after, second_at=facts.now, seen_at=facts.now, second_level=level
    )
    words = within(facts, "note", op.args.note)
    return note_down(effects, facts, op.id, "second", words) if words else effects


@rule(verbs.Close, GUARD, {Role.CALLBACK}, reads=lambda op: (Key("rectification", op.id),))
def close(op: Operation[verbs.Close], facts: Facts) -> Effects:
    """Closed. Refused `second_callback_missing` with the tries and days that count so far."""
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "close")
    if entry.state in BEFORE_RECTIFYING:
        found(entry, Finding.MISTAKEN)
    if entry.state != LedgerState.SECOND_CALLBACK:
        _tried_enough(entry)
    return Effects().put("rectification", op.id, state=after, closed_at=facts.now)


def _tried_enough(entry: Rectification) -> None:
    days = len(entry.failed_second_days or ())
    if entry.failed_second < TRIES or days < DAYS:
        raise Refused("second_callback_missing", id=entry.id, tries=entry.failed_second, days=days)


@rule(
    verbs.ReopenEntry,
    GUARD,
    {Role.CALLBACK},
    reads=lambda op: (Key("rectification", op.id), match("checklist_tick", entry=op.id)),
)
def reopen(op: Operation[verbs.ReopenEntry], facts: Facts) -> Effects:
    """The person is not content: to be put right again, in a new period, and called again after it."""
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "reopen")
    effects = Effects()
    note_down(effects, facts, op.id, f"reopen.{entry.reopened + 1}", needed(facts, "reason", op.args.reason))
    clock = start_rectify(effects, facts, op.id, op.scope)
    return effects.put(
        "rectification",
        op.id,
        state=after,
        reopened=entry.reopened + 1,
        rectified_at=None,
        second_at=None,
        second_level=None,
        failed_second=0,
        failed_second_days=[],
        **clock,
    )


@rule(verbs.Appeal, GUARD, {Role.CALLBACK}, reads=lambda op: (Key("rectification", op.id),))
def appeal(op: Operation[verbs.Appeal], facts: Facts) -> Effects:
    """The handler found nothing true in it, or a slip of the finger, and asks for the entry to be voided."""
    entry = own_entry(facts, op.id)
    after = MACHINE.after(entry, "appeal")
    found(entry, Finding.UNTRUE, Finding.MISTAKEN)
    return Effects().put("rectification", op.id, state=after, appeal=needed(facts, "reason", op.args.reason))


@rule(
    verbs.Uphold,
    GUARD,
    {Role.CALLBACK, Role.DUTY},
    reads=lambda op: (Key("rectification", op.id), note(op.id, "uphold")),
)
def uphold(op: Operation[verbs.Uphold], facts: Facts) -> Effects:
    """The appeal is refused: what was complained of counts as true. The clock went on meanwhile."""
    entry = _another(facts, op.id)
    after = MACHINE.after(entry, "uphold")
    reason = needed(facts, "reason", op.args.reason)
    effects = Effects().put("rectification", op.id, state=after, finding=Finding.TRUE)
    return note_down(effects, facts, op.id, "uphold", reason)


@rule(
    verbs.Void,
    GUARD,
    {Role.CALLBACK, Role.DUTY},
    reads=lambda op: (
        Key("rectification", op.id),
        Key("appraisal_correction", op.id, rating_scope(op.scope)),
    ),
    scopes=lambda op: (op.scope, rating_scope(op.scope)),
)
def void(op: Operation[verbs.Void], facts: Facts) -> Effects:
    """The appeal is granted: the entry is void. The rating stays as it was given; in its month's appraisal it counts as
    bad no more, by an entry of its own."""
    entry = _another(facts, op.id)
    after = MACHINE.after(entry, "void")
    reason = needed(facts, "reason", op.args.reason)
    effects = Effects().put("rectification", op.id, state=after, void_reason=reason, closed_at=facts.now)
    return of_appeal(effects, facts, entry, op.scope, reason) if entry.source == "rating" else effects


def _another(facts: Facts, id: str) -> Rectification:
    """The entry, for anyone but the handler who appealed; refused `same_person`."""
    entry = entry_of(facts, id)
    if entry.state == LedgerState.APPEAL_REVIEW and entry.handler == facts.actor:
        raise Refused("same_person", id=id)
    return entry
