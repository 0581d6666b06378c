"""Personal data is kept for its period and no longer (sync.records.retention).

kept ──personal.clear, its period over──▶ cleared, or gone as a row     not over, or cleared before: nothing happens

The centre's night names the records; the rule looks at each of them again, by the settings as they are now.
"""

from __future__ import annotations

from typing import Final

from sync.protocol.operation import Operation
from sync.protocol.verbs import personal as verbs
from sync.records.retention import ending_of, over
from sync.records.states import Role
from sync.rules.facts import Facts, Key, Read
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

MOST: Final = 100
"""Records of one operation."""


def _reads(op: Operation[verbs.Clear]) -> tuple[Read, ...]:
    args = op.args
    if ending_of(args.table, args.period) is None or len(args.records) > MOST:
        return ()
    return tuple(Key(args.table, id) for id in dict.fromkeys(args.records))


@rule(verbs.Clear, GUARD, {Role.CLOCK}, reads=_reads)
def clear(op: Operation[verbs.Clear], facts: Facts) -> Effects:
    """Refused `bad_value` (what ends in no such way), `too_many`, `not_due` where nothing is to be done."""
    args = op.args
    ending = ending_of(args.table, args.period)
    if ending is None:
        raise Refused("bad_value", field="table")
    if len(args.records) > MOST:
        raise Refused("too_many", field="records", max=MOST)
    effects = Effects()
    for id in dict.fromkeys(args.records):
        row = facts.get(args.table, id)
        if row is None or row.scope != op.scope or not over(ending, row, facts.settings, facts.received):
            continue
        if ending.deletes:
            effects.delete(args.table, id)
        else:
            effects.put(args.table, id, **dict.fromkeys(ending.columns))
    if not effects.changes:
        raise Refused("not_due", id=op.id)
    return effects
