"""Materials always merge: a file named, its arrival, a tick – whatever comes first."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from case_scene import CLERK, RECORD, SCOPE, digest, scene, step, walk
from hypothesis import given
from hypothesis import strategies as st
from material_scene import RECORD as CHARTER
from material_scene import attach, do, waive
from test_case_intake import refusal
from world import HALL

from sync.protocol.identifiers import scope_of
from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects

UNDECIDED = {"received", "need_correction", "corrected", "accepted", "in_review", "special_procedure", "reviewed"}


def test_a_file_on_a_listed_material_keeps_the_lists_own_words() -> None:
    world = scene("received")
    do(world, attach(name="别的", ordinal=9, required=True))
    row = world("material", CHARTER)
    assert (row.name, row.ordinal, row.required) == ("章程", 2, False)
    assert (row.state, row.sha256, row.arrived, row.staff) == ("received", digest("b"), False, CLERK)


def test_a_file_nobody_listed_is_a_material_of_its_own() -> None:
    world = scene("received")
    do(world, attach(name="照片", ordinal=3), id="m-photo")
    row = world("material", "m-photo")
    assert (row.case, row.name, row.ordinal, row.scope) == (RECORD, "照片", 3, SCOPE)


def test_another_file_takes_the_place_and_the_same_need_not_arrive_again() -> None:
    world = scene("received")
    do(world, attach("b"))
    do(world, verbs.Arrived(sha256=digest("b")), Role.CLOCK)
    do(world, attach("b"))
    assert world("material", CHARTER).arrived
    do(world, verbs.Check(state="defective", defect="缺页"))
    do(world, attach("c"))
    row = world("material", CHARTER)
    assert (row.state, row.defect, row.arrived) == ("received", None, False)
    assert refusal(do(world, verbs.Arrived(sha256=digest("b")), Role.CLOCK)).code == "other_file"


@pytest.mark.parametrize("columns", [{"letter": "x"}, {"size": -1}])
def test_a_file_has_a_digest_and_a_size(columns: dict[str, str]) -> None:
    assert refusal(do(scene("received"), attach(**columns))).code == "bad_file"


def test_a_material_belongs_to_one_case_and_one_scope() -> None:
    world = scene("received")
    walk(world, "receive", id="case-2", tag="2")
    assert refusal(do(world, attach(), id="m-charter-2")).code == "exists"
    elsewhere = scope_of(HALL, "case", "food")
    assert world.code(verbs.Check(state="checked"), CHARTER, scope=elsewhere) == "moved"
    assert world.code(attach(), CHARTER, scope=elsewhere) == "moved"
    assert refusal(do(world, verbs.Check(state="lost"))).code == "bad_choice"


@pytest.mark.parametrize("state", ["received", "reviewed", "decided", "issued", "archived", "withdrawn", "not_needed"])
def test_files_come_until_the_decision(state: str) -> None:
    outcome = do(scene(state), attach())
    if state in UNDECIDED:
        assert isinstance(outcome, Effects)
    else:
        assert refusal(outcome).code == ("moved" if state == "archived" else "state")


@given(st.permutations(["file", "photo", "tick", "note"]))
def test_the_order_makes_no_difference_to_what_is_there(order: list[str]) -> None:
    world = scene("received")
    steps = {
        "file": (attach("b"), "m-form-1"),
        "photo": (attach("c", name="照片", ordinal=3), "m-photo"),
        "tick": (verbs.Check(state="checked"), CHARTER),
        "note": (verbs.Note(note="n-1", text="电话说明"), RECORD),
    }
    for name in order:
        args, id = steps[name]
        assert isinstance(do(world, args, id=id), Effects)
    found = {row.id: (row.state, row.sha256) for row in world.find("material", case=RECORD)}
    assert found == {
        "m-form-1": ("received", digest("b")),
        "m-photo": ("received", digest("c")),
        CHARTER: ("checked", None),
    }
    assert [note.text for note in world.find("case_note")] == ["电话说明"]


def test_a_tick_and_an_arrival_do_not_undo_each_other() -> None:
    for first, second in itertools.permutations([verbs.Check(state="checked"), verbs.Arrived(sha256=digest("b"))]):
        world = scene("received")
        do(world, attach("b"))
        for args in (first, second):
            do(world, args, Role.CLOCK if isinstance(args, verbs.Arrived) else Role.CLERK)
        assert (world("material", CHARTER).state, world("material", CHARTER).arrived) == ("checked", True)


# -- 免提交


def test_a_waived_material_is_not_asked_for_and_the_notice_does_not_name_it() -> None:
    world = scene("received")
    world.seed("material", CHARTER, scope=SCOPE, required=True)
    assert refusal(step(world, "accept")).code == "material_missing"
    do(world, waive())
    walk(world, "accept")
    [notice] = [each for each in world.find("document") if each.kind == "acceptance_notice"]
    assert notice.facts["materials"] == []


def test_a_waived_material_that_is_handed_in_all_the_same_was_not_saved() -> None:
    world = scene("received")
    do(world, waive())
    do(world, waive("committed", "承诺书"))  # thought better of: one waiver a material
    [waiver] = world.find("proof_waiver")
    assert (waiver.id, waiver.way, waiver.source, waiver.staff) == (CHARTER, "committed", "承诺书", CLERK)
    do(world, attach())
    assert world("material", CHARTER).state == "received"
    assert refusal(do(world, waive())).code == "material_here"


@pytest.mark.parametrize(("way", "source", "code"), [("because", "x", "bad_choice"), ("verified", " ", "bad_value")])
def test_a_waiver_says_why_and_by_what(way: str, source: str, code: str) -> None:
    assert refusal(do(scene("received"), waive(way, source))).code == code


@pytest.mark.parametrize("state", ["decided", "withdrawn", "not_needed"])
def test_nothing_is_waived_outside_an_open_case(state: str) -> None:
    assert refusal(do(scene(state), waive())).code == "state"


@pytest.mark.parametrize("args", [waive(), attach()])
def test_a_case_without_a_name_is_no_case(args: verbs.Waive | verbs.Attach) -> None:
    assert refusal(do(scene("received"), msgspec.structs.replace(args, case=""))).code == "not_found"
