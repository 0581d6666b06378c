"""The ledger's two clocks: when they run out, when they warn, what starts and stops them, what never does."""

from __future__ import annotations

from typing import Any

import pytest
from ledger_scene import (
    COLLEAGUE,
    DUTY,
    HANDLER,
    PATHS,
    RECORD,
    SAID,
    at,
    bad_rating,
    entry,
    hall,
    step,
    told,
    tried,
    walk,
)
from world import HOUR, MINUTE, World

from sync.protocol.verbs import rating as verbs
from sync.records.states import Role
from sync.rules.outcome import Refusal

DAY = 24 * HOUR


def warnings(world: World, clock: str) -> dict[int, str]:
    return {
        int(due.args["percent"]): told(due.at)
        for due in world.due.values()
        if due.kind == "ledger.warn@1" and due.args["clock"] == clock
    }


def rated_at(text: str, **given: Any) -> World:
    world = hall(**given)
    world.now = at(text)
    bad_rating(world)
    return world


@pytest.mark.parametrize(
    ("received", "due", "wall"),
    [
        ("2026-03-02 09:00", "2026-03-02 10:00", "2026-03-02 10:00"),
        ("2026-03-02 11:30", "2026-03-02 13:30", "2026-03-02 12:30"),
        ("2026-03-06 16:45", "2026-03-09 09:45", "2026-03-06 17:45"),  # a weekend between
        ("2026-02-13 16:30", "2026-02-14 09:30", "2026-02-13 17:30"),  # Saturday, worked for the Spring Festival
        ("2021-09-30 20:00", "2021-10-08 10:00", "2021-09-30 21:00"),  # National Day
    ],
)
def test_the_first_callback_is_due_within_an_hour_of_open_hall(received: str, due: str, wall: str) -> None:
    world = rated_at(received)
    assert told(entry(world).callback_due_at) == due
    assert told(entry(world).callback_wall_at) == wall


@pytest.mark.parametrize("given", [{"callback_basis": "wall"}, {"always_open": True}])
def test_by_the_wall_or_in_a_hall_that_never_shuts_an_hour_is_an_hour(given: dict[str, Any]) -> None:
    world = rated_at("2026-03-06 16:45", **given)
    assert told(entry(world).callback_due_at) == "2026-03-06 17:45"


def test_the_first_callback_warns_at_50_80_and_100_percent_of_open_time() -> None:
    world = rated_at("2026-03-02 11:40")
    assert warnings(world, "callback") == {50: "2026-03-02 13:10", 80: "2026-03-02 13:28", 100: "2026-03-02 13:40"}
    seen = []
    for _ in range(130):
        world.advance(MINUTE)
        seen.append((told(world.now)[-5:], entry(world).warned))
    first = {warned: moment for moment, warned in reversed(seen)}
    assert first == {0: "11:41", 50: "13:10", 80: "13:28", 100: "13:40"}


def test_a_reached_person_stops_the_first_clock_and_a_busy_line_does_not() -> None:
    world = rated_at("2026-03-02 09:00")
    tried(world, "busy")
    world.advance(31 * MINUTE)
    assert entry(world).warned == 50
    tried(world, "reached")
    assert entry(world).first_reached_at == world.now
    answers = world.advance(HOUR)
    assert [outcome.code for _, outcome in answers if isinstance(outcome, Refusal)] == ["clock_stopped"] * 2
    assert entry(world).warned == 50


@pytest.mark.parametrize(
    ("verified", "due", "certain"),
    [
        ("2021-09-30", "2021-10-11", True),
        ("2021-04-23", "2021-04-27", True),
        ("2026-02-13", "2026-02-25", True),
        ("2021-09-17", "2021-09-23", True),  # the 18th is worked, 19th–21st are Mid-Autumn
        ("2090-03-01", "2090-03-06", False),
    ],
)
def test_rectification_is_due_three_working_days_after_verification(verified: str, due: str, certain: bool) -> None:
    world = rated_at(f"{verified} 10:00")
    walk(world, "assign", "try")
    walk(world, "verify")
    assert (entry(world).rectify_due_day, entry(world).deadline_certain) == (due, certain)


def test_rectification_warns_by_working_days() -> None:
    world = rated_at("2026-03-05 10:00")  # a Thursday: Friday, Monday, Tuesday
    walk(world, *PATHS["verified"])
    assert warnings(world, "rectify") == {50: "2026-03-09 12:00", 80: "2026-03-10 09:36", 100: "2026-03-11 00:00"}
    world.advance(at("2026-03-10 09:36") - world.now)
    assert entry(world).warned == 80
    walk(world, "plan", "rectified")
    world.advance(DAY)
    assert entry(world).warned == 80


def test_no_clock_restarts_on_reassignment_or_transfer() -> None:
    world = rated_at("2026-03-02 09:00")
    walk(world, "assign", "try")
    due, wall = entry(world).callback_due_at, entry(world).callback_wall_at
    world.now += 20 * MINUTE
    waiting = dict(world.due)
    world.must(verbs.Assign(handler=COLLEAGUE), RECORD, Role.DUTY, by=DUTY, scope=world.callback)
    assert (entry(world).callback_due_at, entry(world).callback_wall_at, world.due) == (due, wall, waiting)
    step(world, "verify", by=COLLEAGUE)
    day = entry(world).rectify_due_day
    world.advance(DAY)
    waiting = dict(world.due)
    world.must(verbs.TransferEntry(office="food"), RECORD, Role.CALLBACK, by=COLLEAGUE, scope=world.callback)
    world.must(verbs.Assign(handler=HANDLER), RECORD, Role.CALLBACK, by=COLLEAGUE, scope=world.callback)
    assert (entry(world).rectify_due_day, entry(world).office, world.due) == (day, "food", waiting)


def test_reopening_is_a_new_promise_and_the_old_warnings_die() -> None:
    world = rated_at("2026-03-02 09:00")
    walk(world, *PATHS["second_callback"])
    assert entry(world).rectify_due_day == "2026-03-05"
    world.now = at("2026-03-03 10:00")
    walk(world, "reopen")
    assert (entry(world).rectify_due_day, entry(world).warned, entry(world).reopened) == ("2026-03-06", 0, 1)
    assert (entry(world).second_at, entry(world).failed_second) == (None, 0)
    world.advance(at("2026-03-04 11:59") - world.now)
    assert entry(world).warned == 0  # half of the first period had passed on 3 March 12:00
    world.advance(at("2026-03-05 12:00") - world.now)
    assert entry(world).warned == 50
    assert world("checklist_tick", f"{RECORD}/reopen.1").value == "仍不满意"
    assert entry(world).cause == "多次跑"


def test_the_time_of_a_step_is_the_judged_one() -> None:
    world = rated_at("2026-03-02 09:00")
    world.now = at("2026-03-03 09:00")
    reached = at("2026-03-02 09:20")
    args = verbs.Attempt(attempt="a-1", round="first", outcome="reached")
    world.must(args, RECORD, Role.CALLBACK, by=HANDLER, scope=world.callback, judged=reached)
    assert entry(world).first_reached_at == world("callback_attempt", "a-1").at == reached
    world.must(SAID["verify"], RECORD, Role.CALLBACK, by=HANDLER, scope=world.callback, judged=reached + MINUTE)
    assert (entry(world).verified_at, entry(world).rectify_due_day) == (reached + MINUTE, "2026-03-05")
