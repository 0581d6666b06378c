"""Verbs that only tests know, with rules that do what no rule may. They exist as long as the block lasts.

with extra_verbs(): …
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sync.protocol.operation import KINDS, Args, Operation, kind
from sync.records.states import Role
from sync.rules.facts import Facts, Key
from sync.rules.outcome import Effects
from sync.rules.rule import COMMUTE, RULES, rule


class Break(Args, frozen=True, kw_only=True):
    """Its rule always breaks."""


class Flaky(Args, frozen=True, kw_only=True):
    """Its rule breaks the first time at the centre, then makes a note."""

    note: str


class Touch(Args, frozen=True, kw_only=True):
    """Changes a note; `id` is the note."""

    text: str


class Scratch(Args, frozen=True, kw_only=True):
    """Deletes a note; `id` is the note."""


class Unpreviewable(Args, frozen=True, kw_only=True):
    """Its rule breaks on every replica, and makes a note at the centre."""

    note: str


class Careless(Args, frozen=True, kw_only=True):
    """Its rule writes without looking: a note, a correction with a wide number, or an open call."""

    note: str
    ordinal: int = 0
    call: str = ""


class Twins(Args, frozen=True, kw_only=True):
    """Its rule writes two notes without looking."""

    first: str
    second: str


class Greedy(Args, frozen=True, kw_only=True):
    """Its rule reads a ticket that it did not name."""

    ticket: str


NAMES: dict[str, type[Args]] = {
    "test.break@1": Break,
    "test.flaky@1": Flaky,
    "test.touch@1": Touch,
    "test.scratch@1": Scratch,
    "test.unpreviewable@1": Unpreviewable,
    "test.careless@1": Careless,
    "test.twins@1": Twins,
    "test.greedy@1": Greedy,
}
TRIED: set[tuple[str, int]] = set()  # what Flaky has met; a new run clears it
ROLES = {Role.CLERK, Role.CLOCK}


@contextlib.contextmanager
def extra_verbs() -> Iterator[None]:
    """Register them, and take them away again: other tests count the verbs."""
    TRIED.clear()
    for name, args in NAMES.items():
        kind(name)(args)

    @rule(Break, COMMUTE, ROLES, reads=lambda op: ())
    def breaks(op: Operation[Break], facts: Facts) -> Effects:
        raise ZeroDivisionError("a defect")

    @rule(Flaky, COMMUTE, ROLES, reads=lambda op: ())
    def flaky(op: Operation[Flaky], facts: Facts) -> Effects:
        if facts.authority and (op.device, op.n) not in TRIED:
            TRIED.add((op.device, op.n))
            raise ZeroDivisionError("a defect that passes")
        return Effects().put("case_note", op.args.note, case=op.id, text="flaky", staff=op.by, at=facts.now)

    @rule(Touch, COMMUTE, ROLES, reads=lambda op: (Key("case_note", op.id),))
    def touch(op: Operation[Touch], facts: Facts) -> Effects:
        facts.need("case_note", op.id)
        return Effects().put("case_note", op.id, text=op.args.text)

    @rule(Scratch, COMMUTE, ROLES, reads=lambda op: (Key("case_note", op.id),))
    def scratch(op: Operation[Scratch], facts: Facts) -> Effects:
        facts.need("case_note", op.id)
        return Effects().delete("case_note", op.id)

    @rule(Unpreviewable, COMMUTE, ROLES, reads=lambda op: ())
    def unpreviewable(op: Operation[Unpreviewable], facts: Facts) -> Effects:
        if not facts.authority:
            raise StopIteration("a defect that only previews meet")
        return Effects().put("case_note", op.args.note, case=op.id, text="odd", staff=op.by, at=facts.now)

    @rule(Careless, COMMUTE, ROLES, reads=lambda op: ())
    def careless(op: Operation[Careless], facts: Facts) -> Effects:
        if op.args.call:
            return Effects().put(
                "call", op.id, ticket=op.args.call, window="w1", session="s", staff=op.by, called_at=facts.now
            )
        if op.args.ordinal:
            return Effects().put("correction", op.id, case="c", round=op.args.ordinal, staff=op.by)
        return Effects().put("case_note", op.id, case="c", text=op.args.note, staff=op.by, at=facts.now)

    @rule(Twins, COMMUTE, ROLES, reads=lambda op: ())
    def twins(op: Operation[Twins], facts: Facts) -> Effects:
        effects = Effects()
        for id in (op.args.first, op.args.second):
            effects.put("case_note", id, case="c", text=id, staff=op.by, at=facts.now)
        return effects

    @rule(Greedy, COMMUTE, ROLES, reads=lambda op: ())
    def greedy(op: Operation[Greedy], facts: Facts) -> Effects:
        ticket = facts.need("ticket", op.args.ticket)
        return Effects().put("case_note", op.id, case="c", text=ticket.state, staff=op.by, at=facts.now)

    try:
        yield
    finally:
        for name in NAMES:
            del KINDS[name], RULES[name]
