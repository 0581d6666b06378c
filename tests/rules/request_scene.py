"""Scenes of `request.csv`: window w04 is asked for, where nobody sits; then 0308 sits down, or it is wanted no more."""

from __future__ import annotations

from ticket_scene import OTHER, hall, sit
from world import World

from sync.protocol.operation import Args
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.outcome import Outcome

RECORD = "r-1"
SAID: dict[str, Args] = {
    "window.ask@1": verbs.AskWindow(window="w04", service="A"),
    "window.withdraw@1": verbs.WithdrawRequest(),
}
VERBS = tuple(SAID)
STATES = ("absent", "asked", "met", "withdrawn")


def scene(state: str) -> World:
    world = hall()
    if state != "absent":
        world.must(SAID["window.ask@1"], RECORD, Role.DUTY, by="0101")
    if state == "met":
        sit(world, OTHER)
    if state == "withdrawn":
        world.must(SAID["window.withdraw@1"], RECORD, Role.DUTY, by="0101")
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    return world.do(SAID[verb], RECORD, role, by="0101")


def state_of(world: World) -> str:
    request = world.get("window_request", RECORD)
    return "absent" if request is None else str(request.body["state"])
