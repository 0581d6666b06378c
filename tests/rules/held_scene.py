"""Scenes of `held.csv`: a note on a case, said at a machine that is not taken any more; `outcome` waits for its author
to read it."""

from __future__ import annotations

import case_scene
from device_scene import SCOPE
from world import World

from sync.protocol.verbs import device as verbs
from sync.records.states import Role
from sync.rules.outcome import Outcome

HELD = "h1"
SAID = '{"note":"n-held","text":"x"}'
VERBS = ("held.decide@1", "held.read@1")
STATES = ("absent", "waiting", "accepted", "refused", "outcome")


def scene(state: str) -> World:
    world = case_scene.scene("received")
    world.seed("role_assignment", "held-author", staff="author", role="clerk", over=case_scene.SCOPE)
    if state != "absent":
        world.seed(
            "held_operation",
            HELD,
            scope=SCOPE,
            machine="d9",
            n=17,
            kind="case.note@1",
            about=case_scene.RECORD,
            within=case_scene.SCOPE,
            said=SAID,
            by="author",
            at=world.now,
            received_at=world.now,
            why="device_revoked",
            state="refused" if state == "outcome" else state,
        )
    if state == "outcome":
        world.seed(
            "held_outcome",
            HELD,
            scope=case_scene.SCOPE,
            by="author",
            kind="case.note@1",
            about=case_scene.RECORD,
            at=world.now,
            said=SAID,
            state="refused",
            decided_by="duty-1",
            decided_at=world.now,
        )
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    if verb == "held.read@1":
        return world.do(verbs.ReadHeld(), HELD, role, by="author", scope=case_scene.SCOPE)
    args = verbs.DecideHeld(
        choice="accept",
        kind="case.note@1",
        about=case_scene.RECORD,
        within=case_scene.SCOPE,
        said=SAID,
        by="author",
    )
    return world.do(args, HELD, role, by=f"{role}-1", scope=SCOPE)


def state_of(world: World) -> str:
    held = world.get("held_operation", HELD)
    if world.get("held_outcome", HELD) is not None:
        return "outcome"
    return "absent" if held is None else str(held.state)
