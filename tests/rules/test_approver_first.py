"""Where the approver signs too: who, when, with which certificate, and what the seal waits for."""

from __future__ import annotations

import pytest
from case_scene import APPROVER, CLERK, RECORD, SCOPE, digest, scene, signed, step, walk
from conflict_scene import decide
from document_scene import SERIAL, approve, waive
from test_case_intake import refusal
from world import MINUTE, World

from sync.protocol.verbs import case as verbs
from sync.protocol.verbs.staff import PutSetting, PutStaff
from sync.records.states import Role
from sync.rules.approval import serial_of
from sync.rules.outcome import Effects

DECISION = "decision-1"


def decided(*names: str) -> World:
    """Decided where the approver signs too; `names` is what the administrator has put."""
    world = scene("reviewed")
    world.seed("site", "main", name="大厅", kind="hall")
    world.seed("matter", "m-2", **world("matter", "m-1").body)
    setting = PutSetting(value=list(names or ("grant_decision",)))
    world.must(setting, "approver_signs", Role.ADMIN, by="0001", scope=world.base)
    person = PutStaff(name="孙某", site="main", certificate="00:4A:19")
    world.must(person, APPROVER, Role.ADMIN, by="0001", scope=world.base)
    walk(world, "decide")
    return world


@pytest.mark.parametrize(
    ("names", "approver"),
    [(["grant_decision"], APPROVER), (["refusal_decision"], None), (["m-1"], APPROVER), (["m-2"], None)],
)
def test_the_setting_says_whose_decisions(names: list[str], approver: str | None) -> None:
    world = decided(*names)
    assert world("document", DECISION).approver == approver
    assert world("document", "receipt-1").approver is None


def test_the_seal_waits_for_the_approver_and_then_follows() -> None:
    world = decided()
    assert refusal(step(world, "issue")).params == {"staff": APPROVER}
    assert isinstance(approve(world, id=DECISION), Effects)
    row = world("document", DECISION)
    assert (row.approval, row.approval_serial, row.approval_at, row.state) == (
        digest("e"),
        SERIAL,
        world.now,
        "prepared",
    )
    assert isinstance(step(world, "issue"), Effects)
    assert world("document", DECISION).alone is None


def test_nobody_signs_twice_or_for_another() -> None:
    world = decided()
    assert refusal(approve(world, id=DECISION, by="0216")).code == "not_approver"
    assert isinstance(approve(world, id=DECISION), Effects)
    assert refusal(approve(world, id=DECISION)).code == "approved_already"
    assert refusal(waive(world, id=DECISION)).code == "approved_already"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"serial": "4a20"}, "certificate_not_yours"),
        ({"serial": ""}, "certificate_not_yours"),
        ({"digest": "e" * 64}, "document_changed"),
        ({"sha256": "no digest"}, "bad_file"),
        ({"size": 0}, "bad_file"),
        ({"case": "case-2"}, "not_found"),
        ({"scope": "licang:case/food"}, "moved"),
    ],
)
def test_another_certificate_paper_or_place_is_refused(changes: dict[str, object], code: str) -> None:
    assert refusal(approve(decided(), id=DECISION, **changes)).code == code  # type: ignore[arg-type]


def test_whose_certificate_nobody_has_noted_cannot_sign() -> None:
    world = decided()
    world.must(PutStaff(name="孙某", site="main"), APPROVER, Role.ADMIN, by="0001", scope=world.base)
    assert refusal(approve(world, id=DECISION)).code == "certificate_not_yours"


def test_an_open_conflict_blocks_the_signature() -> None:
    world = decided()
    late = verbs.Edit(field="address", was="振华路9号", value="振华路2号")
    world.do(late, RECORD, by="0309", device="d5", scope=SCOPE)
    [waiting] = world.find("conflict", state="open")
    assert refusal(approve(world, id=DECISION)).code == "open_conflict"
    decide(world, waiting.id, "theirs")
    assert isinstance(approve(world, id=DECISION), Effects)


def test_a_case_that_went_back_takes_no_signature_and_its_next_decision_waits_anew() -> None:
    world = decided()
    walk(world, "reopen")
    assert refusal(approve(world, id=DECISION)).code == "state"
    walk(world, "submit")
    assert isinstance(step(world, "decide", tag="2"), Effects)
    assert world("document", "decision-2").approver == APPROVER
    assert refusal(approve(world, id="decision-2", digest="0" * 64)).code == "document_changed"
    assert isinstance(approve(world, id="decision-2"), Effects)


