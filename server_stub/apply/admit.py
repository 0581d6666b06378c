"""Who may: before any rule, an operation's device, person and role are looked at, as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from server_stub.apply.incoming import PUBLIC_DEVICE, Incoming
from server_stub.apply.working import WorkingSet
from sync.protocol.identifiers import hall_of
from sync.records.states import Role
from sync.rules.facts import Match, Read, match
from sync.rules.outcome import Effects, Refusal

_CLOCK, _CITIZEN = frozenset[str]({Role.CLOCK}), frozenset[str]({Role.CITIZEN})


@lru_cache(maxsize=4096)
def assignments(by: str) -> Match:
    """The read that finds a person's roles."""
    return match("role_assignment", staff=by)


def reads(group: Iterable[Incoming]) -> Iterator[Read]:
    """What admission needs to see: the roles of all who speak."""
    return map(assignments, {incoming.envelope.by for incoming in group if incoming.of_staff})


class Roles:
    """The actors' roles on their operations' scopes, now: looked up once a group, and anew once it has changed one."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def of(self, incoming: Incoming, rows: WorkingSet) -> frozenset[str]:
        """Those of one operation."""
        if not incoming.of_staff:
            return _CITIZEN if incoming.device == PUBLIC_DEVICE else _CLOCK
        by, scope = key = (incoming.envelope.by, incoming.envelope.scope)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = roles_on(rows.match("role_assignment", assignments(by).where), scope)
        return found

    def note(self, effects: Effects) -> None:
        """A rule may have changed who may what."""
        if any(change.table == "role_assignment" for change in effects.changes):
            self._known.clear()


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
