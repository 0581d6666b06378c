"""The rows that a group works on: found by the values of columns, in any order, as they stand after each operation."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from server_stub.apply.index import Index
from sync.rules.facts import Row

STATES = ("waiting", "called")
CHANGES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([*STATES, None]), st.integers(0, 3)), max_size=40)


def by_place(row: Row) -> tuple[int, str]:
    return row.place, row.id


def by_id(row: Row) -> str:
    return row.id


@settings(deadline=None)
@given(CHANGES, st.booleans())
def test_a_line_is_what_sorting_all_rows_anew_would_give(
    changes: list[tuple[int, str | None, int]], asked_before: bool
) -> None:
    """Whether a line was asked for before the rows changed, or is now for the first time."""
    index, rows = Index(("state",)), dict[str, Row]()
    for which, state, place in changes:
        id = f"t{which}"
        if id in rows:
            index.drop(rows.pop(id))
        if state is not None:
            rows[id] = Row(id, "licang:queue", 1, {"state": state, "place": place})
            index.put(rows[id])
        for wanted in STATES if asked_before else ():
            index.line((("state", wanted),), by_place)
    for wanted in STATES:
        alike = [row for row in rows.values() if row.state == wanted]
        for order in (by_place, by_id):
            assert list(index.line((("state", wanted),), order)) == sorted(alike, key=order)
