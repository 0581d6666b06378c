"""Scenes of `parcel.csv`: one parcel with originals, on its way back to the hall."""

from __future__ import annotations

from typing import Any

import case_scene
from world import World

from sync.calendar import day_of
from sync.protocol.operation import KINDS, Args
from sync.protocol.verbs import parcel as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

RECORD = "parcel-1"
VERBS = tuple(name for name in KINDS if name.startswith("parcel."))
STATES = ("absent", "sent", "arrived", "returned", "lost")
PATHS: dict[str, tuple[str, ...]] = {
    "absent": (),
    "sent": ("send",),
    "arrived": ("send", "arrive"),
    "returned": ("send", "fail"),
    "lost": ("send", "lose"),
}


def said(world: World, name: str, **how: Any) -> Args:
    day = day_of(world.now)
    told: dict[str, tuple[type[Args], dict[str, Any]]] = {
        "send": (
            verbs.Send,
            {
                "leg": "back",
                "carrier": "邮政",
                "tracking": "EX100",
                "receiver": "李某",
                "contents": [verbs.ParcelItem(what="other", name="旧许可证正本")],
            },
        ),
        "arrive": (verbs.Arrive, {"day": day}),
        "fail": (verbs.Fail, {"outcome": "returned", "day": day, "reason": "查无此人"}),
        "lose": (verbs.Fail, {"outcome": "lost", "day": day, "reason": "一月无音信"}),
    }
    args, ordinary = told[name]
    return args(**({"case": case_scene.RECORD} | ordinary | how))


def do(world: World, name: str, role: Role = Role.CLERK, *, id: str = RECORD, **how: Any) -> Outcome:
    by = {Role.CLERK: case_scene.CLERK, Role.GRID: case_scene.CLERK}.get(role, f"{role}-1")
    return world.do(said(world, name, **how), id, role, by=by, scope=case_scene.SCOPE)


def scene(state: str) -> World:
    world = case_scene.scene("issued")
    for name in PATHS[state]:
        outcome = do(world, name)
        assert isinstance(outcome, Effects), f"{name}: {outcome}"
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    return do(world, verb.removeprefix("parcel.").removesuffix("@1"), role)


def state_of(world: World) -> str:
    row = world.get("parcel", RECORD)
    return row.state if row else "absent"
