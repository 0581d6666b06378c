"""The page of papers shows every template, and is made from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import papers_page
from tests.papers_page import PICTURES, ROOT, drawn_from, page, source_of
from workstation.documents.render import TEMPLATES

NO_PAPER = {"style", "seal", "probe", "slip"}


def test_every_template_is_on_the_page_with_its_picture() -> None:
    kinds = {path.stem for path in TEMPLATES.glob("*.typ")} - NO_PAPER
    assert {path.stem for path in PICTURES.glob("*.png")} == kinds
    text = page()
    assert all(f"(pictures/papers/{kind}.png)" in text for kind in kinds)
    assert sum(path.stat().st_size for path in PICTURES.glob("*.png")) < 2_100_000


def test_the_page_is_made_from_the_templates() -> None:
    assert (ROOT / "docs/papers.md").read_text(encoding="utf-8") == page(), "python -m tests.papers_page"


def test_the_pictures_are_those_that_the_templates_draw_now() -> None:
    stale = [path.stem for path in sorted(PICTURES.glob("*.png")) if source_of(path) != drawn_from(path.stem)]
    assert stale == [], "python -m tests.papers_page"


@pytest.mark.parametrize("changed", ["style", "licence", "company_debts"])
def test_a_changed_template_makes_its_pictures_stale(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.stem: drawn_from(path.stem) for path in PICTURES.glob("*.png")}
    for path in TEMPLATES.glob("*.typ"):
        more = "// changed\n" if path.stem == changed else ""
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    monkeypatch.setattr(papers_page, "TEMPLATES", tmp_path)
    stale = {name for name, hash in before.items() if drawn_from(name) != hash}
    assert stale == (set(before) - {"packing"} if changed == "style" else {changed})
