"""Every beginning of a scan is half, the whole is whole, whatever stands behind it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.media import media_type
from tests.intake.files import jpeg, pdf, png
from workstation.scans import wholeness


@pytest.mark.parametrize(
    ("content", "kind"), [(pdf(), "application/pdf"), (png(), "image/png"), (jpeg(), "image/jpeg")]
)
def test_each_kind_is_half_until_its_last_byte(content: bytes, kind: str) -> None:
    assert media_type(content) == kind
    assert wholeness(content) == "whole"
    ends = content.rstrip(b"\n")
    for length in range(1, len(ends)):
        assert wholeness(ends[:length]) == "half", length
    assert wholeness(ends) == "whole"


def test_what_a_telephone_hangs_on_behind_does_not_matter() -> None:
    assert wholeness(jpeg(behind=b"\0\0\0\x18ftypmp42" + b"film" * 5000)) == "whole"
    assert wholeness(png() + b"\0" * 100) == "whole"
    assert wholeness(pdf() + b"\r\n\0\0") == "whole"


@pytest.mark.parametrize("content", [b"PK\x03\x04 a document", b"<html>", b"GIF89a......", b"\x00" * 50, b"text"])
def test_other_files_are_unknown(content: bytes) -> None:
    assert wholeness(content) == "unknown"
    assert media_type(content) is None


@given(st.binary(max_size=400))
def test_no_bytes_break_it(content: bytes) -> None:
    for front in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-"):
        assert wholeness(front + content) in ("whole", "half", "unknown")
