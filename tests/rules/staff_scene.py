"""Scenes of `staff.csv`: each record of the administrator, not there or there."""

from __future__ import annotations

from typing import Any

from world import World

from sync.protocol.operation import Args
from sync.protocol.verbs import staff as verbs
from sync.protocol.verbs.rating import PublishTags
from sync.records.states import Role
from sync.rules.outcome import Outcome

ADMIN = "0001"
SAID: dict[str, tuple[str, str, Args]] = {
    "staff.put@1": ("staff", "0311", verbs.PutStaff(name="赵某", site="main", office="registration")),
    "role.assign@1": ("role_assignment", "r-1", verbs.AssignRole(staff="0307", role="clerk", over="licang:queue")),
    "role.remove@1": ("role_assignment", "r-1", verbs.RemoveRole()),
    "setting.put@1": ("setting", "recalls_max", verbs.PutSetting(value=5)),
    "matter.put@1": (
        "matter",
        "m-A",
        verbs.PutMatter(
            name="企业设立登记",
            office="registration",
            prefix="A",
            expected_minutes=7,
            promised_days=1,
            statutory_days=20,
            basis="市场主体登记管理条例",
        ),
    ),
    "tags.publish@1": (
        "tag_set",
        "permit/fair/1",
        PublishTags(nature="permit", level="fair", version=1, tags=[{"code": "slow", "zh": "慢", "en": "slow"}]),
    ),
    "calendar.put@1": ("calendar_day", "2027-01-01", verbs.PutDay(working=False, name="元旦")),
    "window.assign@1": ("window", "w01", verbs.AssignWindow(skills=["A"])),
    "window.place@1": ("window", "w01", verbs.PlaceWindow(place="2层")),
}
VERBS = tuple(SAID)
STATES = ("absent", "present")


def hall() -> World:
    """A hall with an administrator, a clerk, a site and an office."""
    world = World()
    world.seed("site", "main", name="大厅", kind="hall")
    world.seed("office", "registration", name="登记科")
    limits: dict[str, Any] = {"expected_minutes": 7, "promised_days": 1, "statutory_days": 20, "basis": "-"}
    world.seed("matter", "m-other", name="年报", office="registration", prefix="C", **limits)
    for staff in (ADMIN, "0307"):
        world.seed("staff", staff, name="某", site="main")
    world.seed("role_assignment", "r-admin", staff=ADMIN, role="admin", over=world.base)
    return world


def scene(state: str) -> World:
    world = hall()
    if state == "present":
        world.seed("window", "w01", label="01", site="main", skills=["B"], queue_scope="licang:queue")
        for verb in VERBS:
            _, id, args = SAID[verb]
            if verb != "role.remove@1":
                world.must(args, id, Role.ADMIN, by=ADMIN, scope=world.base)
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    _, id, args = SAID[verb]
    return world.do(args, id, role, by=ADMIN, scope=world.base)


def state_of(world: World) -> str:
    """The record that the last operation was about, any of them before the first."""
    verb = world.done[-1][0].kind if world.done else VERBS[0]
    table, id, _ = SAID[verb]
    return "absent" if world.get(table, id) is None else "present"
