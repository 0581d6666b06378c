"""Screen 8: what bad ratings have in common, named as people name it."""

from __future__ import annotations

import sqlite3
from typing import Any

from sync.calendar import DAY_MS
from sync.records.columns import Columns
from sync.records.shape import shapes
from tests.screens.live_hall import RATING
from tests.screens.test_analysis import NOON, stored
from workstation.views.analysis import Span, analysis, tag_words


def test_windows_of_two_sites_with_one_label_are_two() -> None:
    base: dict[str, Any] = {"level": "dissatisfied", "person_level": None, "staff": None, "site": "x", "tags": []}
    base["defaulted"] = False
    told = [("p1", "m-a"), ("q1", "m-b"), ("p1", "m-c"), ("q1", "m-d")]
    given = [{**base, "window": w, "matter": m, "at": n, "scope": RATING} for n, (w, m) in enumerate(told)]
    connection = stored(given)  # type: ignore[arg-type]
    places: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("window", "p1", {"label": "1", "site": "park"}),
        ("window", "q1", {"label": "1", "site": "street"}),
        ("site", "park", {"name": "金海牛产业园", "kind": "park"}),
        ("site", "street", {"name": "浮山路街道", "kind": "street"}),
    )
    for table, id, body in places:
        columns = Columns(shapes()[table])
        connection.execute(columns.upsert, columns.params(id, "licang:base", 1, columns.image(None, body)))

    def alarms() -> list[tuple[str, str, int]]:
        span = Span(NOON, NOON + DAY_MS, NOON - DAY_MS)
        found = analysis(lambda sql, params=(): connection.execute(sql, params).fetchall(), [RATING], "window", span)
        return [(each.kind, each.name, each.count) for each in found.alarms]

    assert alarms() == []
    columns = Columns(shapes()["rating"])
    body = {key: value for key, value in given[0].items() if key not in ("at", "scope")} | {"matter": "m-e"}
    body |= {"rated_at": NOON, "channel": "phone"}
    connection.execute(columns.upsert, columns.params("more", RATING, 1, columns.image(None, body)))
    assert alarms() == [("window", "金海牛产业园 1", 3)]
    connection.close()


def test_a_tags_words_are_those_of_the_language() -> None:
    connection = stored([])
    columns = Columns(shapes()["tag_set"])
    tags = [{"code": "queue", "zh": "等候时间长", "en": "long wait"}, {"code": "other", "zh": "其他"}]
    body = {"nature": "permit", "level": "dissatisfied", "version": 1, "tags": tags}
    connection.execute(columns.upsert, columns.params("t", "licang:base", 1, columns.image(None, body)))

    def read(sql: str, params: object = ()) -> list[sqlite3.Row]:
        return connection.execute(sql, params).fetchall()  # type: ignore[arg-type]

    assert tag_words(read, "zh") == {"queue": "等候时间长", "other": "其他"}
    assert tag_words(read, "en") == {"queue": "long wait", "other": "other"}
    connection.close()
