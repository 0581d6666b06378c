"""Screenshots for people to look at, in the test's folder.

picture(page, tmp_path, "rating")     where the run keeps its folders: `-o tmp_path_retention_policy=all`

Nothing is held against them; thrown away, they were half of what a browser's tests cost.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

_kept = False


def configure(config: pytest.Config) -> None:
    """Whether this run keeps what it puts down."""
    global _kept
    _kept = config.getini("tmp_path_retention_policy") == "all"


def picture(page: Page, folder: Path, name: str) -> None:
    """The whole page, once somebody is going to look at it."""
    if _kept:
        page.screenshot(path=folder / f"{name}.png", full_page=True)
