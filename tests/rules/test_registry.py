"""The registry knows a paper by its signature, and every file of it that was handed out."""

from __future__ import annotations

import pytest
from case_scene import digest
from document_scene import OTHER, RECORD, augment, scene, stay, take_up

from sync.records.settings import DAY, HOUR
from sync.rules.outcome import Effects, Outcome, Refusal
from sync.rules.raising import BEFORE
from sync.rules.registry import FILES, LATELY, OF_ONE, WITHIN, level_of_file

YEAR = 365 * DAY


def test_every_file_that_was_handed_out_stays_known() -> None:
    world = scene("valid")
    for letter, level in (("d", "B-T"), ("e", "B-LTA"), ("f", "B-LTA")):
        assert isinstance(augment(world, level=level, sha256=digest(letter)), Effects)
    row = world("document", RECORD)
    assert [level_of_file(row.files, digest(letter)) for letter in "cdefg"] == ["B-B", "B-T", "B-LTA", "B-LTA", None]
    assert (row.sha256, row.level, row.size, row.message_digest) == (digest("f"), "B-LTA", 50_000, digest("c"))


def test_a_lower_level_that_comes_late_is_kept_and_changes_nothing_else() -> None:
    world = scene("valid")
    assert isinstance(augment(world, level="B-LTA", sha256=digest("e")), Effects)
    assert isinstance(augment(world, level="B-T", sha256=digest("d")), Effects)
    row = world("document", RECORD)
    assert (row.sha256, row.level) == (digest("e"), "B-LTA")
    assert level_of_file(row.files, digest("d")) == "B-T"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"message_digest": "e" * 64}, "document_mismatch"),
        ({"signature": "e" * 64}, "document_mismatch"),
        ({"sha256": "no digest"}, "bad_file"),
        ({"size": 0}, "bad_file"),
        ({"level": "B-XL"}, "bad_file"),
    ],
)
def test_another_signature_is_another_paper(changes: dict[str, object], code: str) -> None:
    outcome = augment(scene("valid"), **changes)  # type: ignore[arg-type]
    assert isinstance(outcome, Refusal)
    assert outcome.code == code


def test_the_list_of_files_is_bounded() -> None:
    world = scene("valid")
    for n in range(FILES - 1):
        world.advance(WITHIN // LATELY + 1)
        who = (f"09{n // 10:02}", f"x{n // 10}")
        assert isinstance(augment(world, level="B-LTA", sha256=f"{n:064x}", who=who), Effects)
    outcome = augment(world, level="B-LTA", sha256="f" * 64)
    assert isinstance(outcome, Refusal)
    assert outcome.code == "bad_file"


@pytest.mark.parametrize("mine", [("0305", "x7"), ("0311", "x5")])
def test_neither_a_machine_nor_a_person_fills_the_list_alone(mine: tuple[str, str]) -> None:
    """Eight within thirty days, sixteen in all, from one machine whoever sits there, by one person wherever; what is
    known already, and others, are taken all the same."""
    world = scene("valid")

    def add(n: int, who: tuple[str, str] = ("0305", "x5")) -> Outcome:
        return augment(world, level="B-LTA", sha256=f"{n:064x}", who=who)

    for n in range(LATELY):
        assert isinstance(add(n), Effects)
    refused = add(99, mine)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.params["max"]) == ("too_many", LATELY)
    assert isinstance(add(0, mine), Effects)
    assert isinstance(add(50, ("0311", "x7")), Effects)
    for n in range(LATELY, OF_ONE):
        world.advance(WITHIN)
        assert isinstance(add(n), Effects)
    world.advance(WITHIN)
    refused = add(98, mine)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.params["max"]) == ("too_many", OF_ONE)


def test_the_machine_that_signed_has_an_hour_then_another_goes_on_and_has_one_too() -> None:
    world = scene("valid")
    world.seed("machine", OTHER, scope="licang:device", label="窗口 7", state="active")
    signer = world("document", RECORD).raiser
    early = take_up(world, device=OTHER)
    assert isinstance(early, Refusal)
    assert early.code == "raised_elsewhere"
    world.advance(HOUR)
    assert isinstance(take_up(world, device=OTHER), Effects)
    row = world("document", RECORD)
    assert (row.raiser, row.raiser_label, row.raise_until) == (OTHER, "窗口 7", world.now + HOUR)
    late = take_up(world, device=signer)
    assert isinstance(late, Refusal)
    assert late.code == "raised_elsewhere"
    # Its file is taken all the same: two files of one paper, both genuine.
    assert isinstance(augment(world, level="B-LTA", sha256=digest("e"), stamp_ends=world.now + 10 * YEAR), Effects)
    assert level_of_file(world("document", RECORD).files, digest("e")) == "B-LTA"


@pytest.mark.parametrize(
    ("left", "due"),
    [(10 * YEAR, 10 * YEAR - BEFORE), (2 * BEFORE, BEFORE), (100 * DAY, 50 * DAY), (DAY, DAY), (-YEAR, DAY)],
)
def test_a_stamp_is_due_again_before_it_ends_and_never_at_once(left: int, due: int) -> None:
    world = scene("valid")
    assert isinstance(augment(world, level="B-LTA", sha256=digest("e"), stamp_ends=world.now + left), Effects)
    row = world("document", RECORD)
    assert (row.raise_at - world.now, row.raise_until - row.raise_at) == (due, HOUR)
    outcome = take_up(world, device=row.raiser)
    assert isinstance(outcome, Refusal)
    assert outcome.code == "too_early"
    assert isinstance(
        take_up(world, device=row.raiser, asked=True), Refusal
    )  # nothing keeps it: there is nothing to do


def test_a_paper_that_stays_is_due_later_and_later_until_a_person_asks_or_the_hall_names_other_servers() -> None:
    world = scene("valid")
    for days in (1, 2, 4, 8, 16, 32, 32):
        assert isinstance(stay(world, subject="某章"), Effects)
        row = world("document", RECORD)
        assert row.raise_at == world.now + days * DAY
        outcome = take_up(world, device=OTHER)
        assert isinstance(outcome, Refusal)
        assert outcome.code == "too_early"
        world.advance(days * DAY)
        assert isinstance(take_up(world, device=OTHER), Effects)
    assert isinstance(stay(world), Effects)
    assert isinstance(take_up(world, mark="m2", device="d3"), Effects)
    assert isinstance(stay(world, mark="m2"), Effects)
    assert isinstance(take_up(world, mark="m2", device="d3", asked=True), Effects)
    assert isinstance(augment(world), Effects)
    assert world("document", RECORD).raise_why is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"device": OTHER}, "raised_elsewhere"),
        ({"code": "app.crashed"}, "bad_value"),
        ({"reason": "x" * 301}, "bad_value"),
        ({"mark": "x" * 301}, "bad_value"),
    ],
)
def test_only_whoever_raises_it_says_why_it_stays_and_only_what_a_screen_can_say(
    said: dict[str, str], code: str
) -> None:
    outcome = stay(scene("valid"), **said)  # type: ignore[arg-type]
    assert isinstance(outcome, Refusal)
    assert outcome.code == code
