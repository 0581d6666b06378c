"""The registry knows a paper by its signature, and every file of it that was handed out."""

from __future__ import annotations

import pytest
from case_scene import digest
from document_scene import RECORD, augment, scene

from sync.rules.outcome import Effects, Refusal
from sync.rules.registry import FILES, level_of_file


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
        assert isinstance(augment(world, level="B-LTA", sha256=f"{n:064x}"), Effects)
    outcome = augment(world, level="B-LTA", sha256="f" * 64)
    assert isinstance(outcome, Refusal)
    assert outcome.code == "bad_file"
