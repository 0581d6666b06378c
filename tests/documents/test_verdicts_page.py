"""192 signed, tampered, unsigned and broken files of two other projects, and the page that tells their verdicts."""

from pathlib import Path

from sync.verdict import GENUINE, Word
from tests.verdicts_page import MARKS, judge_all, page

ALLOWED = {
    "good": GENUINE,
    "good_multi": GENUINE | {Word.CHANGED},
    "changed_later": {Word.CHANGED, Word.GOOD_WITH_LATER_TIMESTAMPS},
    "bad": set(Word) - GENUINE,
    "disputed": set(Word),
    "unsigned": {Word.UNSIGNED},
    "unreadable": {Word.UNREADABLE},
}


def test_public_files_get_the_verdicts_they_must_and_the_page_tells_them(shared_data: Path) -> None:
    judged = judge_all(shared_data / "pdf")
    wrong = [(each.name, each.mark, each.verdict) for each in judged if each.verdict.verdict not in ALLOWED[each.mark]]
    assert wrong == []
    ended = [each.name for each in judged if {"crash", "time_out"} & set(each.verdict.reasons)]
    assert ended == []
    assert len(judged) == 192
    assert {each.mark for each in judged} == set(MARKS)
    written = (Path(__file__).parents[2] / "docs/verdicts.md").read_text(encoding="utf-8")
    assert page(judged) == written, "python -m tests.verdicts_page > docs/verdicts.md"
