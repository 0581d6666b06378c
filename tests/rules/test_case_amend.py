"""更正: a signed paper is corrected by a new one, and nothing of the old one is touched but its state."""

from __future__ import annotations

from typing import Any

import pytest
from case_scene import RECORD, SCOPE, signed, step, walk
from case_scene import hall as case_hall
from document_scene import register
from world import World

from sync.protocol.verbs import case as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome, Refusal
from workstation.documents.papers import PaperData  # the same fields that the templates print

DECISION = "decision-1"


def amend(
    world: World, *, corrects: str = DECISION, kind: str = "grant_decision", new: str = "new-1", **told: Any
) -> Outcome:
    args = verbs.Amend(
        corrects=corrects,
        kind=kind,
        document=new,
        changes=told.get("changes", {"addressee": "样例有限公司"}),
        reason=told.get("reason", "名称有误"),
    )
    return world.do(args, RECORD, Role.APPROVER, by=told.get("by", "0215"), device="d9", scope=SCOPE)


@pytest.fixture
def issued() -> World:
    world = case_hall()
    world.seed("matter", "m-1", scope=world.base, licence="营业执照", licence_years=1)
    return walk(world, "receive", "accept", "submit", "decide", "issue")


def test_a_corrected_decision_has_a_number_of_its_own_and_says_what_it_replaces(issued: World) -> None:
    old = issued("document", DECISION)
    before = dict(old.facts)
    assert isinstance(amend(issued), Effects)
    new, old = issued("document", "new-1"), issued("document", DECISION)
    assert (new.state, new.kind) == ("prepared", "grant_decision")
    assert new.number not in (None, old.number)
    assert new.page not in (None, old.page)
    assert (new.facts["addressee"], new.facts["corrects"]) == ("样例有限公司", old.number)
    assert new.facts["correction_reason"] == "名称有误"
    assert new.facts["matter"] == before["matter"]
    assert set(new.facts) <= set(PaperData.__struct_fields__)
    assert (old.state, old.facts, old.superseded_by) == ("valid", before, "new-1")


def test_once_it_is_signed_the_old_one_is_superseded(issued: World) -> None:
    amend(issued)
    assert isinstance(register(issued, "e", id="new-1"), Effects)
    assert (issued("document", "new-1").state, issued("document", DECISION).state) == ("valid", "superseded")
    assert issued("document", DECISION).sha256 == signed("a", 0).sha256
    # and the newer one may turn out to be wrong, too
    assert isinstance(amend(issued, corrects="new-1", new="new-2", changes={"addressee": "第三公司"}), Effects)
    assert isinstance(register(issued, "f", id="new-2"), Effects)
    states = {id: issued("document", id).state for id in (DECISION, "new-1", "new-2")}
    assert states == {DECISION: "superseded", "new-1": "superseded", "new-2": "valid"}
    refused = amend(issued, new="new-3")
    assert isinstance(refused, Refusal)
    assert refused.code == "state"


def test_a_decision_that_corrects_nothing_still_needs_its_right() -> None:
    world = walk(case_hall(), "receive", "accept", "submit", "decide")
    refused = register(world, "e", id=DECISION)
    assert isinstance(refused, Refusal)
    assert refused.code == "needs_authorisation"


def test_a_second_try_voids_the_first_and_its_number(issued: World) -> None:
    amend(issued)
    number = issued("document", "new-1").number
    assert isinstance(amend(issued, new="new-2", reason="再改"), Effects)
    assert issued("document", "new-1").state == "void"
    (void,) = issued.find("void_number")
    assert (void.number, void.reason) == (number, "amended")
    assert issued("document", DECISION).superseded_by == "new-2"
    refused = register(issued, "e", id="new-1")
    assert isinstance(refused, Refusal)


def test_a_licence_is_corrected_after_its_issue_and_not_handed_over_before_it_is_signed(issued: World) -> None:
    (licence,) = issued.find("document", kind="licence")
    register(issued, "d", id=licence.id)
    assert isinstance(
        amend(issued, corrects=licence.id, kind="licence", changes={"valid_until": "2028-03-01"}), Effects
    )
    assert issued("document", "new-1").state == "prepared"
    refused = step(issued, "deliver")
    assert isinstance(refused, Refusal)
    assert refused.code == "licence_unsigned"
    register(issued, "e", id="new-1")
    assert isinstance(step(issued, "deliver"), Effects)


@pytest.mark.parametrize("verb", ["revoke", "cancel"])
def test_a_permit_that_ends_takes_its_unsigned_correction_along(verb: str, issued: World) -> None:
    amend(issued)
    walk(issued, verb)
    assert (issued("document", "new-1").state, issued("document", DECISION).state) == ("void", "revoked")
    (void,) = issued.find("void_number", number=issued("document", "new-1").number)
    assert void.reason == verb


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"changes": {}}, "nothing_corrected"),
        ({"changes": {"addressee": "样例公司"}}, "nothing_corrected"),
        ({"changes": {"matter": "另一事项"}}, "bad_choice"),
        ({"changes": {"dated_at": "1"}}, "bad_choice"),
        ({"changes": {"capital": "十万元"}}, "bad_choice"),  # the paper says nothing of it
        ({"changes": {"addressee": " "}}, "bad_choice"),
        ({"changes": {"addressee": "长" * 3000}}, "bad_choice"),
        ({"reason": " "}, "reasons_missing"),
        ({"kind": "licence"}, "not_found"),
        ({"corrects": "nothing"}, "not_found"),
        ({"new": DECISION}, "exists"),
    ],
)
def test_what_is_no_correction_is_refused(told: dict[str, Any], code: str, issued: World) -> None:
    refused = amend(issued, **told)
    assert isinstance(refused, Refusal)
    assert refused.code == code


def test_nothing_is_corrected_while_a_right_to_issue_is_out() -> None:
    world = walk(case_hall(), "receive", "accept", "submit", "decide")
    register(world, "d", id="receipt-1")
    refused = amend(world, corrects="receipt-1", kind="material_receipt")
    assert isinstance(refused, Refusal)
    assert refused.code == "authorisation_out"


def test_paragraphs_stay_paragraphs() -> None:
    world = walk(case_hall(), "receive", "accept", "submit", "deny", "issue")
    told: dict[str, Any] = {"kind": "refusal_decision", "changes": {"reasons": "材料不实\n\n场所不符合条件"}}
    assert isinstance(amend(world, **told), Effects)
    assert world("document", "new-1").facts["reasons"] == ["材料不实", "场所不符合条件"]
