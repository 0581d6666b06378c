"""Scenes of `conflict.csv`: two people wrote one field; its author is 0309, the case's owner 0307."""

from __future__ import annotations

import case_scene
from world import World

from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.outcome import Conflict, Effects, Outcome

AUTHOR = "0309"
STATES = ("absent", "open", "decided")
VERBS = ("conflict.decide@1",)


def clash(world: World, value: str = "振华路3号", field: str = "address", was: str | None = "振华路1号") -> str:
    """The colleague's edit is there already, the author's comes too late: the conflict's id."""
    case_scene.step(world, "edit", by=case_scene.COLLEAGUE, device="d2")
    late = verbs.Edit(field=field, was=was, value=value)
    outcome = world.do(late, case_scene.RECORD, Role.GRID, by=AUTHOR, device="d5", scope=case_scene.SCOPE)
    assert isinstance(outcome, Conflict), outcome
    return str(outcome.params["conflict"])


def decide(
    world: World, id: str, choice: str, by: str = AUTHOR, role: Role = Role.GRID, value: str | None = None
) -> Outcome:
    args = verbs.DecideConflict(case=case_scene.RECORD, choice=choice, value=value)
    return world.do(args, id, role, by=by, device="d5", scope=case_scene.SCOPE)


def scene(state: str) -> World:
    world = case_scene.scene("in_review")
    if state != "absent":
        id = clash(world)
        if state == "decided":
            assert isinstance(decide(world, id, "theirs"), Effects)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    found = world.find("conflict")
    by = case_scene.APPROVER if role == Role.APPROVER else AUTHOR
    return decide(world, found[0].id if found else "conflict-1", "back" if role == Role.APPROVER else "mine", by, role)


def state_of(world: World) -> str:
    found = world.find("conflict")
    return found[0].state if found else "absent"
