"""Files that show what was put right: who may name one, when, and what it must be."""

from __future__ import annotations

from typing import Any

import pytest
from ledger_scene import COLLEAGUE, HANDLER, RECORD, scene, step
from world import World

from sync.protocol.verbs import rating as verbs
from sync.records.states import Role
from sync.rules.outcome import Effects, Outcome, Refusal

PHOTO: dict[str, Any] = {"name": "照片.jpg", "sha256": "ab" * 32, "size": 20_000, "media_type": "image/jpeg"}


def attach(world: World, file: str = "e-1", *, by: str = HANDLER, **other: Any) -> Outcome:
    args = verbs.AttachEvidence(file=file, **(PHOTO | other))
    return world.do(args, RECORD, Role.CALLBACK, by=by, scope=world.callback)


def code(outcome: Outcome) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def test_a_file_is_named_at_once_and_arrives_when_it_does() -> None:
    world = scene("rectifying")
    assert isinstance(attach(world), Effects)
    file = world("evidence", "e-1")
    assert (file.entry, file.name, file.arrived, file.staff, file.scope) == (
        RECORD,
        "照片.jpg",
        False,
        HANDLER,
        world.callback,
    )
    arrived = verbs.EvidenceArrived(sha256="cd" * 32)
    assert world.code(arrived, "e-1", Role.CLOCK, by="clock", scope=world.callback) == "other_file"
    world.must(verbs.EvidenceArrived(sha256="ab" * 32), "e-1", Role.CLOCK, by="clock", scope=world.callback)
    assert world("evidence", "e-1").arrived
    assert world("rectification", RECORD).state == "rectifying"


def test_its_handler_alone_and_no_more_than_nine() -> None:
    world = scene("rectified")
    assert code(attach(world, by=COLLEAGUE)) == "not_handler"
    assert code(attach(world, by="0307")) == "same_person"
    for n in range(9):
        assert isinstance(attach(world, f"e-{n}"), Effects)
    assert code(attach(world, "e-9")) == "too_many"
    assert code(attach(world, "e-0")) == "exists"


def detach(world: World, file: str = "e-1", *, by: str = HANDLER, reason: str = "附错了人") -> Outcome:
    args = verbs.DetachEvidence(file=file, reason=reason)
    return world.do(args, RECORD, Role.CALLBACK, by=by, scope=world.callback)


def test_what_was_attached_by_mistake_is_taken_back_and_its_line_stays() -> None:
    world = scene("rectifying")
    attach(world)
    world.must(verbs.EvidenceArrived(sha256="ab" * 32), "e-1", Role.CLOCK, by="clock", scope=world.callback)
    assert code(detach(world, by=COLLEAGUE)) == "not_handler"
    assert code(detach(world, by="0307")) == "same_person"
    assert code(detach(world, reason=" ")) == "bad_value"
    assert isinstance(detach(world), Effects)
    file = world("evidence", "e-1")
    assert (file.sha256, file.arrived, file.name, file.back_why, file.staff) == (
        None,
        False,
        "照片.jpg",
        "附错了人",
        HANDLER,
    )
    assert code(detach(world)) == "exists"
    late = verbs.EvidenceArrived(sha256="ab" * 32)
    assert world.code(late, "e-1", Role.CLOCK, by="clock", scope=world.callback) == "other_file"


def test_what_a_second_callback_rested_on_stays_and_what_came_after_it_does_not() -> None:
    world = scene("rectifying")
    attach(world)
    for name in ("rectified", "second", "reopen"):
        step(world, name)
    assert code(detach(world)) == "evidence_seen"
    step(world, "plan")
    world.advance(1)
    attach(world, "e-2")
    assert isinstance(detach(world, "e-2"), Effects)


def test_nine_count_without_those_that_were_taken_back_and_no_more_lines_than_27() -> None:
    world = scene("rectifying")
    for n in range(9):
        attach(world, f"e-{n}")
    assert code(attach(world, "e-9")) == "too_many"
    detach(world, "e-0")
    assert isinstance(attach(world, "e-9"), Effects)
    for n in range(10, 27):
        detach(world, f"e-{n - 1}")
        assert isinstance(attach(world, f"e-{n}"), Effects)
    detach(world, "e-26")
    assert code(attach(world, "e-27")) == "too_many"


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ({"sha256": "AB" * 32}, "bad_file"),
        ({"sha256": "../x"}, "bad_file"),
        ({"size": 0}, "bad_file"),
        ({"media_type": "text/html"}, "bad_value"),
        ({"name": "  "}, "bad_value"),
        ({"name": "长" * 81}, "bad_value"),
    ],
)
def test_what_is_no_file_is_refused(other: dict[str, Any], refused: str) -> None:
    assert code(attach(scene("rectifying"), **other)) == refused
