"""Widths are cells; nothing in data can move the cursor, change colours or hide."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from workstation.cells import CUT, bar, clip, columns, cut, inert, pad, width, wrap

TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from("中文字宽窗口AB1 \x1b[31m\t\n\u202e\u200b～。，")), max_size=60
)


@given(TEXTS, st.integers(-2, 80))
def test_clip_never_takes_more_cells_and_shows_its_cut(text: str, cells: int) -> None:
    result = clip(text, cells)
    assert cell_len(result) <= max(cells, 0)
    if cells > 0:
        whole = inert(text)
        assert result == whole if cell_len(whole) <= cells else result.endswith(CUT)
        assert whole.startswith(result.removesuffix(CUT)) or result == whole


@given(TEXTS, st.integers(0, 80), st.sampled_from(["left", "right", "center"]))
def test_pad_takes_exactly_its_cells(text: str, cells: int, align: str) -> None:
    assert cell_len(pad(text, cells, align)) == cells  # type: ignore[arg-type]


@given(TEXTS)
def test_nothing_inert_can_steer_a_terminal(text: str) -> None:
    result = inert(text)
    assert not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in result)
    assert not set(result) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")
    assert width(text) == cell_len(result)
    assert inert(result) == result


@given(TEXTS, st.integers(0, 40))
def test_cut_is_a_beginning_with_whole_characters(text: str, cells: int) -> None:
    whole = inert(text)
    piece = cut(whole, cells)
    assert whole.startswith(piece)
    assert cell_len(piece) <= cells
    if len(piece) < len(whole):
        assert cell_len(whole[: len(piece) + 1]) > cells


@given(TEXTS, st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text: str, cells: int) -> None:
    lines = wrap(text, cells)
    assert all(cell_len(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join("".join(map(inert, text.split("\n"))).split())


def test_a_half_wide_character_becomes_a_blank() -> None:
    assert clip("青岛机械", 6) == "青岛~"
    assert pad("青岛机械", 6) == "青岛~ "
    assert pad("青岛", 4) == "青岛"
    assert clip("青岛", 1) == "~"


@given(st.floats(-1, 2), st.integers(1, 60))
def test_bars_show_something_for_something_and_are_full_only_when_full(ratio: float, cells: int) -> None:
    drawn = bar(ratio, cells)
    assert len(drawn) == cells
    assert ("#" in drawn) == (ratio > 0)
    assert ("." not in drawn) == (ratio >= 1 or (cells == 1 and ratio > 0))


def test_the_flexible_column_takes_what_is_left() -> None:
    assert columns([5, 8, 6], 40, 1) == [5, 27, 6]
    assert columns([5, 8, 6], 10, 1) == [5, 4, 6]
    assert columns([5, 8], 40, None) == [5, 8]
    assert columns([5, 8, 6], 40, 1, most=[0, 0, 20]) == [5, 24, 9], "half of what is beyond twice its need"
    assert columns([5, 8, 6], 30, 1, most=[0, 0, 20]) == columns([5, 8, 6], 30, 1)
    assert columns([5, 8, 6], 90, 1, most=[0, 0, 20]) == [5, 63, 20]
