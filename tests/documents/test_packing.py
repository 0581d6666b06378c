"""The slip in a parcel: every line of the contents on it, over pages, the same bytes for the same data."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import NeedsTool
from tests.sample_papers import packing_data
from workstation.documents.packing import packing_pdf
from workstation.documents.render import shared_renderer


@pytest.mark.parametrize(("long", "title", "pages"), [(False, "装箱单", 1), (True, "寄回清单", 3)])
def test_everything_in_the_parcel_stands_on_its_slip(
    long: bool, title: str, pages: int, tmp_path: Path, needs_tool: NeedsTool
) -> None:
    data = packing_data(long=long)
    pdf = packing_pdf(shared_renderer(), data)
    assert pdf == packing_pdf(shared_renderer(), data)
    path = tmp_path / "slip.pdf"
    path.write_bytes(pdf)
    command = [needs_tool("pdftotext", "poppler-utils"), str(path), "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.count("\f") == pages
    said = "".join(told.split()).replace("\u200b", "")
    for words in (title, data.bureau, data.receiver, data.tracking, *(name for name, _ in data.contents)):
        assert "".join(words.split()) in said
    assert f"份数合计:{sum(copies for _, copies in data.contents)}" in said
