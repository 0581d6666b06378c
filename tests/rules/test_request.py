"""A window is asked for: what follows from who sits there, who meets it, and when it is wanted no more."""

from __future__ import annotations

from ticket_scene import OTHER, SEATS, hall, sit
from world import MINUTE, World

from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.outcome import Refusal

ASK = verbs.AskWindow(window="w04", service="A")
SESSION, _, DEVICE = SEATS[OTHER]


def ask(world: World, id: str = "r-1", args: verbs.AskWindow = ASK) -> str:
    """Asked by the duty manager: the refusal's code, or what was asked for."""
    outcome = world.do(args, id, Role.DUTY, by="0101")
    return outcome.code if isinstance(outcome, Refusal) else str(world("window_request", id).kind)


def test_with_nobody_there_it_is_to_be_opened_and_whoever_sits_down_meets_it() -> None:
    world = hall()
    assert ask(world) == "open"
    assert ask(world, "r-2") == "asked_already"
    sit(world, OTHER)
    request = world("window_request", "r-1")
    assert (request.state, request.met_by, request.ended_at) == ("met", OTHER, world.now)
    assert ask(world, "r-2") == "at_work"
    assert world.advance(31 * MINUTE)[-1][0] == "window.withdraw@1"  # it is over: the clock finds nothing to end
    assert world("window_request", "r-1").state == "met"


def test_who_pauses_is_asked_to_go_on_and_meets_it_by_going_on() -> None:
    world = sit(hall(), OTHER)
    world.must(verbs.PauseWindow(pause="p", reason="rest"), SESSION, by=OTHER, device=DEVICE)
    assert ask(world) == "resume"
    world.must(verbs.ResumeWindow(), SESSION, by=OTHER, device=DEVICE)
    assert world("window_request", "r-1").state == "met"
    world.must(verbs.PauseWindow(pause="p2", reason="rest"), SESSION, by=OTHER, device=DEVICE)
    assert ask(world, "r-2") == "resume"


def test_half_an_hour_later_and_at_the_end_of_the_day_it_is_wanted_no_more() -> None:
    world = hall()
    ask(world)
    world.advance(30 * MINUTE)
    assert world("window_request", "r-1").state == "withdrawn"
    ask(world, "r-2")
    world.must(verbs.CloseDay(day=world.today), world.queue, Role.DUTY, by="0101")
    assert world("window_request", "r-2").state == "withdrawn"


def test_what_nobody_serves_and_another_queue_s_window_are_refused() -> None:
    world = hall()
    world.seed("window", "p1", label="1", site="park", skills=["A"], queue_scope="licang:queue/park")
    assert ask(world, args=verbs.AskWindow(window="w04", service="Z")) == "bad_value"
    assert ask(world, args=verbs.AskWindow(window="p1", service="A")) == "wrong_scope"
    assert ask(world, args=verbs.AskWindow(window="w99", service="A")) == "not_found"
