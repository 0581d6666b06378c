"""People and what they may do, by the administrator; scope `hall:base`.

staff.put ─▶ person ─role.assign─▶ may act on a scope ─role.remove─▶ may not, at once
a person who leaves (inactive) loses every role in the same step
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sync.protocol.identifiers import class_of, hall_of, scope_of
from sync.protocol.operation import Operation
from sync.protocol.verbs import staff as verbs
from sync.records.states import Role
from sync.rules import approval
from sync.rules.facts import Facts, Key, match
from sync.rules.outcome import Effects, Refused
from sync.rules.rule import GUARD, rule

if TYPE_CHECKING:
    from sync.records.staff import RoleAssignment, Staff

ASSIGNABLE: Final = frozenset(Role) - {Role.CITIZEN, Role.CLOCK}
RATED: Final = frozenset({Role.CLERK, Role.GRID})
TERMINALS: Final = frozenset({"print", "queue"})  # what a terminal for citizens does: papers, tickets
APART: Final = frozenset({"rating", "callback"})
CLASSES: Final = frozenset({"base", "queue", "case", "rating", "callback", "archive", "device", "print"})


@rule(
    verbs.PutStaff,
    GUARD,
    {Role.ADMIN},
    reads=lambda op: (
        Key("staff", op.id),
        Key("site", op.args.site),
        Key("office", op.args.office),
        match("role_assignment", staff=op.id),
    ),
)
def put_staff(op: Operation[verbs.PutStaff], facts: Facts) -> Effects:
    """Add or change a person. Refused `bad_value` (name, certificate), `not_found` (site, office), `own_account`:
    nobody switches themselves off."""
    args = op.args
    if not args.name.strip():
        raise Refused("bad_value", field="name")
    serial = None if args.certificate is None else approval.serial_of(args.certificate)
    if serial == "":
        raise Refused("bad_value", field="certificate")
    facts.need("site", args.site)
    if args.office is not None:
        facts.need("office", args.office)
    effects = Effects()
    if not args.active:
        if op.id == op.by:
            raise Refused("own_account", staff=op.id)
        for assignment in facts.match("role_assignment", staff=op.id):
            effects.delete("role_assignment", assignment.id)
    return effects.put(
        "staff",
        op.id,
        name=args.name.strip(),
        site=args.site,
        office=args.office,
        certificate=serial,
        active=args.active,
    )


@rule(
    verbs.AssignRole,
    GUARD,
    {Role.ADMIN},
    reads=lambda op: (
        Key("role_assignment", op.id),
        Key("staff", op.args.staff),
        match("role_assignment", staff=op.args.staff),
    ),
)
def assign_role(op: Operation[verbs.AssignRole], facts: Facts) -> Effects:
    """Refused `bad_value` (role, over), `not_found` and `inactive` (staff), `exists` where they have it already,
    `roles_apart`: who is rated reads neither who rated nor the ratings. These carry the name of the invitation that the
    rated person's own machine made for a ticket."""
    args = op.args
    facts.absent("role_assignment", op.id)
    if args.role not in ASSIGNABLE:
        raise Refused("bad_value", field="role")
    base, machines = (scope_of(hall_of(op.scope), class_) for class_ in ("base", "device"))
    if hall_of(args.over) != hall_of(op.scope) or class_of(args.over) not in CLASSES:
        raise Refused("bad_value", field="over")
    if args.role == Role.ADMIN and args.over not in (base, machines):
        raise Refused("bad_value", field="over")
    if args.role == Role.KIOSK and class_of(args.over) not in TERMINALS:
        raise Refused("bad_value", field="over")
    person: Staff = facts.need("staff", args.staff)
    if not person.active:
        raise Refused("inactive", table="staff", id=person.id)
    held: Sequence[RoleAssignment] = facts.match("role_assignment", staff=args.staff)
    for same in held:
        if (same.role, same.over) == (args.role, args.over):
            raise Refused("exists", table="role_assignment", id=same.id)
    all_of_them = [(args.role, args.over), *((each.role, each.over) for each in held)]
    if any(role in RATED for role, _ in all_of_them) and any(class_of(over) in APART for _, over in all_of_them):
        raise Refused("roles_apart", staff=args.staff)
    return Effects().put("role_assignment", op.id, staff=args.staff, role=args.role, over=args.over)


@rule(verbs.RemoveRole, GUARD, {Role.ADMIN}, reads=lambda op: (Key("role_assignment", op.id),))
def remove_role(op: Operation[verbs.RemoveRole], facts: Facts) -> Effects:
    """Refused `last_admin`: administrators do not remove their own role, so one is always left."""
    assignment: RoleAssignment = facts.need("role_assignment", op.id)
    if assignment.role == Role.ADMIN and assignment.staff == op.by:
        raise Refused("last_admin", staff=op.by)
    return Effects().delete("role_assignment", op.id)
