"""Scenes of `print.csv`: one copy of a case's receipt for a terminal; clerk and terminal speak from one device here."""

from __future__ import annotations

from typing import Any

import case_scene
from document_scene import register
from world import HALL, World

from sync.protocol.identifiers import scope_of
from sync.protocol.operation import KINDS, Args
from sync.protocol.verbs import printing as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

RECORD = "print-1"
HOME, PRINT = case_scene.SCOPE, scope_of(HALL, "print")
VERBS = tuple(name for name in KINDS if name.startswith("print."))
STATES = ("absent", "given", "taken", "printed", "confirmed", "failed")
PATHS: dict[str, tuple[str, ...]] = {
    "absent": (),
    "given": ("give",),
    "taken": ("give", "take"),
    "printed": ("give", "take", "printed"),
    "confirmed": ("give", "take", "printed", "confirm"),
    "failed": ("give", "fail"),
}
WEEK = 7 * 86_400_000


def said(name: str, **how: Any) -> Args:
    told: dict[str, type[Args]] = {
        "give": verbs.GivePrint,
        "take": verbs.TakePrint,
        "printed": verbs.Printed,
        "confirm": verbs.ConfirmPrint,
        "fail": verbs.FailPrint,
        "lapse": verbs.LapsePrint,
    }
    ordinary = {"give": {"document": "receipt-1", "channel": "kiosk"}, "fail": {"reason": "卡纸"}}
    return told[name](**{**ordinary.get(name, {}), **how})


def do(
    world: World, name: str, role: Role = Role.CLERK, *, id: str = RECORD, device: str = "d1", **how: Any
) -> Outcome:
    at_terminal = role == Role.KIOSK
    if at_terminal and name not in ("give", "lapse"):
        how["home"] = HOME
    by = {Role.CLERK: case_scene.CLERK, Role.GRID: case_scene.CLERK}.get(role, f"{role}-1")
    return world.do(said(name, **how), id, role, by=by, device=device, scope=PRINT if at_terminal else HOME)


def walk(world: World, *names: str, **how: Any) -> World:
    for name in names:
        outcome = do(world, name, **how)
        assert isinstance(outcome, Effects), f"{name}: {outcome}"
    return world


def scene(state: str) -> World:
    world = case_scene.scene("received")
    assert isinstance(register(world), Effects)
    return walk(world, *PATHS[state])


def operate(world: World, verb: str, role: Role) -> Outcome:
    name = verb.removeprefix("print.").removesuffix("@1")
    if name == "lapse":
        world.now += WEEK
    return do(world, name, role)


def state_of(world: World) -> str:
    row = world.get("print_authorisation", RECORD)
    return row.state if row else "absent"
