"""Fields: what merges, what clashes, and how a person settles it. Nothing is overwritten silently."""

from __future__ import annotations

import pytest
from case_scene import APPROVER, CLERK, COLLEAGUE, RECORD, SCOPE, scene, state_of, step, walk
from conflict_scene import AUTHOR, clash, decide
from hypothesis import given
from hypothesis import strategies as st
from test_case_intake import refusal
from world import World

from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.outcome import Conflict, Effects, Outcome


def edit(world: World, field: str, was: str | None, value: str | None, by: str = CLERK, device: str = "d1") -> Outcome:
    return world.do(verbs.Edit(field=field, was=was, value=value), RECORD, by=by, device=device, scope=SCOPE)


def value_of(world: World, field: str = "address") -> str | None:
    case = world("case", RECORD)
    found: str | None = getattr(case, field) if field.startswith("applicant") else case.form.get(field)
    return found


def test_different_fields_merge() -> None:
    world = scene("in_review")
    assert isinstance(edit(world, "address", "振华路1号", "振华路2号"), Effects)
    assert isinstance(edit(world, "phone", "13900000021", "13900000022", COLLEAGUE, "d2"), Effects)
    assert isinstance(edit(world, "applicant", "样例公司", "样例有限公司", COLLEAGUE, "d2"), Effects)
    assert world("case", RECORD).form == {"address": "振华路2号", "phone": "13900000022"}
    assert world("field_write", f"{RECORD}/phone").staff == COLLEAGUE
    assert value_of(world, "applicant") == "样例有限公司"


def test_the_same_value_twice_and_a_value_that_came_back_do_not_clash() -> None:
    world = scene("in_review")
    assert isinstance(edit(world, "phone", "13900000021", "9"), Effects)
    assert isinstance(edit(world, "phone", "13900000021", "9", COLLEAGUE, "d2"), Effects)
    assert isinstance(edit(world, "phone", "9", "13900000021"), Effects)
    assert isinstance(edit(world, "phone", "13900000021", "7", COLLEAGUE, "d2"), Effects)
    assert world.find("conflict") == []


def test_a_field_can_be_new_and_can_be_emptied_but_not_the_applicant() -> None:
    world = scene("in_review")
    assert isinstance(edit(world, "capital", None, "300"), Effects)
    assert isinstance(edit(world, "capital", "300", None), Effects)
    assert "capital" not in world("case", RECORD).form
    assert refusal(edit(world, "applicant", "样例公司", " ")).code == "applicant_missing"


def test_a_clash_keeps_both_values_with_their_authors() -> None:
    world = scene("in_review")
    world.now += 60_000
    id = clash(world)
    conflict = world("conflict", id)
    assert (conflict.base, conflict.theirs, conflict.mine) == ("振华路1号", "振华路2号", "振华路3号")
    assert (conflict.theirs_by, conflict.theirs_at) == (COLLEAGUE, world.now)
    assert (conflict.mine_by, conflict.mine_at, conflict.scope) == (AUTHOR, world.now, SCOPE)
    assert value_of(world) == "振华路2号"
    first = edit(world, "phone", "000", "111", AUTHOR, "d5")  # nobody has written it since the case was received
    assert isinstance(first, Conflict)
    assert world("conflict", str(first.params["conflict"])).theirs_by == CLERK


@pytest.mark.parametrize(
    ("choice", "after"), [("theirs", "振华路2号"), ("mine", "振华路3号"), ("third", "振华路4号"), ("back", "振华路2号")]
)
@pytest.mark.parametrize("by", [AUTHOR, CLERK])
def test_its_author_or_the_owner_decides(choice: str, after: str, by: str) -> None:
    world = scene("in_review")
    id = clash(world)
    assert isinstance(decide(world, id, choice, by, value="振华路4号"), Effects)
    conflict = world("conflict", id)
    assert (conflict.state, conflict.choice, conflict.value, conflict.decided_by) == ("decided", choice, after, by)
    assert (conflict.theirs, conflict.mine, value_of(world)) == ("振华路2号", "振华路3号", after)
    writer = world("field_write", f"{RECORD}/address").staff
    assert writer == (by if choice in ("mine", "third") else COLLEAGUE)


def test_others_do_not_decide_and_an_approver_only_sends_back() -> None:
    world = scene("in_review")
    id = clash(world)
    walk(world, "submit")
    assert refusal(decide(world, id, "theirs", COLLEAGUE)).code == "not_yours"
    assert refusal(decide(world, id, "back", COLLEAGUE)).code == "not_yours"
    assert refusal(decide(world, id, "mine", APPROVER, Role.APPROVER)).code == "not_yours"
    assert refusal(decide(world, id, "third", AUTHOR)).code == "value_missing"
    assert refusal(decide(world, id, "coin", AUTHOR)).code == "bad_choice"
    assert isinstance(decide(world, id, "back", APPROVER, Role.APPROVER), Effects)
    assert state_of(world) == "in_review"
    assert isinstance(step(world, "submit"), Effects)


def test_after_the_review_a_field_stands_still_but_a_clash_is_heard() -> None:
    world = scene("in_review")
    edit(world, "address", "振华路1号", "振华路2号")
    walk(world, "submit", "decide")
    assert refusal(edit(world, "phone", "13900000021", "2")).code == "state"
    late = edit(world, "address", "振华路1号", "振华路3号", AUTHOR, "d5")
    assert isinstance(late, Conflict)
    id = str(late.params["conflict"])
    assert refusal(decide(world, id, "mine")).code == "state"
    assert refusal(decide(world, id, "back")).code == "state"  # the right to issue is out: reopen at its device
    assert isinstance(decide(world, id, "theirs"), Effects)


def test_a_conflict_of_another_case_is_not_found() -> None:
    world = scene("in_review")
    id = clash(world)
    walk(world, "receive", id="case-2", tag="2")
    args = verbs.DecideConflict(case="case-2", choice="mine")
    assert world.code(args, id, by=CLERK, scope=SCOPE) == "not_found"


def test_who_settles_one_of_two_changes_what_the_other_is_against() -> None:
    world = scene("in_review")
    first = clash(world, "振华路3号")
    second = edit(world, "address", "振华路1号", "振华路5号", "0312", "d6")
    assert isinstance(second, Conflict)
    decide(world, first, "mine")
    other = world("conflict", str(second.params["conflict"]))
    assert (other.theirs, other.theirs_by, other.mine, other.state) == ("振华路3号", AUTHOR, "振华路5号", "open")


VALUES = st.sampled_from([None, "a", "b", "c"])


@given(st.lists(st.tuples(st.integers(0, 2), VALUES, VALUES), max_size=12))
def test_no_value_is_lost(edits: list[tuple[int, str | None, str | None]]) -> None:
    """Each accepted edit found what its author saw, or the same value; each other one is kept in a conflict."""
    world = scene("in_review")
    value: str | None = None
    kept: list[tuple[str | None, str | None, str | None]] = []
    for person, was, new in edits:
        outcome = edit(world, "capital", was, new, f"05{person}", f"d{person}")
        if value in (was, new):
            assert isinstance(outcome, Effects)
            value = new
        else:
            assert isinstance(outcome, Conflict)
            kept.append((was, new, f"05{person}"))
        assert value_of(world, "capital") == value
    found = [(c.base, c.mine, c.mine_by) for c in world.find("conflict", field="capital")]
    assert sorted(map(str, found)) == sorted(map(str, kept))
    assert all(c.theirs == value for c in world.find("conflict", field="capital"))
