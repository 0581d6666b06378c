"""Who may do what in the ledger, how an entry ends – and, over random histories, that it never ends wrongly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_scene import (
    COLLEAGUE,
    DUTY,
    HANDLER,
    PATHS,
    RATED,
    RECORD,
    SAID,
    at,
    bad_rating,
    entry,
    hall,
    scene,
    step,
    told,
    tried,
    walk,
)
from world import HOUR, MINUTE

from sync.protocol.verbs import rating as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Refusal

DAY = 24 * HOUR


# -- who


def test_the_rated_clerk_touches_nothing_of_it() -> None:
    for state in PATHS:
        world = scene(state)
        for args in (*SAID.values(), verbs.Tick(item="cause", value="x")):
            outcome = world.do(args, RECORD, Role.CALLBACK, by=RATED, scope=world.callback)
            assert isinstance(outcome, Refusal)
            assert outcome.code == "same_person"
        assert tried(world, "busy", by=RATED) == Refusal("same_person", {"id": RECORD})


def test_it_is_not_given_to_the_rated_clerk_nor_to_who_is_no_handler() -> None:
    world = hall()
    bad_rating(world)
    world.seed("role_assignment", "r-x", staff=RATED, role="callback", over=world.callback)
    duty: dict[str, Any] = {"role": Role.DUTY, "by": DUTY, "scope": world.callback}
    assert world.code(verbs.Assign(handler=RATED), RECORD, **duty) == "same_person"
    assert world.code(verbs.Assign(handler=DUTY), RECORD, **duty) == "not_callback"
    assert world.code(verbs.Assign(handler="0999"), RECORD, **duty) == "not_found"
    world.seed("staff", COLLEAGUE, active=False)
    assert world.code(verbs.Assign(handler=COLLEAGUE), RECORD, **duty) == "not_callback"
    world.must(verbs.Assign(handler=HANDLER), RECORD, **duty)


def test_the_first_try_takes_an_entry_that_nobody_had() -> None:
    world = scene("open")
    tried(world, "no_answer", by=COLLEAGUE)
    assert (entry(world).handler, entry(world).state, entry(world).assigned_at) == (
        COLLEAGUE,
        "callback_tried",
        world.now,
    )
    tried(world, "busy", by=HANDLER)
    assert (entry(world).handler, entry(world).attempts) == (COLLEAGUE, 2)


@pytest.mark.parametrize(("state", "name"), [("callback_tried", "verify"), ("rectifying", "rectified")])
def test_only_its_handler_moves_an_entry(state: str, name: str) -> None:
    world = scene(state)
    outcome = step(world, name, by=COLLEAGUE)
    assert outcome == Refusal("not_handler", {"id": RECORD, "handler": HANDLER})
    assert isinstance(step(world, name), Effects)


def test_nobody_decides_the_appeal_that_he_made() -> None:
    world = scene("appeal_review")
    for name in ("void", "uphold"):
        for role in (Role.CALLBACK, Role.DUTY):
            assert world.code(SAID[name], RECORD, role, by=HANDLER, scope=world.callback) == "same_person"
    world.must(SAID["void"], RECORD, Role.CALLBACK, by=COLLEAGUE, scope=world.callback)
    assert (entry(world).state, entry(world).void_reason) == ("voided", "确属误评")


# -- the way through


def test_nobody_is_verified_who_was_not_called() -> None:
    world = scene("open")
    tried(world, "busy")
    assert step(world, "verify") == Refusal("first_callback_missing", {"id": RECORD, "attempts": 1, "needed": 3})
    tried(world, "reached")
    assert isinstance(step(world, "verify"), Effects)


def test_an_appeal_refused_counts_as_true_and_its_clock_went_on() -> None:
    world = scene("appeal_review")
    day = entry(world).rectify_due_day
    world.advance(DAY)
    step(world, "uphold")
    assert (entry(world).state, entry(world).finding, entry(world).rectify_due_day) == ("verified", "true", day)
    assert step(world, "appeal") == Refusal(
        "finding", {"id": RECORD, "finding": "true", "allowed": ["mistaken", "untrue"]}
    )
    assert isinstance(step(world, "plan"), Effects)


def test_a_slip_of_the_finger_is_closed_by_the_second_callback_alone() -> None:
    world = scene("callback_tried")
    walk(world, "mistaken")
    assert isinstance(step(world, "plan"), Refusal)
    walk(world, "second", "close")
    assert (entry(world).state, entry(world).closed_at) == ("closed", world.now)


def test_closing_without_an_answer_takes_three_failed_tries_on_two_days() -> None:
    world = scene("rectified")
    tried(world, "reached", "second")
    for n in range(3):
        assert step(world, "close") == Refusal("second_callback_missing", {"id": RECORD, "tries": n, "days": min(n, 1)})
        tried(world, "no_answer", "second")
    assert step(world, "close") == Refusal("second_callback_missing", {"id": RECORD, "tries": 3, "days": 1})
    world.advance(DAY)
    tried(world, "busy", "second")
    walk(world, "close")


def test_tries_before_anything_was_put_right_do_not_count_towards_closing() -> None:
    world = scene("rectifying")
    for _ in range(4):
        tried(world, "no_answer", "second")
        world.advance(DAY)
    walk(world, "rectified")
    assert entry(world).attempts == 7
    assert step(world, "close") == Refusal("second_callback_missing", {"id": RECORD, "tries": 0, "days": 0})


def test_tries_of_the_round_before_do_not_close_a_reopened_entry() -> None:
    world = scene("rectified")
    for _ in range(3):
        tried(world, "no_answer", "second")
        world.advance(DAY)
    walk(world, "second", "reopen", "plan", "rectified")
    assert step(world, "close") == Refusal("second_callback_missing", {"id": RECORD, "tries": 0, "days": 0})


def test_tries_and_ticks_are_written_down_even_when_it_is_closed() -> None:
    world = scene("closed")
    tried(world, "busy", by=COLLEAGUE)
    world.must(verbs.Tick(item="identity", value="yes"), RECORD, Role.CALLBACK, by=COLLEAGUE, scope=world.callback)
    world.must(verbs.Tick(item="identity", value="no"), RECORD, Role.CALLBACK, by=HANDLER, scope=world.callback)
    assert len(world.find("callback_attempt", entry=RECORD)) == 4
    answer = world("checklist_tick", f"{RECORD}/identity")
    assert (answer.value, answer.staff) == ("no", HANDLER)


def test_a_try_is_written_down_once() -> None:
    world = scene("assigned")
    args = verbs.Attempt(attempt="a-1", round="first", outcome="busy")
    world.must(args, RECORD, Role.CALLBACK, by=HANDLER, scope=world.callback)
    assert world.code(args, RECORD, Role.CALLBACK, by=HANDLER, scope=world.callback) == "exists"
    assert entry(world).attempts == 1


@pytest.mark.parametrize(
    ("args", "field"),
    [
        (verbs.Attempt(attempt="a", round="third", outcome="busy"), "round"),
        (verbs.Attempt(attempt="a", round="first", outcome="asleep"), "outcome"),
        (verbs.Tick(item="", value=None), "item"),
        (verbs.Verify(finding="perhaps"), "finding"),
    ],
)
def test_unknown_words_are_refused_by_the_fields_name(args: Any, field: str) -> None:
    world = scene("callback_tried")
    outcome = world.do(args, RECORD, Role.CALLBACK, by=HANDLER, scope=world.callback)
    assert outcome == Refusal("bad_value", {"field": field})


def test_a_complaint_by_telephone_is_an_entry_with_the_same_clocks() -> None:
    world = hall()
    world.now = at("2026-03-02 11:30")
    args = verbs.OpenEntry(matter="m-1", rated_staff=RATED, site="main", holder="钱某", phone="1", words="态度差")
    assert world.code(args, "t-1", Role.CALLBACK, by=RATED, scope=world.callback) == "same_person"
    world.must(args, "t-1", Role.CALLBACK, by=HANDLER, scope=world.callback)
    made = entry(world, "t-1")
    assert (made.source, made.level, made.state, told(made.callback_due_at)) == (
        "telephone",
        None,
        "open",
        "2026-03-02 13:30",
    )
    unknown = verbs.OpenEntry(matter="m-9", site="main", words="态度差")
    assert world.code(unknown, "t-2", Role.CALLBACK, by=HANDLER, scope=world.callback) == "not_found"


def test_a_preview_without_the_staff_scope_still_decides_what_it_can() -> None:
    world = scene("callback_tried")
    op = world.operation(SAID["verify"], RECORD, by=HANDLER, scope=world.callback)
    assert isinstance(world.ask(op, Role.CALLBACK, authority=False, held={world.callback}), Effects)


# -- random histories

PEOPLE = {HANDLER: Role.CALLBACK, COLLEAGUE: Role.CALLBACK, RATED: Role.CALLBACK, DUTY: Role.DUTY}
LEDGER_STEPS = st.one_of(
    st.sampled_from([(args.__class__.__name__, args) for args in SAID.values()]),
    st.tuples(
        st.just("Attempt"),
        st.tuples(
            st.sampled_from(["first", "second"]), st.sampled_from(["reached", "busy", "no_answer", "wrong_number"])
        ),
    ),
    st.tuples(st.just("Assign"), st.sampled_from([verbs.Assign(handler=who) for who in PEOPLE])),
)
HISTORY = st.lists(
    st.tuples(LEDGER_STEPS, st.sampled_from([HANDLER] * 4 + list(PEOPLE)), st.sampled_from([0, 1, 25, 300, 1500])),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(start=st.sampled_from(list(PATHS)), history=HISTORY)
def test_whatever_happens_an_entry_keeps_its_promises(start: str, history: list[Any]) -> None:
    world = scene(start)
    due, wall = entry(world).callback_due_at, entry(world).callback_wall_at
    appealed_by: str | None = HANDLER if start in ("appeal_review", "voided") else None
    opened_rounds = world.now
    for (name, args), who, minutes in history:
        world.advance(minutes * MINUTE)
        before = entry(world)
        if name == "Attempt":
            outcome = tried(world, args[1], args[0], by=who)
        else:
            outcome = world.do(args, RECORD, PEOPLE[who], by=who, scope=world.callback)
        now = entry(world)
        assert len(world.find("rectification")) == 1
        assert now.handler != RATED
        assert (now.callback_due_at, now.callback_wall_at) == (due, wall)
        if now.rectify_due_day != before.rectify_due_day:
            assert name in ("Verify", "ReopenEntry")
        if isinstance(outcome, Refusal):
            assert now is before
            assert outcome.code != "exists"
            continue
        assert who != RATED
        if name == "ReopenEntry":
            opened_rounds = world.now
        if name == "Appeal":
            appealed_by = who
        if name in ("Void", "Uphold"):
            assert who != appealed_by
        if before.state in ("closed", "voided"):
            assert now.state == before.state
        tries = world.find("callback_attempt", entry=RECORD)
        assert now.attempts == len(tries)
        if name == "Verify":
            assert len(tries) >= 3 or any(t.outcome == "reached" for t in tries)
        if name == "Close" and before.state != "second_callback":
            failed = [t for t in tries if t.round == "second" and t.outcome != "reached" and t.at >= opened_rounds]
            assert len(failed) >= 3
            assert len({told(t.at)[:10] for t in failed}) >= 2
        if now.state == "closed" and before.state == "second_callback":
            assert now.second_at is not None


@settings(max_examples=60, deadline=None)
@given(levels=st.lists(st.sampled_from(["very_satisfied", "fair", "dissatisfied", "very_dissatisfied"]), max_size=12))
def test_the_ledger_has_as_many_entries_as_there_were_bad_ratings(levels: list[str]) -> None:
    world = hall()
    for n, level in enumerate(levels):
        bad_rating(world, f"i-{n}", level=level)
    bad = {row.id for row in world.find("rating") if "dissatisfied" in row.level}
    assert {row.id for row in world.find("rectification")} == bad
