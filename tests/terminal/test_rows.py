"""The page cache shows what the source holds, whatever way one jumps, and reads no more than the screen needs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlite_rows import SqliteItems

from workstation.widgets.rows import PAGE, ListSource, PageCache, Row, View


@given(st.integers(0, 400), st.integers(1, 30), st.lists(st.integers(-3, 420), max_size=40), st.booleans())
def test_every_row_is_the_sources_row_whatever_the_jumps(count: int, page: int, jumps: list[int], known: bool) -> None:
    source = SqliteItems(count)
    expected = [row.key for row in source.page(View(), None, count + 1)]
    cache = PageCache(source, page=page)
    if known:
        cache.count_now()
    for index in jumps:
        if index >= cache.count:
            cache.count_now()
        row = cache.row(index)
        assert (row.key if row else None) == (expected[index] if 0 <= index < count else None)
    assert cache.count_now() == count


@given(st.lists(st.text("ab", max_size=3), max_size=40), st.sampled_from(["", "a"]), st.booleans())
def test_a_list_sorts_and_filters_stably(texts: list[str], query: str, descending: bool) -> None:
    rows = [Row(index, (text,)) for index, text in enumerate(texts)]
    cache = PageCache(ListSource(rows, ["text"]), View("text", descending, query), page=4)
    shown = [cache.row(index) for index in range(cache.count_now())]
    expected = sorted(((t, i) for i, t in enumerate(texts) if query in t), reverse=descending)
    assert [(row.cells[0], row.key) for row in shown if row] == expected


def test_opening_a_hundred_thousand_rows_reads_one_page() -> None:
    source = SqliteItems(100_000)
    cache = PageCache(source)
    assert [cache.row(index) is not None for index in range(30)] == [True] * 30
    assert source.read == PAGE


def test_the_end_and_the_way_back_read_pages_and_no_offsets() -> None:
    source = SqliteItems(100_000)
    cache = PageCache(source)
    cache.count_now()
    for index in range(99_999, 99_700, -1):
        assert cache.row(index) is not None
    assert source.read <= 8 * PAGE


def test_a_row_that_went_away_is_a_gap_and_no_error() -> None:
    source = SqliteItems(200)
    cache = PageCache(source, page=50)
    cache.count_now()
    source.connection.execute("DELETE FROM item WHERE due > 500")
    cache.forget()
    left = source.count(View())
    assert cache.count == left
    assert cache.row(left - 1) is not None
    assert cache.row(left) is None
