"""Who sits where: one live session a window and a person; the same person and device come back at once."""

from __future__ import annotations

from ticket_scene import CLERK, OTHER, OTHER_SESSION, RECORD, SESSION, hall, issue, scene, sit, step, walk
from world import MINUTE, MONDAY, World

from sync.protocol.verbs import ticket as verbs
from sync.records.states import Role
from sync.rules.outcome import Refusal


def reopen(world: World, device: str = "d1", by: str = CLERK, window: str = "w03", id: str = "s-again") -> str:
    outcome = world.do(verbs.OpenWindow(window=window), id, by=by, device=device)
    return outcome.code if isinstance(outcome, Refusal) else "opened"


def test_a_window_somebody_sits_at_is_taken() -> None:
    world = sit(hall(), CLERK)
    outcome = world.do(verbs.OpenWindow(window="w03"), "s-x", by=OTHER, device="d2")
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.params["staff"]) == ("window_taken", CLERK)
    assert reopen(world, device="d9") == "window_taken"


def test_a_person_has_one_window() -> None:
    world = sit(hall(), CLERK)
    assert reopen(world, window="w04") == "session_open"
    world.must(verbs.CloseWindow(), SESSION)
    assert reopen(world, window="w04") == "opened"


def test_a_window_of_another_queue_or_none() -> None:
    world = hall()
    world.seed("window", "w-park", label="园区01", site="park", skills=["A"], queue_scope="licang:queue/park")
    assert reopen(world, window="w-park") == "wrong_scope"
    assert reopen(world, window="w-none") == "not_found"


def test_after_a_crash_the_same_person_and_device_go_on_with_who_stands_there() -> None:
    world = scene("serving")
    world.now += MINUTE
    assert reopen(world) == "opened"
    assert (world("window_session", SESSION).state, world("window_session", SESSION).ticket) == ("closed", None)
    assert world("window_session", "s-again").ticket == RECORD
    assert world("ticket", RECORD).session == "s-again"
    walk(world, "finish")
    assert world("window_session", "s-again").ticket is None


def test_after_a_crash_a_held_ticket_goes_on_too() -> None:
    world = scene("held")
    assert reopen(world) == "opened"
    world.must(verbs.Resume(session="s-again", segment="g-2"), RECORD)
    assert world("ticket", RECORD).session == "s-again"


def test_a_crash_ends_the_pause() -> None:
    world = sit(hall(), CLERK)
    world.must(verbs.PauseWindow(pause="p-1", reason="meal"), SESSION)
    world.now += MINUTE
    assert reopen(world) == "opened"
    assert world("window_session", "s-again").state == "open"
    assert world("pause", "p-1").to_at == MONDAY + MINUTE


def test_a_pause_has_a_reason_and_an_end() -> None:
    world = sit(hall(), CLERK)
    world.must(verbs.PauseWindow(pause="p-1", reason="meal"), SESSION)
    assert world("window_session", SESSION).pause_reason == "meal"
    world.now += 20 * MINUTE
    world.must(verbs.ResumeWindow(), SESSION)
    pause = world("pause", "p-1")
    assert (pause.session, pause.reason, pause.to_at - pause.from_at) == (SESSION, "meal", 20 * MINUTE)
    assert world("window_session", SESSION).pause_reason is None


def test_nobody_leaves_a_person_standing() -> None:
    for state in ("called", "serving"):
        world = scene(state)
        assert world.code(verbs.PauseWindow(pause="p", reason="meal"), SESSION) == "ticket_at_window"
        for role in (Role.CLERK, Role.DUTY, Role.CLOCK):
            assert world.code(verbs.CloseWindow(), SESSION, role) == "ticket_at_window"
    world = scene("held")
    assert world.code(verbs.CloseWindow(), SESSION) == "ticket_at_window"
    world.must(verbs.CloseWindow(), OTHER_SESSION, by=OTHER)


def test_only_ones_own_window_but_the_duty_manager_any() -> None:
    world = sit(hall(), CLERK)
    assert world.code(verbs.PauseWindow(pause="p", reason="meal"), SESSION, by=OTHER) == "not_yours"
    assert world.code(verbs.CloseWindow(), SESSION, by=OTHER) == "not_yours"
    world.must(verbs.CloseWindow(), SESSION, Role.DUTY, by="0601")


def test_a_closing_window_lets_go_of_those_sent_to_it() -> None:
    world = scene("serving")
    world.must(verbs.Transfer(window="w04"), RECORD)
    issue(world, "t-2")
    world.must(verbs.CloseWindow(), OTHER_SESSION, by=OTHER)
    assert world("ticket", RECORD).target_window is None
    step(world, "call_next", n=2)
    assert world("window_session", SESSION).ticket == RECORD