def test_without_a_time_stamp_the_approver_lets_the_seal_stand_alone() -> None:
    world = decided()
    assert isinstance(waive(world, id=DECISION), Effects)
    assert refusal(approve(world, id=DECISION)).code == "approved_already"
    assert isinstance(step(world, "issue"), Effects)
    assert world("document", DECISION).alone == "no_stamp"


def test_without_a_network_the_seal_stands_alone_and_the_registry_says_so() -> None:
    world = decided()
    args = verbs.Issue(authorisation="right-1", signed=offline(world, "offline"))
    said = world.now
    world.now += MINUTE
    issued = world.do(args, RECORD, Role.CLERK, by=CLERK, device="d1", scope=SCOPE, judged=said)
    assert isinstance(issued, Effects)
    assert world("document", DECISION).alone == "offline"


def test_a_seal_said_to_be_set_offline_is_doubted_where_the_centre_heard_of_it_at_once() -> None:
    world = decided()
    args = verbs.Issue(authorisation="right-1", signed=offline(world, "offline"))
    said = world.now
    world.now += MINUTE - 1
    issued = world.do(args, RECORD, Role.CLERK, by=CLERK, device="d1", scope=SCOPE, judged=said)
    assert isinstance(issued, Effects), "the paper may be in somebody's hands"
    assert world("document", DECISION).alone == "doubted"


def test_a_window_sees_what_it_said_until_the_centre_has_judged() -> None:
    world = decided()
    op = world.operation(verbs.Issue(authorisation="right-1", signed=offline(world, "offline")), RECORD, scope=SCOPE)
    preview = world.ask(op, Role.CLERK, authority=False)
    assert isinstance(preview, Effects)
    [change] = [each for each in preview.changes if each.table == "document" and each.id == DECISION]
    assert change.set is not None
    assert change.set["alone"] == "offline"


@pytest.mark.parametrize("name", ["grant_decison", "licence", "m-99"])
def test_a_name_that_is_no_decision_and_no_matter_is_refused_with_what_there_is(name: str) -> None:
    world = decided()
    said = PutSetting(value=["refusal_decision", name])
    outcome = world.do(said, "approver_signs", Role.ADMIN, by="0001", scope=world.base)
    assert refusal(outcome).code == "unknown_decisions"
    told = refusal(outcome).params
    assert (told["field"], told["unknown"]) == ("approver_signs", name)
    assert told["kinds"] == "grant_decision, refusal_decision"


def offline(world: World, alone: str) -> verbs.SignedFile:
    told = {name: getattr(signed("a", world.now), name) for name in verbs.SignedFile.__struct_fields__}
    return verbs.SignedFile(**told | {"alone": alone})


def test_why_a_seal_stands_alone_is_one_of_the_known_words_and_only_where_a_signature_was_wanted() -> None:
    for world, alone in ((decided(), "in a hurry"), (scene("decided"), "offline")):
        args = verbs.Issue(authorisation="right-1", signed=offline(world, alone))
        assert world.code(args, RECORD, Role.CLERK, by=CLERK, device="d1", scope=SCOPE) == "bad_choice"


def test_a_correction_of_a_decision_waits_for_its_approver_too() -> None:
    world = decided()
    assert isinstance(approve(world, id=DECISION), Effects)
    walk(world, "issue")
    args = verbs.Amend(
        corrects=DECISION, kind="grant_decision", changes={"addressee": "另一公司"}, reason="名称有误", document="new-1"
    )
    assert isinstance(world.do(args, RECORD, Role.APPROVER, by=APPROVER, device="d9", scope=SCOPE), Effects)
    register = verbs.Register(signed=signed("c", world.now))
    assert world.code(register, "new-1", Role.CLERK, by=CLERK, scope=SCOPE) == "awaits_approver"
    assert isinstance(approve(world, id="new-1"), Effects)
    assert isinstance(world.do(register, "new-1", Role.CLERK, by=CLERK, scope=SCOPE), Effects)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("4A:19", "4a19"), (" 004a19 ", "4a19"), ("0", "0"), ("", ""), ("4G", ""), ("a" * 41, "")],
)
def test_a_serial_number_is_kept_in_one_form(text: str, kept: str) -> None:
    assert serial_of(text) == kept
