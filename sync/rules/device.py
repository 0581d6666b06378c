"""Machines, and what was said from one that is not taken any more.

device.enrol ─▶ active ─device.revoke─▶ revoked          frozen: the same n came with other words, a copy exists
                              │ what it still says
                              ▼
                         held, waiting ─held.decide─▶ accepted   by the rule of its own verb, as its author's, with the
                                             │                   roles that the author has now
                                             └──────▶ refused    by the person, or by that rule
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from sync.errors import InputError
from sync.protocol.identifiers import scope_of
from sync.protocol.operation import Args, Envelope, Operation, decode, kind_of
from sync.protocol.verbs import device as verbs
from sync.protocol.verbs.block import EndBlock
from sync.records.states import BlockState, Role
from sync.rules import rule as rules
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Conflict, Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.device import HeldOperation, Machine

ACTIVE, FROZEN, REVOKED = "active", "frozen", "revoked"
WAITING, ACCEPTED, REFUSED = "waiting", "accepted", "refused"
ACCEPT, REFUSE = "accept", "refuse"
NOT_AGAIN: Final = ("held.", "device.")


def device_scope(hall: str) -> str:
    """Where a hall's machines lie."""
    return scope_of(hall, "device")


@rule(verbs.EnrolDevice, GUARD, {Role.CLOCK}, reads=lambda op: (Key("machine", op.id),))
def enrol(op: Operation[verbs.EnrolDevice], facts: Facts) -> Effects:
    """Refused `exists`."""
    facts.absent("machine", op.id)
    return Effects().put("machine", op.id, label=op.args.label, state=ACTIVE, enrolled_at=facts.now)


@rule(
    verbs.RevokeDevice,
    GUARD,
    {Role.DUTY, Role.ADMIN, Role.CLOCK},
    reads=lambda op: (Key("machine", op.id), match("number_block", device=op.id)),
)
def revoke(op: Operation[verbs.RevokeDevice], facts: Facts) -> Effects:
    """Its blocks of numbers end at once, each in its own scope: what is left of them goes void.

    Refused `not_found`, `state` where it is revoked already, `bad_value` (reason), `own_device`: by another one."""
    machine: Machine = facts.need("machine", op.id)
    if machine.state == REVOKED:
        raise Refused("state", noun="machine", verb="revoke", state=machine.state, allowed=[ACTIVE, FROZEN])
    if not op.args.reason.strip():
        raise Refused("bad_value", field="reason")
    if op.id == op.device:
        raise Refused("own_device")
    why = op.args.reason.strip()
    effects = Effects().put("machine", op.id, state=REVOKED, why=why, changed_by=op.by, changed_at=facts.now)
    for block in facts.match("number_block", device=op.id):
        if block.state == BlockState.OUT:
            reason = "device_revoked"
            effects.later(facts.received, kind_of(EndBlock), block.id, scope=block.scope, reason=reason)
    return effects


def _held(op: Operation[verbs.DecideHeld]) -> Operation[Args] | None:
    """What was held, as its own verb has it; None where it can never be taken."""
    args = op.args
    if args.kind.startswith(NOT_AGAIN):
        return None
    said = msgspec.Raw(args.said.encode())
    told = Envelope(
        n=op.n, kind=args.kind, id=args.about, scope=args.within, args=said, by=args.by, session="", said_at=0
    )
    try:
        return decode(told, op.device)
    except InputError:
        return None


def _reads(op: Operation[verbs.DecideHeld]) -> Iterable[Read]:
    held = _held(op)
    return (
        Key("held_operation", op.id),
        match("role_assignment", staff=op.args.by),
        *(rules.RULES[held.kind].reads(held) if held is not None else ()),
    )


def _scopes(op: Operation[verbs.DecideHeld]) -> Iterable[str]:
    held = _held(op)
    return (op.scope, *((held.scope, *rules.RULES[held.kind].scopes(held)) if held is not None else ()))


@rule(verbs.DecideHeld, GUARD, {Role.DUTY, Role.ADMIN}, reads=_reads, scopes=_scopes, exclusive=True)
def decide(op: Operation[verbs.DecideHeld], facts: Facts) -> Effects:
    """Refused `not_found`, `state` where it is decided already, `bad_value` (choice, or words that are not those that
    were held), `own_operation`: nobody takes what they said themselves."""
    row: HeldOperation = facts.need("held_operation", op.id)
    args = op.args
    if row.state != WAITING:
        raise Refused("state", noun="held_operation", verb="decide", state=row.state, allowed=[WAITING])
    if (row.kind, row.about, row.within, row.said, row.by) != (args.kind, args.about, args.within, args.said, args.by):
        raise Refused("bad_value", field="said")
    if args.choice not in (ACCEPT, REFUSE):
        raise Refused("bad_value", field="choice")
    if args.choice == ACCEPT and row.by == op.by:
        raise Refused("own_operation")
    effects, code = Effects(), None
    if args.choice == ACCEPT:
        effects, code = _taken(op, row, facts)
    state = REFUSED if args.choice == REFUSE or code not in (None, "conflict") else ACCEPTED
    return effects.put(
        "held_operation",
        op.id,
        scope=op.scope,
        state=state,
        code=code,
        reason=args.reason.strip() or None,
        decided_by=op.by,
        decided_at=facts.now,
    )


def _taken(op: Operation[verbs.DecideHeld], row: HeldOperation, facts: Facts) -> tuple[Effects, str | None]:
    """The effects of what was held, decided as its author's and at its own time; or why its rule says no."""
    held = _held(op)
    if held is None:
        return Effects(), "bad_args"
    roles = frozenset(each.role for each in facts.match("role_assignment", staff=row.by) if each.over == row.within)
    then = replace(
        facts,
        now=row.at or facts.now,
        received=row.received_at or facts.now,
        actor=row.by,
        roles=roles,
        device=row.machine,
    )
    outcome = rules.decide(msgspec.structs.replace(held, n=row.n, device=row.machine), then)
    found = outcome.effects if isinstance(outcome, Conflict) else outcome
    if not isinstance(found, Effects):
        return Effects(), found.code
    changes = [replace(change, scope=change.scope or row.within) for change in found.changes]
    due = [replace(each, scope=each.scope or row.within) for each in found.due]
    return Effects(changes, due), "conflict" if isinstance(outcome, Conflict) else None
