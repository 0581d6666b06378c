"""Scenes of `personal.csv`: the telephone of one ticket, kept for its period or for longer."""

from __future__ import annotations

from world import World

from sync.protocol.verbs import personal as verbs
from sync.records.settings import DAY, DEFAULTS
from sync.records.states import Role
from sync.rules.outcome import Outcome

RECORD = "t-1"
VERBS = ("personal.clear@1",)
STATES = ("absent", "kept", "over")


def scene(state: str) -> World:
    world = World()
    if state != "absent":
        world.seed("contact", RECORD, scope=world.callback, holder="吴某", phone="13800000001", at=world.now)
    world.now += DEFAULTS["contact_days"] * DAY - (state != "over")
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    args = verbs.Clear(table="contact", period="contact_days", records=[RECORD])
    return world.do(args, "night", role, scope=world.callback)


def state_of(world: World) -> str:
    contact = world.get("contact", RECORD)
    if contact is None:
        return "absent"
    return "over" if world.now >= contact.at + DEFAULTS["contact_days"] * DAY else "kept"
