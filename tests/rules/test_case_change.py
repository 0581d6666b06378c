"""变更: a decision that lists every change and the licence anew, together; the old one superseded by signature."""

from __future__ import annotations

from typing import Any

import pytest
from case_scene import APPROVER, CLERK, RECORD, SCOPE, ripen, step, walk
from document_scene import register
from test_case_intake import refusal
from test_case_licence import licence, licensing
from world import World

from sync.calendar import day_of
from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.case.change import CHANGEABLE
from sync.rules.outcome import Effects, Outcome

NEW = {"address": "振华路2号", "legal_representative": " 钱某 ", "addressee": "样例新公司"}


def delivered() -> World:
    """A case with a licence, both handed over."""
    world = licensing(address="振华路1号", business_scope="餐饮服务")
    walk(world, "issue")
    register(world, "d", id=licence(world).id)
    world.now += 1000
    walk(world, "deliver")
    world.now += 1000
    return world


def change(world: World, tag: str = "1", *, by: str = APPROVER, **how: Any) -> Outcome:
    old = next(d for d in world.find("document", kind="licence") if d.state == "valid")
    told: dict[str, Any] = {"licence": old.id, "changes": NEW, "reason": "股东会决议\n迁址"} | how
    args = verbs.Change(document=f"change-{tag}", reissue=f"reissue-{tag}", **told)
    return world.do(args, RECORD, Role.APPROVER, by=by, device="d9", scope=SCOPE)


def test_both_papers_say_what_changes_and_hold_as_long_as_before() -> None:
    world = delivered()
    old = licence(world)
    assert isinstance(change(world), Effects)
    decision, new = world("document", "change-1"), world("document", "reissue-1")
    assert decision.facts["changed"] == [
        {"what": "名称", "was": "样例公司", "now": "样例新公司"},
        {"what": "法定代表人（负责人）", "was": "", "now": "钱某"},
        {"what": "住所（经营场所）", "was": "振华路1号", "now": "振华路2号"},
    ]
    assert (decision.facts["addressee"], decision.facts["decided_by"]) == ("样例公司", "孙某")
    assert (decision.facts["licence_number"], decision.facts["replaces"]) == (new.number, old.number)
    assert decision.facts["reasons"] == ["股东会决议", "迁址"]
    kept = ("licence", "valid_from", "valid_until", "business_scope", "applicant_code")
    assert all(new.facts[name] == old.facts[name] for name in kept)
    assert (new.facts["addressee"], new.facts["address"], new.facts["replaces"]) == (
        "样例新公司",
        "振华路2号",
        old.number,
    )
    assert (decision.state, new.state, world("document", old.id).state) == ("prepared", "prepared", "valid")
    case = world("case", RECORD)
    assert (case.state, case.applicant, case.form["address"]) == ("issued", "样例新公司", "振华路2号")
    assert case.delivery_day == world.calendar.add_working_days(day_of(world.now), 10).day


def test_the_old_licence_is_superseded_when_the_new_one_is_signed_and_both_are_delivered() -> None:
    world = delivered()
    old = licence(world)
    change(world)
    assert refusal(step(world, "deliver", tag="2")).code == "licence_unsigned"
    register(world, "e", id="reissue-1")
    assert world("document", old.id).state == "superseded"
    assert refusal(step(world, "deliver", tag="2")).code == "licence_unsigned"
    register(world, "f", id="change-1")
    walk(world, "deliver", tag="2")
    assert world("document", "delivery-2").facts["delivered"] == [
        "准予变更行政许可决定书 样例审批局变字(2026)第00001号",
        "食品经营许可证 样例审批局证字(2026)第00002号",
    ], "what was delivered before is not delivered again"


def test_a_change_that_nobody_signed_gives_way_to_the_next() -> None:
    world = delivered()
    old = licence(world)
    change(world)
    assert isinstance(change(world, "2", changes={"address": "振华路3号"}), Effects)
    assert {world("document", f"{name}-1").state for name in ("change", "reissue")} == {"void"}
    assert sorted(row.number for row in world.find("void_number", reason="changed")) == [
        "样例审批局变字(2026)第00001号",
        "样例审批局证字(2026)第00002号",
    ]
    register(world, "e", id="reissue-2")
    assert world("document", old.id).superseded_by == "reissue-2"


