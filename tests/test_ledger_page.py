"""docs/ledger.md names tests and files that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "ledger.md").read_text()


def test_every_test_that_the_page_names_is_there() -> None:
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"def (test_\w+)\(", written))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert named - there == set()


def test_every_file_that_the_page_names_is_there() -> None:
    for path in re.findall(r"`((?:sync|workstation|server_stub|tests)/[\w/]+\.\w+)`", PAGE):
        assert (ROOT / path).is_file(), path
