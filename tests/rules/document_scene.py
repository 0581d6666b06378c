"""Scenes of `document.csv`: the receipt of a case, a paper that no approval precedes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import case_scene
from world import World

from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.approval import digest_of
from sync.rules.outcome import Effects, Outcome

RECORD = "receipt-1"
STATES = ("absent", "reserved", "prepared", "valid", "superseded", "revoked", "void")
VERBS = (
    *("document.register@1", "document.augment@1", "document.raise@1", "document.stay@1"),
    *("document.approve@1", "document.waive@1"),
)
OTHER = "d9"
SERIAL = "4a19"


def register(world: World, letter: str = "c", role: Role = Role.CLERK, id: str = RECORD) -> Outcome:
    by, device = case_scene.PERSONS.get(role, (f"{role}-1", "d7"))
    args = verbs.Register(signed=case_scene.signed(letter, world.now))
    return world.do(args, id, role, by=by, device=device, scope=case_scene.SCOPE)


def scene(state: str) -> World:
    if state == "absent":
        return case_scene.hall()
    world = case_scene.scene("received")
    world.seed("staff", case_scene.APPROVER, name="孙某", site="main", certificate=SERIAL)
    if state == "valid":
        assert isinstance(register(world), Effects)
    elif state != "prepared":  # no verb of a receipt leads there
        known = case_scene.signed("c", world.now)
        told = {name: getattr(known, name) for name in ("message_digest", "signature", "level")}
        told |= {"raise_at": world.now - 1, "raiser": "d1", "raise_until": world.now - 1}
        world.seed("document", RECORD, scope=case_scene.SCOPE, state=state, **told)
    return world


def augment(
    world: World, role: Role = Role.CLERK, level: str = "B-T", who: tuple[str, str] | None = None, **changes: object
) -> Outcome:
    """The file that `register` told of, a level up. `who`: another person, at another device."""
    by, device = who or case_scene.PERSONS.get(role, (f"{role}-1", "d7"))
    known = case_scene.signed("c", world.now)
    told: dict[str, object] = {
        "sha256": case_scene.digest("d"),
        "size": 50_000,
        "level": level,
        "message_digest": known.message_digest,
        "signature": known.signature,
    }
    args = verbs.Augment(**told | changes)  # type: ignore[arg-type]
    return world.do(args, RECORD, role, by=by, device=device, scope=case_scene.SCOPE)


def take_up(
    world: World, role: Role = Role.CLERK, device: str = "", mark: str = "m1", *, asked: bool = False
) -> Outcome:
    """This machine goes on with the signature: the one whose it is, if none is told."""
    by, usual = case_scene.PERSONS.get(role, (f"{role}-1", "d7"))
    args = verbs.Raise(mark=mark, asked=asked)
    return world.do(args, RECORD, role, by=by, device=device or _raiser(world, usual), scope=case_scene.SCOPE)


def _raiser(world: World, usual: str) -> str:
    row: Any = world.get("document", RECORD)
    return (row.raiser if row is not None else None) or usual


def stay(world: World, role: Role = Role.CLERK, device: str = "", **said: str) -> Outcome:
    """Whoever raises it says why it gets no further."""
    by, usual = case_scene.PERSONS.get(role, (f"{role}-1", "d7"))
    args = verbs.Stay(**{"mark": "m1", "code": "document.chain_revoked", **said})
    return world.do(args, RECORD, role, by=by, device=device or _raiser(world, usual), scope=case_scene.SCOPE)


def approve(
    world: World,
    role: Role = Role.APPROVER,
    id: str = RECORD,
    by: str = "",
    scope: str = case_scene.SCOPE,
    **changes: object,
) -> Outcome:
    """The approver's signature over the paper as it stands."""
    usual, device = case_scene.PERSONS.get(role, (f"{role}-1", "d7"))
    row = world.get("document", id)
    told: dict[str, object] = {
        "case": case_scene.RECORD,
        "digest": digest_of(row) if row is not None else "",
        "sha256": case_scene.digest("e"),
        "size": 40_000,
        "serial": SERIAL,
    }
    args = verbs.Approve(**told | changes)  # type: ignore[arg-type]
    return world.do(args, id, role, by=by or usual, device=device, scope=scope)


def waive(world: World, role: Role = Role.APPROVER, id: str = RECORD) -> Outcome:
    """The approver says that the seal alone is to be set."""
    by, device = case_scene.PERSONS.get(role, (f"{role}-1", "d7"))
    row = world.get("document", id)
    args = verbs.SealAlone(case=case_scene.RECORD, digest=digest_of(row) if row is not None else "")
    return world.do(args, id, role, by=by, device=device, scope=case_scene.SCOPE)


def operate(world: World, verb: str, role: Role) -> Outcome:
    steps: dict[str, Callable[[World, Role], Outcome]] = {
        "document.augment@1": augment,
        "document.raise@1": take_up,
        "document.stay@1": stay,
        "document.approve@1": approve,
        "document.waive@1": waive,
    }
    return steps[verb](world, role) if verb in steps else register(world, role=role)


def state_of(world: World) -> str:
    row = world.get("document", RECORD)
    return row.state if row else "absent"
