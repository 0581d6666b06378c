"""The page of modules is what the modules say of themselves, and each says something."""

from __future__ import annotations

from tests.modules_page import PACKAGES, ROOT, page, sentence


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name not in ("__init__.py",) and not sentence(path)
    ]
    assert silent == []


def test_the_page_is_made_from_the_modules() -> None:
    assert (ROOT / "docs/modules.md").read_text(encoding="utf-8") == page(), (
        "python -m tests.modules_page > docs/modules.md"
    )
