"""A case changes hands: from a site to an office (the green channel), between offices, at last into the archive.

    scope A                                          scope B
    case, materials, papers, steps, conflicts …  ─▶  the same records, one version on     one operation, one transaction
    case_move: left for B                            nobody owns it until somebody takes it

Devices see it leave and arrive with their pulls, each scope in its own order. What somebody says of the case in its old
scope afterwards is refused `moved`, and where to: it was said in view of other people's work.
"""

from __future__ import annotations

from typing import Any, Final

from sync.protocol.identifiers import class_of, derived, hall_of, part_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import case as verbs
from sync.records.settings import DAY
from sync.records.states import CaseState, PrintState, Role
from sync.rules.case.authorisation import is_out, newest
from sync.rules.case.machine import MACHINE, WINDOW, all_arrived, case_of, filled
from sync.rules.facts import Facts, Key, Read, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

DEPENDENTS: Final = (
    "material",
    "proof_waiver",
    "document",
    "issue_authorisation",
    "void_number",
    "review_step",
    "case_note",
    "correction",
    "conflict",
    "field_write",
    "print_authorisation",
    "delivery_attempt",
    "public_notice",
    "parcel",
)
"""Every table of a case's scope that names its case. A test holds this against the tables themselves."""

ARCHIVE: Final = "archive"
PRINTING: Final = (PrintState.GIVEN, PrintState.TAKEN, PrintState.PRINTED)


def _dependents(id: str) -> tuple[Read, ...]:
    return tuple(match(table, case=id) for table in DEPENDENTS)


def _take_along(effects: Effects, op: Operation[Any], facts: Facts, to: str) -> Effects:
    effects.move("case", op.id, to)
    for table in DEPENDENTS:
        for row in facts.match(table, case=op.id):
            if row.scope == op.scope:  # a number of a paper lies where all numbers lie
                effects.move(table, row.id, to)
    return effects


def _left(op: Operation[Any]) -> str:
    return derived("left", op.id, op.device, op.n)


def _read_for_move(op: Operation[verbs.Move]) -> tuple[Read, ...]:
    return (Key("case", op.id), Key("case_move", _left(op)), *_dependents(op.id))


@rule(verbs.Move, GUARD, WINDOW | {Role.DUTY}, reads=_read_for_move, scopes=lambda op: (op.scope, op.args.to))
def move(op: Operation[verbs.Move], facts: Facts) -> Effects:
    """移交. Refused `wrong_scope` for what is no other place of cases in this hall, `material_not_arrived` while a file
    is on a device here, `authorisation_out` while a device may issue, `print_out` while a copy may be printed."""
    case = case_of(op, facts)
    to = op.args.to
    if to == op.scope or class_of(to) != "case" or hall_of(to) != hall_of(op.scope) or not part_of(to):
        raise Refused("wrong_scope", scope=to[:80])
    MACHINE.after(case, "move")
    reason = filled(op.args.reason, "reasons_missing")
    all_arrived(facts.match("material", case=op.id))
    right = newest(facts.match("issue_authorisation", case=op.id))
    if right is not None and is_out(right, facts):
        raise Refused("authorisation_out", device=right.device, until=right.expires_at)
    for copy in facts.match("print_authorisation", case=op.id):
        if copy.state in PRINTING:  # the terminal's half of it names this scope
            raise Refused("print_out", print=copy.id, pickup=copy.code or "-")
    effects = Effects().put("case", op.id, owner=None)
    effects.put(
        "case_move", _left(op), moved=op.id, number=case.number, to=to, reason=reason, staff=op.by, at=facts.now
    )
    return _take_along(effects, op, facts, to)


def _archive(op: Operation[verbs.Archive]) -> str:
    return scope_of(hall_of(op.scope), ARCHIVE, op.args.office)


@rule(
    verbs.Archive,
    GUARD,
    {Role.CLOCK},
    reads=lambda op: (Key("case", op.id), *_dependents(op.id)),
    scopes=lambda op: (op.scope, _archive(op)),
)
def archive(op: Operation[verbs.Archive], facts: Facts) -> Effects:
    """Closed long enough ago: out of every device's copy. A case that was refused or withdrawn stays what it is."""
    case = case_of(op, facts)
    after = MACHINE.after(case, "archive")
    if class_of(op.scope) == ARCHIVE:
        raise Refused("archived")
    until = max(case.delivered_at or 0, case.ended_at or 0) + facts.setting("archive_days") * DAY
    if facts.now < until:
        raise Refused("too_early", until=until)
    if case.state == CaseState.DELIVERED:
        return _take_along(Effects().put("case", op.id, state=after), op, facts, _archive(op))
    return _take_along(Effects(), op, facts, _archive(op))


def archive_later(effects: Effects, facts: Facts, case: str, office: str) -> Effects:
    """It is closed now."""
    return effects.later(facts.now + facts.setting("archive_days") * DAY, "case.archive@1", case, office=office)
