"""Scenes of `lease.csv`: one ticket waits, and is leased to window w03 of 0307."""

from __future__ import annotations

from ticket_scene import CLERK, OTHER, OTHER_SESSION, SESSION, hall, issue, sit
from ticket_scene import RECORD as TICKET
from world import HOUR, World

from sync.protocol.operation import Args
from sync.protocol.verbs import lease as verbs
from sync.protocol.verbs import ticket as tickets
from sync.records.states import Role
from sync.rules.outcome import Outcome

RECORD = "l-1"
SAID: dict[str, Args] = {
    "lease.give@1": verbs.GiveLeases(leases=[RECORD], day="2026-03-02"),
    "lease.ask@1": verbs.AskBack(),
    "lease.return@1": verbs.ReturnLease(),
    "lease.expire@1": verbs.ExpireLease(),
}
VERBS = tuple(SAID)
STATES = ("absent", "held", "asked", "used", "returned", "expired")


def scene(state: str) -> World:
    world = sit(hall())
    issue(world)
    if state != "absent":
        give(world)
    if state == "asked":
        clock(world, "lease.ask@1")
    elif state == "used":
        world.must(tickets.CallNext(call="c-1"), SESSION, by=CLERK)
    elif state == "returned":
        clock(world, "lease.return@1")
    elif state == "expired":
        world.advance(HOUR)
    return world


def give(world: World, *leases: str, session: str = SESSION) -> None:
    """The window of `session` asks for its leases."""
    world.must(
        verbs.GiveLeases(leases=list(leases or (RECORD,)), day=world.today),
        session,
        Role.CLOCK,
        by="clock",
        device="clock",
    )


def clock(world: World, verb: str) -> Outcome:
    return world.do(SAID[verb], RECORD, Role.CLOCK, by="clock", device="clock")


def operate(world: World, verb: str, role: Role) -> Outcome:
    if verb == "lease.give@1":
        return world.do(SAID[verb], SESSION, role, device="clock")
    if verb == "lease.expire@1":
        world.now += HOUR
    return world.do(SAID[verb], RECORD, role, device="clock")


def state_of(world: World) -> str:
    lease = world.get("ticket_lease", RECORD)
    return "absent" if lease is None else str(lease.body["state"])


__all__ = ["CLERK", "OTHER", "OTHER_SESSION", "SESSION", "TICKET"]
