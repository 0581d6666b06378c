"""Scenes of `window.csv`: one window session, opened, paused and closed by its person."""

from __future__ import annotations

from ticket_scene import CLERK, SESSION, hall, sit
from world import World

from sync.protocol.operation import Args
from sync.protocol.verbs import lease as leases
from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.outcome import Outcome

SAID: dict[str, Args] = {
    "window.open@1": verbs.OpenWindow(window="w03"),
    "window.pause@1": verbs.PauseWindow(pause="p-new", reason="meal"),
    "window.resume@1": verbs.ResumeWindow(),
    "window.close@1": verbs.CloseWindow(),
    "window.silence@1": leases.Silence(),
    "window.heard@1": leases.Heard(),
}
VERBS = tuple(SAID)
STATES = ("absent", "open", "paused", "closed")


def scene(state: str) -> World:
    world = hall()
    if state != "absent":
        sit(world, CLERK)
    if state == "paused":
        world.must(verbs.PauseWindow(pause="p-1", reason="meal"), SESSION)
    if state == "closed":
        world.must(verbs.CloseWindow(), SESSION)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    return world.do(SAID[verb], SESSION, role)


def state_of(world: World) -> str:
    session = world.get("window_session", SESSION)
    return "absent" if session is None else str(session.body["state"])
