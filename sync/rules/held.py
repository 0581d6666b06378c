"""What was said from a machine that is not taken any more, or was frozen: a person decides it, its author hears of it.

held, waiting ─held.decide─▶ accepted   by the rule of its own verb, as its author's, with the roles that the author has
                   │                    now
                   ├───────▶ refused    by the person, or by that rule
                   └─▶ held_outcome, in the scope of what was said ─held.read, by the author─▶ gone
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from sync.errors import InputError
from sync.protocol.identifiers import class_of
from sync.protocol.operation import Args, Envelope, Operation, decode
from sync.protocol.verbs import device as verbs
from sync.records.states import Role
from sync.rules import rule as rules
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Conflict, Effects, Refusal, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.device import HeldOperation, HeldOutcome

WAITING, ACCEPTED, REFUSED = "waiting", "accepted", "refused"
ACCEPT, REFUSE = "accept", "refuse"
CONFLICT: Final = "conflict"
NOT_AGAIN: Final = ("held.", "device.", "document.raise@")
AUTHORS: Final = frozenset({Role.CLERK, Role.APPROVER, Role.CALLBACK, Role.GRID, Role.DUTY, Role.ADMIN})
"""Whoever has a screen where an outcome is read."""


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
        Key("held_outcome", op.id),
        match("role_assignment", staff=op.args.by),
        *(rules.RULES[held.kind].reads(held) if held is not None else ()),
    )


def _scopes(op: Operation[verbs.DecideHeld]) -> Iterable[str]:
    held = _held(op)
    return (op.scope, op.args.within, *((held.scope, *rules.RULES[held.kind].scopes(held)) if held is not None else ()))


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
    effects, why = Effects(), None
    if args.choice == ACCEPT:
        effects, why = _taken(op, row, facts)
    code = why.code if why is not None else None
    state = REFUSED if args.choice == REFUSE or code not in (None, CONFLICT) else ACCEPTED
    _tell_author(effects, op, row, state, why, facts)
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


def _tell_author(
    effects: Effects, op: Operation[verbs.DecideHeld], row: HeldOperation, state: str, why: Refusal | None, facts: Facts
) -> None:
    """Beside what the author works on, if they may read there still; the words only where they came to nothing, and no
    telephone in a queue, which others read: it lies in the scope `callback` and in the duty manager's record."""
    roles = {each.role for each in facts.match("role_assignment", staff=row.by) if each.over == row.within}
    if row.by == op.by or not roles & AUTHORS:
        return
    effects.put(
        "held_outcome",
        op.id,
        scope=row.within,
        by=row.by,
        kind=row.kind,
        about=row.about,
        at=row.at,
        said=_without_phone(row) if state == REFUSED else None,
        state=state,
        code=why.code if why is not None else None,
        params=dict(why.params) if why is not None else None,
        reason=op.args.reason.strip() or None,
        decided_by=op.by,
        decided_at=facts.now,
    )


def _without_phone(row: HeldOperation) -> str:
    said = msgspec.json.decode(row.said) if class_of(row.within) == "queue" else {}
    if not isinstance(said, dict) or "phone" not in said:
        return row.said
    return msgspec.json.encode({name: value for name, value in said.items() if name != "phone"}).decode()


@rule(verbs.ReadHeld, GUARD, AUTHORS, reads=lambda op: (Key("held_outcome", op.id),))
def read(op: Operation[verbs.ReadHeld], facts: Facts) -> Effects:
    """Refused `not_found`, `not_yours`. The duty manager's record keeps the words."""
    outcome: HeldOutcome = facts.need("held_outcome", op.id)
    if outcome.by != op.by:
        raise Refused("not_yours", author=outcome.by, owner="-")
    return Effects().delete("held_outcome", op.id)


def _taken(op: Operation[verbs.DecideHeld], row: HeldOperation, facts: Facts) -> tuple[Effects, Refusal | None]:
    """The effects of what was held, decided as its author's and at its own time; or why its rule says no."""
    held = _held(op)
    if held is None:
        return Effects(), Refusal("bad_args", {"kind": row.kind})
    roles = frozenset(each.role for each in facts.match("role_assignment", staff=row.by) if each.over == row.within)
    then = replace(
        facts,
        now=row.at or facts.now,
        received=row.received_at or facts.now,
        actor=row.by,
        roles=roles,
        device=row.machine,
        earlier=row.earlier,
    )
    outcome = rules.decide(msgspec.structs.replace(held, n=row.n, device=row.machine), then)
    found = outcome.effects if isinstance(outcome, Conflict) else outcome
    if not isinstance(found, Effects):
        return Effects(), found
    changes = [replace(change, scope=change.scope or row.within) for change in found.changes]
    due = [replace(each, scope=each.scope or row.within) for each in found.due]
    return Effects(changes, due), Refusal(CONFLICT) if isinstance(outcome, Conflict) else None
