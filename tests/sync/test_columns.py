"""Row images survive SQL: JSON, booleans, NULL, every text that anybody has called hostile – in every table."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.chain import encode_body
from sync.records.columns import Columns, quoted
from sync.records.shape import TableShape, shapes

SHAPES = shapes()
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(1 << 53), 1 << 53), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.one_of(st.none(), TEXT),
    "integer": st.one_of(st.none(), st.integers(-(1 << 63), (1 << 63) - 1)),
    "boolean": st.one_of(st.none(), st.booleans()),
    "json": st.one_of(st.none(), st.lists(JSON, max_size=3), st.dictionaries(TEXT, JSON, max_size=3)),
}


def replica_table(name: str) -> tuple[sqlite3.Connection, Columns]:
    connection, columns = sqlite3.connect(":memory:"), Columns(SHAPES[name])
    for statement in columns.create():
        connection.execute(statement)
    return connection, columns


@given(st.data())
def test_every_image_comes_back_as_it_went_in(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SHAPES)))
    body = data.draw(st.fixed_dictionaries({c.name: VALUES[c.type] for c in SHAPES[name].columns}))
    id, scope = data.draw(TEXT), data.draw(TEXT)
    connection, columns = replica_table(name)
    for v in (1, 2):  # made, then changed
        connection.execute(columns.upsert, columns.params(id, scope, v, body))
        row = connection.execute(columns.select_one, (id,)).fetchone()
        assert tuple(row[:3]) == (id, scope, v)
        assert encode_body(columns.body(row)) == encode_body(body)
    if "\0" not in id:  # json_each ends a text at a NUL, which is why no such id is let in
        many = connection.execute(columns.select_many, (json.dumps([id, id + "x"]),)).fetchall()
        assert [row[0] for row in many] == [id]
    connection.close()


def test_hostile_texts_are_data_wherever_they_stand(shared_data: Path) -> None:
    texts = json.loads((shared_data / "text" / "blns.json").read_text())
    connection, columns = replica_table("case")
    for i, text in enumerate(texts):
        body = columns.image(None, {"applicant": text, "form": {text: text}, "handlers": [text]})
        connection.execute(columns.upsert, columns.params(f"{i}{text}", text, 1, body))
        row = connection.execute(columns.select_one, (f"{i}{text}",)).fetchone()
        assert columns.body(row) == body
        found = connection.execute(columns.select_match(["applicant"]), (text,)).fetchall()
        assert f"{i}{text}" in [row[0] for row in found]
    assert connection.execute('SELECT count(*) FROM "case"').fetchone() == (len(texts),)


def test_nothing_equals_nothing_in_a_match() -> None:
    connection, columns = replica_table("window_session")
    for id, closed in (("a", None), ("b", 5)):
        body = columns.image(None, {"window": "w", "staff": "s", "device": "d", "state": "open", "closed_at": closed})
        connection.execute(columns.upsert, columns.params(id, "q", 1, body))
    found = connection.execute(columns.select_match(["window", "closed_at"]), ("w", None)).fetchall()
    assert [row[0] for row in found] == ["a"]


def test_an_image_keeps_what_was_not_named_and_knows_its_columns() -> None:
    columns = Columns(SHAPES["ticket"])
    made = columns.image(None, {"state": "waiting"})
    assert made.keys() == SHAPES["ticket"].defaults.keys()
    assert made["priority"] == "none", "a default"
    assert columns.image(made, {"calls": 2}) == {**made, "calls": 2}
    with pytest.raises(ValueError, match="no_such"):
        columns.image(made, {"no_such": 1})
    for wide in (1 << 63, -(1 << 63) - 1):
        with pytest.raises(ValueError, match="64 bits"):
            columns.image(made, {"calls": wide})
    for widest in ((1 << 63) - 1, -(1 << 63)):
        assert columns.image(made, {"calls": widest})["calls"] == widest


def test_names_come_from_definitions_alone() -> None:
    with pytest.raises(ValueError, match="x"):
        quoted('x"; DROP TABLE ticket')
    with pytest.raises(ValueError, match="holder; --"):
        Columns(SHAPES["ticket"]).select_match(["holder; --"])


def test_shapes_travel_as_json() -> None:
    import msgspec

    told = msgspec.json.decode(msgspec.json.encode(SHAPES), type=dict[str, TableShape])
    assert told == SHAPES
    assert {column.type for shape in told.values() for column in shape.columns} <= set(VALUES)
    assert SHAPES["call"].defaults["open"] is True
