"""Scenes of `blank.csv`: the blanks of an office."""

from __future__ import annotations

import case_scene
from world import World

from sync.protocol.verbs import printing as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

STOCK = RECORD = f"{case_scene.SCOPE}/w01"
VERBS = ("blank.receive@1", "blank.void@1")
STATES = ("absent", "stocked")


def receive(
    world: World,
    first: str = "LC000101",
    last: str = "LC000110",
    *,
    range: str = "range-1",
    stock: str = STOCK,
    scope: str = case_scene.SCOPE,
    role: Role = Role.CLERK,
) -> Outcome:
    args = verbs.ReceiveBlanks(range=range, first=first, last=last)
    return world.do(args, stock, role, by=f"{role}-1", scope=scope)


def void(
    world: World, serial: str, *, stock: str = STOCK, scope: str = case_scene.SCOPE, role: Role = Role.CLERK
) -> Outcome:
    return world.do(verbs.VoidBlank(serial=serial, reason="污损"), stock, role, by=f"{role}-1", scope=scope)


def scene(state: str) -> World:
    world = case_scene.hall()
    if state == "stocked":
        assert isinstance(receive(world), Effects)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    if verb == "blank.void@1":
        return void(world, "LC000101", role=role)
    return receive(world, "LC000201", "LC000210", range="range-2", role=role)


def state_of(world: World) -> str:
    return "stocked" if world.get("blank_stock", RECORD) else "absent"
