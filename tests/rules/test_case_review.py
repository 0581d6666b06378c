"""Review: steps, what a submission carries, the clock stopped, moved and extended."""

from __future__ import annotations

import pytest
from case_scene import APPROVER, CLERK, COLLEAGUE, PERSONS, RECORD, SCOPE, said, scene, state_of, step, walk
from material_scene import attach
from material_scene import do as on_material
from test_case_intake import refusal
from world import HOUR

from sync.calendar import start_of_day_ms
from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Refusal


def test_each_step_is_kept_and_counted() -> None:
    world = scene("received")
    walk(world, "step", "accept", "step", "step")
    steps = world.find("review_step", case=RECORD)
    assert world("case", RECORD).steps == len(steps) == 3
    assert {(s.staff, s.activity, s.at) for s in steps} == {(CLERK, "核对", world.now)}
    again = verbs.Step(step=steps[0].id, activity="核对")
    assert world.code(again, RECORD, scope=world("case", RECORD).scope) == "exists"


def test_a_submission_carries_opinion_proposal_and_device() -> None:
    world = scene("in_review")
    for opinion, proposal, code in ((" ", "granted", "opinion_missing"), ("同意", "maybe", "bad_choice")):
        assert world.code(verbs.Submit(opinion=opinion, proposal=proposal), RECORD, scope=SCOPE) == code
    assert refusal(step(world, "submit", by=COLLEAGUE)).code == "not_owner"
    on_material(world, attach(), id="m-form-1")
    assert refusal(step(world, "submit")) == Refusal("material_not_arrived", {"ordinals": [1]})
    on_material(world, verbs.Arrived(sha256="b" * 64), Role.CLOCK, "m-form-1")
    step(world, "submit", device="d4")
    case = world("case", RECORD)
    assert (case.reviewer, case.reviewed_device, case.reviewed_at) == (CLERK, "d4", world.now)
    assert (case.opinion, case.proposal) == ("同意变更", "granted")


@pytest.mark.parametrize(
    ("until", "promised", "statutory"),
    [
        ("2026-03-02", "2026-03-11", "2026-03-30"),
        ("2026-03-04", "2026-03-13", "2026-04-01"),
        ("2026-03-08", "2026-03-17", "2026-04-03"),  # a Sunday: four working days have passed
        ("2026-04-07", "2026-04-16", "2026-05-08"),  # 25 of them; 6 April and 1-5 May are off
    ],
)
def test_a_special_procedure_stops_the_clock(until: str, promised: str, statutory: str) -> None:
    world = scene("special_procedure")
    world.now = start_of_day_ms(until) + 10 * HOUR
    walk(world, "continue")
    case = world("case", RECORD)
    assert (case.promised_day, case.statutory_day, case.suspended_day) == (promised, statutory, None)
    assert world("document", "special-1").facts["reasons"] == ["需要听证"]


def test_an_extension_is_ten_days_once_with_a_reason_by_the_approver() -> None:
    world = scene("in_review")
    assert world.code(verbs.Extend(reason="", document="x"), RECORD, Role.APPROVER, scope=SCOPE) == "reasons_missing"
    walk(world, "extend")
    case = world("case", RECORD)
    assert (case.extended, case.promised_day, case.statutory_day) == (True, "2026-03-25", "2026-04-14")
    facts = world("document", "extension-1").facts
    assert (facts["due_on"], facts["decided_by"]) == ("2026-04-14", "孙某")
    assert refusal(step(world, "extend", tag="2")).code == "extended_already"


def test_a_note_is_never_in_the_way() -> None:
    world = scene("archived")
    assert isinstance(step(world, "note", role=Role.APPROVER), Effects)
    (note,) = world.find("case_note", case=RECORD)
    assert (note.staff, note.text) == (APPROVER, "电话说明")
    assert world.code(verbs.Note(note=note.id, text="另一句"), RECORD, scope=world("case", RECORD).scope) == "exists"
    assert world.code(verbs.Note(note="n-2", text=" "), RECORD, scope=world("case", RECORD).scope) == "words_missing"


WAY = {
    "receive": (Role.CLERK, "received"),
    "accept": (Role.CLERK, "accepted"),
    "step": (Role.CLERK, "in_review"),
    "submit": (Role.CLERK, "reviewed"),
    "decide": (Role.APPROVER, "decided"),
    "issue": (Role.CLERK, "issued"),
    "deliver": (Role.CLERK, "delivered"),
    "revoke": (Role.APPROVER, "revoked"),
}


def test_a_replica_foresees_each_step_of_the_way_without_numbers() -> None:
    """It holds the hall's base and the office's cases, no numbers, no ratings; a whole day's work can wait unsent."""
    world = scene("absent")
    for verb, (role, after) in WAY.items():
        by, device = PERSONS[role]
        op = world.operation(said(world, verb), RECORD, by=by, device=device, scope=SCOPE)
        preview = world.ask(op, role, authority=False, held={world.base, SCOPE})
        assert isinstance(preview, Effects), (verb, preview)
        world.apply(op, preview)
        assert state_of(world) == after
    assert {d.number for d in world.find("document")} == {None}
    assert world.find("number_series") == []
