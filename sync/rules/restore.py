"""The centre was restored from a backup: what it forgot is offered again by those who said it.

    backup ──▶ more work ──▶ lost            every replica keeps what it said since the last backup
       └──▶ restored, hall.restored@1        another history begins: its id reaches every replica, who
                                             undo what is not the centre's any more and offer again what it lost

Numbers that the lost centre gave are passed over (sync.rules.series). Tickets that a window without a network may have
called under a lease that nobody remembers are called elsewhere only when that lease must be over (sync.rules.ticket).
"""

from __future__ import annotations

from sync.protocol.operation import Operation
from sync.protocol.verbs import restore as verbs
from sync.records.states import Role
from sync.rules.facts import RESTORED, Facts, Key
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

MOST_PASSED_OVER = 100_000


@rule(verbs.Restored, GUARD, {Role.CLOCK}, reads=lambda op: (Key("setting", RESTORED),))
def restored(op: Operation[verbs.Restored], facts: Facts) -> Effects:
    """Refused `exists` for a history that has begun already, `bad_value` (skip)."""
    before = facts.get("setting", RESTORED)
    if before is not None and before.value["value"]["epoch"] == op.id:
        raise Refused("exists", table="setting", id=op.id)
    if not 0 < op.args.skip <= MOST_PASSED_OVER:
        raise Refused("bad_value", field="skip")
    told = {"epoch": op.id, "at": facts.received, "skip": op.args.skip}
    return Effects().put("setting", RESTORED, value={"value": told})
