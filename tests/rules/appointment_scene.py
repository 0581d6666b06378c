"""Scenes of `appointment.csv`: one appointment for 10:00 of a Monday, walked into each state by the verbs."""

from __future__ import annotations

from typing import Any

from ticket_scene import hall as queue_hall
from world import MINUTE, MONDAY, World

from sync.protocol.operation import Args, kind_of
from sync.protocol.verbs import appointment as verbs
from sync.records.states import Role
from sync.rules.outcome import Outcome

RECORD = "a-1"
TEN = 10 * 60
AT_TEN = MONDAY + 60 * MINUTE  # the world begins at nine
PHONE = "13800000001"
SAID: dict[str, Args] = {
    kind_of(args): args
    for args in (
        verbs.Book(matter="m-A", day="2026-03-02", minute=TEN, phone=PHONE),
        verbs.CancelAppointment(),
        verbs.CheckIn(),
        verbs.LapseAppointment(),
    )
}
VERBS = tuple(SAID)
STATES = ("absent", "booked", "checked_in", "cancelled", "missed", "late")


def hall(**settings: Any) -> World:
    """A queue with its site, nobody there yet."""
    world = queue_hall(**settings)
    world.seed("site", "main", name="大厅", kind="hall", queue_scope=world.queue)
    return world


def book(world: World, id: str = RECORD, **said: Any) -> str:
    """A citizen takes a seat."""
    args = verbs.Book(**{"matter": "m-A", "day": "2026-03-02", "minute": TEN, "phone": PHONE, **said})
    world.must(args, id, Role.CITIZEN, by="citizen", device="public")
    return id


def scene(state: str) -> World:
    world = hall()
    if state == "absent":
        return world
    book(world)
    if state == "cancelled":
        world.must(verbs.CancelAppointment(), RECORD, Role.CITIZEN, by="citizen")
    elif state == "checked_in":
        world.now = AT_TEN
        world.must(verbs.CheckIn(), RECORD, Role.KIOSK, by="0602")
    elif state in ("missed", "late"):
        world.now = AT_TEN + 15 * MINUTE
        world.must(verbs.LapseAppointment(), RECORD, Role.CLOCK, by="clock")
        if state == "late":
            world.must(verbs.CheckIn(), RECORD, Role.KIOSK, by="0602")
    return world


def operate(world: World, verb: str, role: Role) -> Outcome:
    if verb in ("appointment.check_in@1", "appointment.lapse@1") and world.now < AT_TEN:
        world.now = AT_TEN
    return world.do(SAID[verb], RECORD, role)


def state_of(world: World) -> str:
    found: Any = world.get("appointment", RECORD)
    return "absent" if found is None else str(found.state)
