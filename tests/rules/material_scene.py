"""Scenes of `material.csv`: a material of a received case, with its file where it has one."""

from __future__ import annotations

from typing import Any

import case_scene
from world import World

from sync.protocol.operation import Args
from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

RECORD = "m-charter-1"
STATES = ("absent", "missing", "received", "checked", "defective", "waived")
VERBS = ("material.attach@1", "material.arrived@1", "material.check@1", "material.waive@1")


def attach(letter: str = "b", **columns: Any) -> verbs.Attach:
    """A file for the material; another letter, another file."""
    told: dict[str, Any] = {"name": "章程", "ordinal": 2, "size": 9_000, "media_type": "application/pdf"}
    return verbs.Attach(case=case_scene.RECORD, sha256=case_scene.digest(letter), **(told | columns))


def waive(way: str = "verified", source: str = "电子证照库") -> verbs.Waive:
    """Not asked for."""
    return verbs.Waive(case=case_scene.RECORD, way=way, source=source)


def do(world: World, args: Args, role: Role = Role.CLERK, id: str = RECORD) -> Outcome:
    by, device = case_scene.PERSONS.get(role, (f"{role}-1", "d7"))
    return world.do(args, id, role, by=by, device=device, scope=case_scene.SCOPE)


def scene(state: str) -> World:
    world = case_scene.scene("received")
    if state == "absent":
        world.rows["material"].pop(RECORD)
    if state in ("received", "checked", "defective"):
        assert isinstance(do(world, attach()), Effects)
    if state in ("checked", "defective"):
        assert isinstance(do(world, verbs.Check(state=state)), Effects)
    if state == "waived":
        assert isinstance(do(world, waive()), Effects)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    told: dict[str, Args] = {
        "material.attach@1": attach(),
        "material.arrived@1": verbs.Arrived(sha256=case_scene.digest("b")),
        "material.check@1": verbs.Check(state="checked"),
        "material.waive@1": waive(),
    }
    return do(world, told[verb], role)


def state_of(world: World) -> str:
    row = world.get("material", RECORD)
    return row.state if row else "absent"
