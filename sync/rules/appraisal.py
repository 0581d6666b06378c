"""月度考核 公示: a month is frozen once, by the clock; what is wrong becomes an entry; what goes out has two persons.

month ended ──freeze──▶ frozen for good ◀──correct── duty manager, or an appeal that was granted (ledger.void)
                          │
                          └─draft─▶ draft ──approve, by another──▶ approved
                                     ▲  └───refuse, by another──▶ refused ─draft─▶ …
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sync.appraisal import bounds, corrected, hash_of
from sync.protocol.identifiers import hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import appraisal as verbs
from sync.publicity import text
from sync.records.states import Role
from sync.rules.facts import Facts, Key, match
from sync.rules.ledger.words import known, needed
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule
from sync.rules.states import Machine

if TYPE_CHECKING:
    from sync.records.appraisal import Appraisal, Publicity
    from sync.records.place import Hall

DRAFT, APPROVED, REFUSED = "draft", "approved", "refused"
MACHINE = Machine("publicity", {"draft": {DRAFT: DRAFT, REFUSED: DRAFT}, "decide": {DRAFT: APPROVED}})
MOST = 10_000


@rule(verbs.Freeze, GUARD, {Role.CLOCK}, reads=lambda op: (Key("appraisal", op.id),))
def freeze(op: Operation[verbs.Freeze], facts: Facts) -> Effects:
    """The month's figures, once and for good. Refused `not_due` before the month is over."""
    facts.absent("appraisal", op.id)
    try:
        _, end = bounds(op.id)
    except ValueError:
        raise Refused("bad_value", field="month") from None
    if facts.now < end:
        raise Refused("not_due", id=op.id, at=end)
    return Effects().put(
        "appraisal",
        op.id,
        head_seq=op.args.head_seq,
        figures=op.args.figures,
        names=op.args.names,
        hash=hash_of(op.args.figures),
        frozen_at=facts.now,
    )


@rule(
    verbs.Correct,
    GUARD,
    {Role.DUTY},
    reads=lambda op: (Key("appraisal", op.args.month), Key("appraisal_correction", op.id)),
)
def correct(op: Operation[verbs.Correct], facts: Facts) -> Effects:
    """An entry beside the frozen month, with its reason. Refused `own_figures` for one's own."""
    said = op.args
    facts.need("appraisal", said.month)
    facts.absent("appraisal_correction", op.id)
    if said.staff == facts.actor:
        raise Refused("own_figures", id=op.id)
    if not said.by or abs(said.by) > MOST:
        raise Refused("bad_value", field="by")
    return Effects().put(
        "appraisal_correction",
        op.id,
        month=said.month,
        figure=known(("rated", "bad"), "figure", said.figure),
        by=said.by,
        staff=said.staff,
        window=said.window,
        matter=said.matter,
        site=said.site,
        source="duty",
        reason=needed(facts, "reason", said.reason),
        author=facts.actor,
        at=facts.now,
    )


@rule(
    verbs.Draft,
    GUARD,
    {Role.DUTY},
    reads=lambda op: (
        Key("appraisal", op.id),
        Key("publicity", op.id),
        Key("hall", hall_of(op.scope), scope_of(hall_of(op.scope), "base")),
        match("appraisal_correction", month=op.id),
    ),
)
def draft(op: Operation[verbs.Draft], facts: Facts) -> Effects:
    """The text, made of the month's figures as they count now. Refused `state` once one was approved."""
    month: Appraisal = facts.need("appraisal", op.id)
    earlier: Publicity | None = facts.get("publicity", op.id)
    after = DRAFT if earlier is None else MACHINE.after(earlier, "draft")
    hall: Hall = facts.need("hall", hall_of(op.scope))
    figures: Any = corrected(
        month.figures or {}, [row.body for row in facts.match("appraisal_correction", month=op.id)]
    )
    said = text(figures, month.names or {}, hall.name, facts.setting("publicity_words"))
    return Effects().put(
        "publicity",
        op.id,
        state=after,
        text=said,
        hash=hashlib.sha256(said.encode()).hexdigest(),
        appraisal=month.hash,
        drafted_by=facts.actor,
        drafted_at=facts.now,
        decided_by=None,
        decided_at=None,
        reason=None,
    )


def _undecided(facts: Facts, id: str) -> Publicity:
    """A draft, for anyone but who made it; refused `state`, `own_draft`."""
    found: Publicity = facts.need("publicity", id)
    MACHINE.after(found, "decide")
    if found.drafted_by == facts.actor:
        raise Refused("own_draft", id=id)
    return found


@rule(verbs.Approve, GUARD, {Role.DUTY}, reads=lambda op: (Key("publicity", op.id),))
def approve(op: Operation[verbs.Approve], facts: Facts) -> Effects:
    """The second person lets out the very text that was read: refused `changed` where it is another by now."""
    found = _undecided(facts, op.id)
    if found.hash != op.args.hash:
        raise Refused("changed", id=op.id)
    return Effects().put("publicity", op.id, state=APPROVED, decided_by=facts.actor, decided_at=facts.now, reason=None)


@rule(verbs.Refuse, GUARD, {Role.DUTY}, reads=lambda op: (Key("publicity", op.id),))
def refuse(op: Operation[verbs.Refuse], facts: Facts) -> Effects:
    """The second person does not let it out."""
    _undecided(facts, op.id)
    reason = needed(facts, "reason", op.args.reason)
    return Effects().put("publicity", op.id, state=REFUSED, decided_by=facts.actor, decided_at=facts.now, reason=reason)
