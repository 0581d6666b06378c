"""Machines: taken in, and not taken any more.

device.enrol ─▶ active ─device.revoke─▶ revoked          frozen: the same n came with other words, a copy exists
                                │ what either still says
                                ▼
                          held (sync.rules.held)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.protocol.identifiers import scope_of
from sync.protocol.operation import Operation, kind_of
from sync.protocol.verbs import device as verbs
from sync.protocol.verbs.block import EndBlock
from sync.records.states import BlockState, Role
from sync.rules.facts import Facts, Key, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.device import Machine

ACTIVE, FROZEN, REVOKED = "active", "frozen", "revoked"


def device_scope(hall: str) -> str:
    """Where a hall's machines lie."""
    return scope_of(hall, "device")


@rule(verbs.EnrolDevice, GUARD, {Role.CLOCK}, reads=lambda op: (Key("machine", op.id),))
def enrol(op: Operation[verbs.EnrolDevice], facts: Facts) -> Effects:
    """Refused `exists`."""
    facts.absent("machine", op.id)
    told = {"label": op.args.label, "given_by": op.args.given_by}
    return Effects().put("machine", op.id, state=ACTIVE, enrolled_at=facts.now, **told)


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
