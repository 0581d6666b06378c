"""Who may: before any rule, an operation's device, person and role are looked at, as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server_stub.apply.incoming import CLOCK_DEVICE, DOOR_DEVICE, PUBLIC_DEVICE, Incoming
from server_stub.apply.working import View
from sync.protocol.identifiers import hall_of
from sync.records.states import Role
from sync.rules.facts import Match, Read, match
from sync.rules.outcome import Refusal


def assignments(by: str) -> Match:
    """The read that finds a person's roles."""
    return match("role_assignment", staff=by)


def reads(incoming: Incoming) -> Iterable[Read]:
    """What admission needs to see."""
    return (assignments(incoming.envelope.by),) if incoming.of_staff else ()


def roles(incoming: Incoming, rows: View) -> frozenset[str]:
    """The actor's roles on the operation's scope, now."""
    if incoming.device in (CLOCK_DEVICE, DOOR_DEVICE):
        return frozenset({Role.CLOCK})
    if incoming.device == PUBLIC_DEVICE:
        return frozenset({Role.CITIZEN})
    return roles_on(rows.match("role_assignment", assignments(incoming.envelope.by).where), incoming.envelope.scope)


def roles_on(assigned: Iterable[Any], scope: str) -> frozenset[str]:
    """Roles of these assignments on a scope; the administrator's reach to `hall:base` alone by their own assignment."""
    return frozenset(row.role for row in assigned if row.over == scope)


def admit(incoming: Incoming, hall: str, signed_on: set[tuple[str, str]]) -> Refusal | None:
    """Refused where the operation belongs to another hall, or its person never signed on at this device."""
    if incoming.operation is None:
        return Refusal(incoming.trouble or "bad_args", {"kind": incoming.envelope.kind})
    if hall_of(incoming.envelope.scope) != hall:
        return Refusal("unknown_scope", {"scope": incoming.envelope.scope})
    if not incoming.internal and (incoming.device, incoming.envelope.by) not in signed_on:
        return Refusal("not_signed_on", {"staff": incoming.envelope.by})
    return None
