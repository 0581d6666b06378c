"""Scenes of `authorisation.csv`: the right to issue a decided case, at device d1; its state is the newest one's."""

from __future__ import annotations

import case_scene
from world import World

from sync.protocol.operation import Args
from sync.protocol.verbs import case as verbs
from sync.records.settings import HOUR, MINUTE
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome

RECORD = "right-1"
LASTS, MARGIN = 8 * HOUR, 10 * MINUTE
STATES = ("absent", "out", "used", "returned", "expired")
VERBS = ("authorisation.return@1", "authorisation.claim@1", "authorisation.expire@1")


def do(world: World, verb: str, role: Role = Role.CLERK, id: str = RECORD, device: str = "", tag: str = "2") -> Outcome:
    by, own = case_scene.PERSONS.get(role, (f"{role}-1", "d7"))
    args: Args
    if verb == "claim":
        id, args = case_scene.RECORD, verbs.ClaimAuthorisation(authorisation=f"right-{tag}")
    else:
        args = verbs.ReturnAuthorisation() if verb == "return" else verbs.ExpireAuthorisation()
    return world.do(args, id, role, by=by, device=device or own, scope=case_scene.SCOPE)


def scene(state: str) -> World:
    world = case_scene.scene({"absent": "reviewed", "used": "issued"}.get(state, "decided"))
    if state == "returned":
        assert isinstance(do(world, "return"), Effects)
    if state == "expired":
        world.now += LASTS + MARGIN
        assert isinstance(do(world, "expire", Role.CLOCK), Effects)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    name = verb.removeprefix("authorisation.").removesuffix("@1")
    if name == "expire":
        world.now += LASTS + MARGIN
    return do(world, name, role)


def state_of(world: World) -> str:
    rights = sorted(world.find("issue_authorisation"), key=lambda right: (right.given_at, right.id))
    return rights[-1].state if rights else "absent"
