"""The page of papers shows every template, and is made from them."""

from __future__ import annotations

from tests.papers_page import PICTURES, ROOT, page
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
