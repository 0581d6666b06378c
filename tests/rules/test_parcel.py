"""双向快递: what lies in a parcel is known and was there; what came back opens the next way to deliver."""

from __future__ import annotations

from typing import Any

import pytest
from case_scene import CLERK, RECORD, SCOPE, scene, state_of, step
from parcel_scene import do
from world import World

from sync.calendar import day_of
from sync.protocol.verbs import case as cases
from sync.protocol.verbs.parcel import ParcelItem
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome, Refusal

DECISION = ParcelItem(what="document", id="decision-1")
FORM = ParcelItem(what="material", id="m-form-1", copies=2)


def code(outcome: Outcome) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def sent(world: World, *contents: ParcelItem, **how: Any) -> World:
    outcome = do(world, "send", **({"leg": "out", "contents": list(contents)} | how))
    assert isinstance(outcome, Effects), outcome
    return world


def delivered(world: World, tracking: str = "EX100") -> Outcome:
    told = {"tracking": tracking, "received": day_of(world.now)}
    args = cases.Deliver(receiver="李某", method="courier", details=told, document="delivery-1", invite="invite-1")
    return world.do(args, RECORD, Role.CLERK, by=CLERK, scope=SCOPE)


def test_the_contents_are_named_by_the_records() -> None:
    world = scene("issued")
    for state in ("missing", "waived"):
        world.seed("material", "m-form-1", scope=SCOPE, state=state)
        assert code(do(world, "send", leg="out", contents=[FORM])) == "parcel_no_original"
    world.seed("material", "m-form-1", scope=SCOPE, state="checked")
    sent(world, DECISION, FORM, ParcelItem(what="other", name=" 封套 "))
    assert [(item["name"], item["copies"]) for item in world("parcel", "parcel-1").contents] == [
        ("准予行政许可决定书 样例审批局准字(2026)第00001号", 1),
        ("申请书", 2),
        ("封套", 1),
    ]


@pytest.mark.parametrize(
    ("how", "refused"),
    [
        ({"contents": []}, "parcel_empty"),
        ({"contents": [ParcelItem(what="other", name=" ")]}, "parcel_empty"),
        ({"contents": [ParcelItem(what="other", name="件")] * 41}, "parcel_empty"),
        ({"contents": [ParcelItem(what="gold", name="金")]}, "bad_choice"),
        ({"contents": [ParcelItem(what="other", name="件", copies=0)]}, "bad_choice"),
        ({"contents": [ParcelItem(what="document", id="receipt-1")]}, "not_found"),
        ({"contents": [ParcelItem(what="material", id="another")]}, "not_found"),
        ({"leg": "back", "contents": [DECISION]}, "not_found"),
        ({"leg": "round"}, "bad_choice"),
        ({"tracking": " "}, "parcel_unnumbered"),
        ({"carrier": ""}, "parcel_unnumbered"),
        ({"receiver": ""}, "receiver_missing"),
    ],
)
def test_what_no_parcel_holds_is_refused(how: dict[str, Any], refused: str) -> None:
    assert code(do(scene("issued"), "send", **({"leg": "out"} | how))) == refused


def test_a_decision_goes_out_only_once_it_is_signed() -> None:
    assert code(do(scene("decided"), "send", leg="out", contents=[DECISION])) == "not_found"


def test_delivery_by_courier_is_the_arrival_of_its_parcel() -> None:
    world = scene("issued")
    assert code(delivered(world)) == "parcel_missing"
    sent(world, DECISION)
    assert code(delivered(world, "EX999")) == "parcel_missing"
    assert code(do(world, "arrive")) == "parcel_delivers"
    assert isinstance(delivered(world), Effects)
    parcel = world("parcel", "parcel-1")
    assert (parcel.state, parcel.day, state_of(world)) == ("arrived", day_of(world.now), "delivered")
    assert code(do(world, "fail")) == "state"


def test_the_receipt_says_no_more_than_lay_in_the_parcel() -> None:
    world = scene("issued")
    world.seed("document", "licence-1", scope=SCOPE, case=RECORD, kind="licence", state="valid", number="证1")
    world.seed("document", "licence-1", scope=SCOPE, facts={"licence": "食品经营许可证"})
    sent(world, DECISION)
    outcome = delivered(world)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.params) == ("parcel_lacks", {"papers": "食品经营许可证 证1"})


def test_a_parcel_that_came_back_opens_the_next_way() -> None:
    world = scene("issued")
    sent(world, DECISION)
    assert code(do(world, "send", leg="out", id="parcel-2", contents=[DECISION])) == "parcel_known"
    assert isinstance(do(world, "fail", reason="拒收"), Effects)
    [attempt] = world.find("delivery_attempt", case=RECORD)
    assert (attempt.method, attempt.reason) == ("courier", "拒收 (邮政 EX100)")
    refused = step(world, "post")
    assert isinstance(refused, Refusal)
    assert refused.params == {"ways": "直接送达"}, "the courier's way has been tried"
    sent(world, DECISION, id="parcel-2", tracking="EX101")
    assert isinstance(delivered(world, "EX101"), Effects)


@pytest.mark.parametrize(("name", "leg", "item"), [("lose", "out", DECISION), ("fail", "back", None)])
def test_what_is_lost_or_never_came_is_no_failed_delivery(name: str, leg: str, item: ParcelItem | None) -> None:
    world = scene("issued")
    sent(world, item or ParcelItem(what="other", name="旧证"), leg=leg)
    assert isinstance(do(world, name), Effects)
    assert not world.find("delivery_attempt", case=RECORD)


def test_a_day_lies_between_the_sending_and_today() -> None:
    world = sent(scene("issued"), ParcelItem(what="other", name="旧证"), leg="back")
    for day in ("昨天", "2026-2-30", "1999-01-01", "2999-01-01"):
        assert code(do(world, "arrive", day=day)) == "bad_day"
        assert code(do(world, "fail", day=day)) == "bad_day"
    assert code(do(world, "arrive", case="case-2")) == "not_found"
