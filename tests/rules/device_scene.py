"""Scenes of `device.csv`: a machine of the hall."""

from __future__ import annotations

from world import HALL, World

from sync.protocol.operation import Args
from sync.protocol.verbs import device as verbs
from sync.records.states import Role
from sync.rules.device import device_scope
from sync.rules.outcome import Outcome

MACHINE = "d9"
SCOPE = device_scope(HALL)
VERBS = ("device.enrol@1", "device.revoke@1")
STATES = ("absent", "active", "frozen", "revoked")


def scene(state: str) -> World:
    world = World()
    if state != "absent":
        world.seed("machine", MACHINE, scope=SCOPE, label="窗口 03", state=state)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    args: Args = verbs.EnrolDevice(label="窗口 03") if verb == VERBS[0] else verbs.RevokeDevice(reason="丢失")
    return world.do(args, MACHINE, role, by=f"{role}-1", scope=SCOPE)


def state_of(world: World) -> str:
    machine = world.get("machine", MACHINE)
    return "absent" if machine is None else str(machine.state)
