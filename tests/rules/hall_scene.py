"""Scenes of `hall.csv`: the centre is restored from a backup, and nobody but the clock says so."""

from __future__ import annotations

from world import HALL, World

from sync.protocol.identifiers import scope_of
from sync.protocol.verbs.restore import Restored
from sync.records.states import Role
from sync.rules.outcome import Outcome

EPOCH, BASE = "h1", scope_of(HALL, "base")
VERBS = ("hall.restored@1",)
STATES = ("never", "restored")


def scene(state: str) -> World:
    world = World()
    if state == "restored":
        world.must(Restored(skip=10), EPOCH, Role.CLOCK, by="clock", device="clock", scope=BASE)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    return world.do(Restored(skip=10), EPOCH, role, device="clock", scope=BASE)


def state_of(world: World) -> str:
    return "never" if world.get("setting", "restored") is None else "restored"