@pytest.mark.parametrize(("signed", "other"), [("change-1", "reissue-1"), ("reissue-1", "change-1")])
def test_a_change_of_which_one_paper_is_signed_comes_to_its_end_first(signed: str, other: str) -> None:
    world = delivered()
    change(world)
    register(world, "e", id=signed)
    assert refusal(change(world, "2", changes={"address": "振华路3号"})).code == "change_unsigned"
    register(world, "f", id=other)
    assert isinstance(change(world, "2", changes={"address": "振华路3号"}), Effects)


def test_a_licence_that_is_being_changed_is_not_corrected_meanwhile() -> None:
    world = delivered()
    old = licence(world)
    change(world)
    args = verbs.Amend(
        corrects=old.id, kind="licence", document="new-1", changes={"address": "振华路9号"}, reason="门牌有误"
    )
    how: dict[str, Any] = {"by": APPROVER, "device": "d9", "scope": SCOPE}
    assert refusal(world.do(args, RECORD, Role.APPROVER, **how)).code == "change_pending"
    assert {world("document", f"{name}-1").state for name in ("change", "reissue")} == {"prepared"}
    register(world, "e", id="reissue-1")
    register(world, "f", id="change-1")
    args = verbs.Amend(
        corrects="reissue-1", kind="licence", document="new-1", changes={"address": "振华路9号"}, reason="门牌有误"
    )
    assert isinstance(world.do(args, RECORD, Role.APPROVER, **how), Effects)


def test_what_failed_before_the_last_delivery_opens_no_notice_for_a_change() -> None:
    world = licensing(address="振华路1号")
    walk(world, "issue")
    register(world, "d", id=licence(world).id)
    ripen(world, "post")
    walk(world, "deliver")
    world.now += 1000
    change(world)
    register(world, "e", id="reissue-1")
    register(world, "f", id="change-1")
    assert refusal(step(world, "post", tag="2")).code == "notice_too_early", "nobody has tried to deliver these papers"
    ripen(world, "post")
    assert isinstance(step(world, "post", tag="2"), Effects)


@pytest.mark.parametrize("verb", ["revoke", "cancel"])
def test_a_permit_that_ends_takes_its_changes_along(verb: str) -> None:
    world = delivered()
    change(world)
    register(world, "e", id="change-1")
    walk(world, verb, tag="2")
    assert (world("document", "change-1").state, world("document", "reissue-1").state) == ("revoked", "void")


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"by": CLERK}, "same_person"),
        ({"licence": "decision-1"}, "not_found"),
        ({"licence": "none"}, "not_found"),
        ({"reason": " "}, "reasons_missing"),
        ({"changes": {}}, "nothing_corrected"),
        ({"changes": {"address": " 振华路1号 "}}, "nothing_corrected"),
        ({"changes": {"valid_until": "2099-01-01"}}, "bad_choice"),
        ({"changes": {"address": " "}}, "bad_choice"),
        ({"changes": {"address": "路" * 2001}}, "bad_choice"),
    ],
)
def test_what_is_no_change_is_refused(how: dict[str, Any], code: str) -> None:
    assert refusal(change(delivered(), **how)).code == code


def test_any_set_of_fields_changes_at_once() -> None:
    world = delivered()
    for chosen in range(1, 1 << len(CHANGEABLE)):
        names = [name for at, name in enumerate(CHANGEABLE) if chosen >> at & 1]
        world.seed("case", RECORD, scope=SCOPE, applicant="样例公司")
        assert isinstance(change(world, f"n{chosen}", changes={name: f"新{name}" for name in names}), Effects)
        said = world("document", f"change-n{chosen}").facts["changed"]
        assert [line["now"] for line in said] == [f"新{name}" for name in names]


def test_the_licence_of_another_case_is_none_of_ours() -> None:
    world = delivered()
    world.seed("document", "theirs", scope=SCOPE, case="case-2", kind="licence", state="valid", facts={})
    assert refusal(change(world, licence="theirs")).code == "not_found"
