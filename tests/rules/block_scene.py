"""Scenes of `block.csv`: numbers of the material receipts of a hall, set aside for a grid worker's laptop."""

from __future__ import annotations

from world import HALL, World

from sync.protocol.identifiers import scope_of
from sync.protocol.operation import Args
from sync.protocol.verbs import block as verbs
from sync.records.settings import DAY
from sync.records.states import Role
from sync.rules.outcome import Outcome

RECORD, DEVICE = "b-1", "d1"
NUMBERS = scope_of(HALL, "numbers")
SAID: dict[str, Args] = {
    "block.give@1": verbs.GiveBlock(device=DEVICE, of="material_receipt", period="2026"),
    "block.end@1": verbs.EndBlock(reason="returned"),
    "block.expire@1": verbs.ExpireBlock(),
}
VERBS = tuple(SAID)
STATES = ("absent", "out", "ended")


def scene(state: str) -> World:
    world = World()
    if state != "absent":
        clock(world, "block.give@1")
    if state == "ended":
        clock(world, "block.end@1")
    return world


def clock(world: World, verb: str, id: str = RECORD) -> None:
    world.must(SAID[verb], id, Role.CLOCK, by="clock", device="clock", scope=NUMBERS)


def operate(world: World, verb: str, role: Role) -> Outcome:
    if verb == "block.expire@1":
        world.now += 30 * DAY
    return world.do(SAID[verb], RECORD, role, device="clock", scope=NUMBERS)


def state_of(world: World) -> str:
    block = world.get("number_block", RECORD)
    return "absent" if block is None else str(block.body["state"])
