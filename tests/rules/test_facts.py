"""What a rule is given is read-only: a row that a rule could change would be changed for every rule after it."""

import pytest

from sync.rules.facts import Row


def test_a_row_is_read_by_its_columns_and_changed_by_nobody() -> None:
    row = Row("t1", "licang:queue", 3, {"state": "waiting", "number": "A001"})
    assert (row.id, row.scope, row.v, row.state, row.number) == ("t1", "licang:queue", 3, "waiting", "A001")
    assert row.body == {"state": "waiting", "number": "A001"}
    for column in ("state", "id", "window"):
        with pytest.raises(AttributeError):
            setattr(row, column, "c1")
    with pytest.raises(AttributeError):
        _ = row.window
    assert row.body == {"state": "waiting", "number": "A001"}
