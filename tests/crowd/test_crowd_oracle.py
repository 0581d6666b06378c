"""The oracle of the crowded day notices each lie; told the truth it is silent."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from tests.crowd.oracle import Journals, faults

DAY = "2026-03-02"
TABLES = """
CREATE TABLE log (scope TEXT, seq INTEGER, "table" TEXT, id TEXT, body TEXT);
CREATE TABLE ticket (id TEXT, scope TEXT, day TEXT, number TEXT, state TEXT);
CREATE TABLE call (id TEXT, open INTEGER);
CREATE TABLE service_segment (id TEXT, ticket TEXT, "window" TEXT, started_at INTEGER, ended_at INTEGER);
CREATE TABLE window_session (id TEXT, closed_at INTEGER);
"""


def logged(table: str, id: str, **body: Any) -> tuple[str, str, str]:
    return table, id, json.dumps(body)


def a_day() -> tuple[sqlite3.Connection, dict[str, list[dict[str, Any]]]]:
    """Two people; one served by w1, the other missed there, back, and served by w2 while w1 goes on."""
    store = sqlite3.connect(":memory:")
    store.row_factory = sqlite3.Row
    store.executescript(TABLES)
    told = [
        logged("ticket", "t1", number="A001"),
        logged("ticket", "t2", number="A002"),
        logged("call", "c1", ticket="t1", session="s1", open=True),
        logged("call", "c1", ticket="t1", session="s1", open=False),
        logged("call", "c2", ticket="t2", session="s1", open=True),
        logged("call", "c2", ticket="t2", session="s1", open=False),
        logged("call", "c3", ticket="t1", session="s2", open=True),
        logged("call", "c3", ticket="t1", session="s2", open=False),
    ]
    store.executemany("INSERT INTO log VALUES ('q', ?, ?, ?, ?)", [(n, *row) for n, row in enumerate(told, 1)])
    for id, number in (("t1", "A001"), ("t2", "A002")):
        store.execute("INSERT INTO ticket VALUES (?, 'q', ?, ?, 'done')", (id, DAY, number))
    store.execute("INSERT INTO call VALUES ('c1', 0)")
    store.execute("INSERT INTO window_session VALUES ('s1', 9)")
    store.execute("INSERT INTO service_segment VALUES ('g1', 't2', 'w1', 50, 90), ('g2', 't1', 'w2', 60, 80)")
    journals: dict[str, list[dict[str, Any]]] = {
        "w1": [{"at": 10, "has": "t1"}, {"at": 20, "leaving": "t1"}, {"at": 40, "has": "t2"}, {"at": 90, "has": "t2"}],
        "w2": [{"at": 55, "has": "t1"}, {"at": 80, "leaving": "t1"}],
        "k1": [{"at": 1, "number": "A001"}, {"at": 2, "number": "A002"}],
    }
    return store, journals


def found(store: sqlite3.Connection, journals: Journals) -> set[str]:
    return {name for name, wrong in faults(store, journals, DAY).items() if wrong}


def test_told_the_truth_it_is_silent() -> None:
    assert found(*a_day()) == set()


LIES = {
    "the call of one ticket beside another": ("double_calls", "UPDATE log SET seq = 2.5 WHERE id = 'c3' AND seq = 7"),
    "two calls of one session": ("double_calls", "UPDATE log SET seq = 6.5 WHERE id = 'c1' AND seq = 4"),
    "one number twice": ("numbers", "UPDATE ticket SET number = 'A001'"),
    "no number": ("numbers", "UPDATE ticket SET number = NULL WHERE id = 't2'"),
    "another number later": ("numbers", """INSERT INTO log VALUES ('q', 9, 'ticket', 't1', '{"number": "A007"}')"""),
    "a slip without its ticket": ("numbers", "UPDATE ticket SET number = 'A003' WHERE id = 't2'"),
    "somebody waits still": ("not_ended", "UPDATE ticket SET state = 'waiting' WHERE id = 't2'"),
    "a call without end": ("not_ended", "UPDATE call SET open = 1"),
    "a window not left": ("not_ended", "UPDATE window_session SET closed_at = NULL"),
    "a window in two services": ("overlaps", """UPDATE service_segment SET "window" = 'w1'"""),
    "a person in two services": ("overlaps", "UPDATE service_segment SET ticket = 't1'"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_of_the_store_is_noticed(lie: str) -> None:
    store, journals = a_day()
    name, falsify = LIES[lie]
    assert store.execute(falsify).rowcount > 0
    assert name in found(store, journals)


def test_one_person_at_two_windows_is_noticed() -> None:
    store, journals = a_day()
    journals["w2"][0]["has"] = "t2"
    assert found(store, journals) == {"two_places"}


def test_a_number_told_twice_is_noticed() -> None:
    store, journals = a_day()
    journals["k1"].append({"at": 3, "number": "A001"})
    assert found(store, journals) == {"numbers"}
