"""Scenes of `appraisal.csv`: a month that has ended, its text in each of its states."""

from __future__ import annotations

from typing import Any

from world import HALL, World

from sync.appraisal import figures
from sync.protocol.operation import Args
from sync.protocol.verbs import appraisal as verbs
from sync.records.states import Role
from sync.rules.outcome import Outcome

RECORD = "2026-02"
VERBS = ("appraisal.freeze@1", "appraisal.correct@1", "publicity.draft@1", "publicity.approve@1", "publicity.refuse@1")
STATES = ("absent", "frozen", "draft", "approved", "refused")
FEBRUARY = 1_770_000_000_000
FIRST, SECOND = "duty-1", "duty-2"


def rating(level: str = "satisfied", **columns: Any) -> dict[str, Any]:
    told = {"window": "w-03", "staff": "0307", "matter": "m-1", "site": "main", "level": level, "person_level": None}
    return told | {"rated_at": FEBRUARY, "defaulted": False} | columns


def counted(ratings: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    rows = [rating() for _ in range(40)] if ratings is None else ratings
    return figures(RECORD, [{**row, "opened_at": row["rated_at"]} for row in rows], rows)


def said(world: World, args: Args, id: str = RECORD, role: Role = Role.DUTY, by: str = FIRST) -> Outcome:
    return world.do(args, id, role, by=by, scope=world.rating)


def freeze(world: World, ratings: list[dict[str, Any]] | None = None) -> Outcome:
    names = {"matter": {"m-1": "企业变更登记"}, "site": {"main": "大厅"}}
    args = verbs.Freeze(head_seq=7, figures=counted(ratings), names=names)
    return said(world, args, role=Role.CLOCK, by="clock")


def scene(state: str) -> World:
    world = World()
    world.seed("hall", HALL, scope=world.base, name="样例政务大厅", bureau="样例审批局")
    if state == "absent":
        return world
    freeze(world)
    if state == "frozen":
        return world
    said(world, verbs.Draft())
    if state == "approved":
        said(world, verbs.Approve(hash=world("publicity", RECORD).hash), by=SECOND)
    if state == "refused":
        said(world, verbs.Refuse(reason="用词"), by=SECOND)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    text = world.get("publicity", RECORD)
    args: dict[str, Args] = {
        "appraisal.freeze@1": verbs.Freeze(head_seq=7, figures=counted(), names={}),
        "appraisal.correct@1": verbs.Correct(month=RECORD, figure="bad", by=-1, reason="误点", staff="0307"),
        "publicity.draft@1": verbs.Draft(),
        "publicity.approve@1": verbs.Approve(hash=text.hash if text else "none"),
        "publicity.refuse@1": verbs.Refuse(reason="用词"),
    }
    id = "correction-1" if verb == "appraisal.correct@1" else RECORD
    return said(world, args[verb], id, role, by=f"{role}-2")


def state_of(world: World) -> str:
    text = world.get("publicity", RECORD)
    if text is not None:
        return str(text.state)
    return "frozen" if world.get("appraisal", RECORD) else "absent"
