"""A licence is numbered with its decision, signed once that is issued, and ends with it."""

from __future__ import annotations

from typing import Any

import pytest
from case_scene import RECORD, hall, scene, step, walk
from document_scene import register
from test_case_intake import refusal
from world import World

from sync.rules.paper import known_as


def licensing(years: int = 5, **form: str) -> World:
    world = hall()
    world.seed("matter", "m-1", scope=world.base, licence="食品经营许可证", licence_years=years)
    walk(world, "receive")
    if form:
        world.seed("case", RECORD, scope=world("case", RECORD).scope, form=form)
    return walk(world, "accept", "submit", "decide")


def licence(world: World) -> Any:
    (row,) = world.find("document", kind="licence")
    return row


def test_number_and_days_are_there_with_the_decision() -> None:
    world = licensing(business_scope="餐饮服务", address="振华路1号", phone="13900000021")
    row, decision = licence(world), world("document", "decision-1")
    assert (row.state, row.number) == ("reserved", "样例审批局证字(2026)第00001号")
    assert (row.facts["valid_from"], row.facts["valid_until"]) == ("2026-03-02", "2031-03-01")
    assert (row.facts["address"], row.facts["business_scope"], row.facts["applicant_code"]) == (
        "振华路1号",
        "餐饮服务",
        "CODE",
    )
    assert "phone" not in row.facts
    told = decision.facts
    assert (told["licence"], told["licence_number"], told["granted"]) == ("食品经营许可证", row.number, "餐饮服务")
    assert told["valid_until"] == "2031-03-01"


def test_a_licence_without_end_and_a_matter_without_a_licence() -> None:
    assert licence(licensing(years=0)).facts["valid_until"] == ""
    assert scene("decided").find("document", kind="licence") == []
    refused = scene("reviewed")
    refused.seed("matter", "m-1", scope=refused.base, licence="食品经营许可证", licence_years=5)
    walk(refused, "deny")
    assert refused.find("document", kind="licence") == []


def test_what_the_receipt_did_not_promise_is_not_given() -> None:
    world = scene("reviewed")
    world.seed("matter", "m-1", scope=world.base, licence="食品经营许可证", licence_years=5)
    assert walk(world, "decide").find("document", kind="licence") == []


def test_nobody_signs_a_licence_before_its_decision_is_issued() -> None:
    world = licensing()
    id = licence(world).id
    assert refusal(register(world, "d", id=id)).code == "state"
    walk(world, "issue")
    assert refusal(step(world, "deliver")).code == "licence_unsigned"
    register(world, "d", id=id)
    walk(world, "deliver")
    (receipt,) = world.find("document", kind="delivery_receipt")
    assert receipt.facts["delivered"] == [
        "准予行政许可决定书 样例审批局准字(2026)第00001号",
        "食品经营许可证 样例审批局证字(2026)第00001号",
    ]


def test_a_decision_that_is_reopened_voids_the_licence_too() -> None:
    world = licensing()
    walk(world, "reopen")
    assert licence(world).state == "void"
    assert sorted(row.number for row in world.find("void_number")) == [
        "样例审批局准字(2026)第00001号",
        "样例审批局证字(2026)第00001号",
    ]


@pytest.mark.parametrize("verb", ["revoke", "cancel"])
def test_a_permit_that_ends_takes_its_licence_along(verb: str) -> None:
    valid = walk(licensing(), "issue")
    register(valid, "d", id=licence(valid).id)
    assert licence(walk(valid, verb)).state == "revoked"
    unsigned = walk(licensing(), "issue", verb)
    assert licence(unsigned).state == "void"
    assert [row.reason for row in unsigned.find("void_number")] == [verb]
    (paper,) = unsigned.find("document", kind={"revoke": "revocation", "cancel": "cancellation"}[verb])
    assert paper.state == "prepared"


def test_citizens_know_a_case_without_the_office() -> None:
    scope = "licang:case/registration"
    assert known_as("registration-20260302-0001", scope) == "20260302-0001"
    assert known_as("20260302-registration-0001", scope) == "20260302-registration-0001"
    assert known_as(None, scope) is None
    assert known_as("registration", scope) == "registration"
