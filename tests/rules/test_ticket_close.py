"""The end of the day at the queue."""

from __future__ import annotations

from typing import Any

import pytest
from ticket_scene import CLERK, OTHER, RECORD, hall, issue, scene, sit, walk
from world import HOUR, MINUTE, MONDAY, World

from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Refusal

DAY = 24 * HOUR


def refused(outcome: Any, code: str, **params: Any) -> None:
    assert isinstance(outcome, Refusal), outcome
    assert outcome.code == code
    assert {name: outcome.params.get(name) for name in params} == params


# -- the end of the day


@pytest.mark.parametrize("state", ["waiting", "called", "recalled", "serving", "held", "missed"])
def test_at_closing_time_what_is_open_is_closed_flagged_and_nobody_stays_at_a_window(state: str) -> None:
    world = scene(state)
    world.must(verbs.CloseDay(day=world.today), world.queue, Role.DUTY, by="0601")
    ticket = world("ticket", RECORD)
    assert (ticket.state, ticket.flagged, ticket.session) == ("closed_end_of_day", True, None)
    assert not world.find("call", open=True)
    assert not world.find("service_segment", ended_at=None)
    assert not world.find("window_session", closed_at=None)


def test_the_day_falls_due_once_at_the_halls_closing_time() -> None:
    world = sit(hall())
    for n in range(3):
        issue(world, f"t-{n}")
    [due] = world.due.values()
    assert (due.kind, due.at, due.id, due.scope) == ("queue.close_day@1", MONDAY + 9 * HOUR, world.queue, world.queue)
    assert dict(due.args) == {"day": "2026-03-02"}
    assert [kind for kind, _ in world.advance(9 * HOUR)] == ["queue.close_day@1"]
    assert {t.state for t in world.find("ticket")} == {"closed_end_of_day"}


def test_work_after_closing_time_is_closed_at_midnight() -> None:
    world = hall()
    world.now = MONDAY + 10 * HOUR
    issue(world)
    [due] = world.due.values()
    assert due.at == MONDAY + 15 * HOUR
    [(_, outcome)] = world.advance(5 * HOUR)
    assert isinstance(outcome, Effects)
    assert world("ticket", RECORD).state == "closed_end_of_day"


@pytest.mark.parametrize("settings", [{"always_open": True}, {"day_closes": ""}])
def test_a_hall_that_never_shuts_closes_no_day_by_itself(settings: dict[str, Any]) -> None:
    world = sit(hall(**settings))
    issue(world)
    assert world.due == {}


def test_closing_yesterday_leaves_today_alone() -> None:
    world = sit(hall(always_open=True), CLERK)
    issue(world, "t-old")
    world.now += DAY
    issue(world, "t-served")
    issue(world, "t-called")
    walk(world, "call", "serve", id="t-served")
    sit(world, OTHER)
    walk(world, "call", id="t-called", by=OTHER)
    world.must(verbs.CloseDay(day="2026-03-02"), world.queue, Role.DUTY, by="0601")
    assert [world("ticket", t).state for t in ("t-old", "t-served", "t-called")] == [
        "closed_end_of_day",
        "serving",
        "called",
    ]
    assert [s.staff for s in world.find("window_session", closed_at=None)] == [CLERK, OTHER]
    world.now += MINUTE
    walk(world, "finish", id="t-served")
    walk(world, "serve", id="t-called", by=OTHER)
    assert [s.ended_by for s in world.find("service_segment", ticket="t-served")] == ["finish"]


def test_no_day_to_come_can_be_closed() -> None:
    world: World = hall()
    assert world.code(verbs.CloseDay(day="2026-03-03"), world.queue, Role.DUTY) == "not_yet"
    for day in ("yesterday", "20260302", "2026-3-2", ""):
        assert world.code(verbs.CloseDay(day=day), world.queue, Role.DUTY) == "bad_value"
