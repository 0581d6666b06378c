"""A month's figures against a count of its own, the text that goes out against somebody who wants to know more."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from typing import Any

from appraisal_scene import FEBRUARY, FIRST, RECORD, SECOND, freeze, rating, said, scene
from hypothesis import given
from hypothesis import strategies as st
from ledger_scene import scene as ledger_entry
from world import World

from sync.appraisal import bounds, corrected, figures, hash_of
from sync.protocol.verbs import appraisal as verbs
from sync.publicity import LEAST, hide, table, text
from sync.records.settings import DEFAULTS
from sync.records.states import BAD_LEVELS, Level, Role
from sync.rules.outcome import Effects, Refusal

DAY = 86_400_000
START, END = bounds(RECORD)
RATINGS = st.lists(
    st.builds(
        rating,
        level=st.sampled_from([str(level) for level in Level]),
        person_level=st.sampled_from([None, *(str(level) for level in Level)]),
        staff=st.sampled_from(["0307", "0308", None]),
        matter=st.sampled_from(["m-1", "m-2", "m-3"]),
        rated_at=st.sampled_from([START - 1, START, FEBRUARY, END - 1, END]),
        defaulted=st.booleans(),
    ),
    max_size=30,
)


@given(rows=RATINGS)
def test_the_figures_are_what_a_plain_count_says(rows: list[dict[str, Any]]) -> None:
    found = figures(RECORD, [], rows)
    month = [row for row in rows if START <= row["rated_at"] < END]
    given_ = [row for row in month if not row["defaulted"]]
    bad = [row for row in given_ if BAD_LEVELS & {row["level"], row["person_level"]}]
    assert found["total"] == {
        "invited": 0,
        "rated": len(given_),
        "bad": len(bad),
        "defaulted": len(month) - len(given_),
    }
    for group in ("staff", "window", "matter", "site"):
        assert {key: line["bad"] for key, line in found[group].items() if line["bad"]} == Counter(
            row[group] or "" for row in bad
        )
        for figure in ("rated", "bad", "defaulted"):
            assert sum(line[figure] for line in found[group].values()) == found["total"][figure]


def test_the_hash_is_what_anyone_gets_with_plain_json() -> None:
    found = figures(RECORD, [], [rating(), rating(level="dissatisfied")])
    plain = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hash_of(found) == hashlib.sha256(plain.encode()).hexdigest()
    assert hash_of(figures(RECORD, [], [rating(), rating()])) != hash_of(found)


def test_a_correction_counts_and_leaves_the_frozen_month_as_it_was() -> None:
    world = scene("frozen")
    before = world("appraisal", RECORD)
    args = verbs.Correct(month=RECORD, figure="bad", by=-1, reason="误点", staff="0307")
    assert isinstance(said(world, args, "c-1"), Effects)
    assert world("appraisal", RECORD) is before
    entries = [row.body for row in world.find("appraisal_correction", month=RECORD)]
    now = corrected(before.figures, entries)
    assert now["staff"]["0307"]["bad"] == before.figures["staff"]["0307"]["bad"] - 1
    own = said(world, args, "c-2", by="0307")
    assert isinstance(own, Refusal)
    assert own.code == "own_figures"


def test_a_granted_appeal_is_an_entry_in_the_month_of_the_rating() -> None:
    world = ledger_entry("voided")
    [entry] = world.find("appraisal_correction")
    [row] = world.find("rectification", id=entry.id)
    assert (entry.figure, entry.by, entry.source, entry.staff) == ("bad", -1, "appeal", row.rated_staff)
    assert entry.scope == world.rating
    assert not {"holder", "phone", "words"} & set(entry.body)


def test_nobody_lets_out_their_own_text_nor_one_that_changed() -> None:
    world = scene("draft")
    own = said(world, verbs.Approve(hash=world("publicity", RECORD).hash), by=FIRST)
    assert isinstance(own, Refusal)
    assert own.code == "own_draft"
    stale = said(world, verbs.Approve(hash="another"), by=SECOND)
    assert isinstance(stale, Refusal)
    assert stale.code == "changed"
    assert isinstance(said(world, verbs.Approve(hash=world("publicity", RECORD).hash), by=SECOND), Effects)


def test_the_text_names_nobody_and_nothing_below_five() -> None:
    world = World()
    world.seed("hall", "licang", scope=world.base, name="样例政务大厅", bureau="样例审批局")
    freeze(world, [*(rating() for _ in range(2000)), *(rating(level="dissatisfied") for _ in range(2))])
    said(world, verbs.Draft())
    told = world("publicity", RECORD).text
    assert "2002" in told
    assert "不低于99.8%" in told
    assert "99.9%" not in told
    assert "0307" not in told
    assert "企业变更登记" in told


def test_a_month_is_not_frozen_before_it_is_over() -> None:
    world = World(now=END - 1)
    early = freeze(world)
    assert isinstance(early, Refusal)
    assert early.code == "not_due"
    assert isinstance(said(World(), verbs.Freeze(head_seq=1, figures={}, names={}), "no month", Role.CLOCK), Refusal)


# -- somebody who wants to know more: every hidden figure has at least two values that fit everything that was told


@given(values=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 12), max_size=6))
def test_a_hidden_figure_cannot_be_worked_out(values: dict[str, int]) -> None:
    total = sum(values.values())
    hidden = hide(values)
    assert all(values[key] >= LEAST for key in values.keys() - hidden)
    if not hidden or total < LEAST:
        return  # nothing hidden, or the total is not told either
    together = sum(values[key] for key in hidden)
    assert together >= LEAST  # what the total less the rest tells is no small figure
    keys = sorted(hidden)
    fits = [guess for guess in itertools.product(range(together + 1), repeat=len(keys) - 1) if sum(guess) <= together]
    for place in range(len(keys)):
        seen = {(*guess, together - sum(guess))[place] for guess in fits}
        assert len(seen) >= 2


@given(rows=RATINGS)
def test_no_small_figure_stands_in_a_table_nor_its_complement(rows: list[dict[str, Any]]) -> None:
    found = figures(RECORD, [], rows)
    for group in ("matter", "site"):
        shown = table(found, group, {})
        for line in (shown.total, *shown.lines):
            assert line.rated is None or line.rated >= LEAST
            assert line.bad is None or (line.bad >= LEAST and line.rated is not None)
            if line.bad is not None and line.rated is not None:
                assert line.rated - line.bad >= LEAST
        for figure in ("rated", "bad"):
            whole = getattr(shown.total, figure)
            told = [getattr(line, figure) for line in shown.lines if getattr(line, figure) is not None]
            silent = len(shown.lines) - len(told)
            if whole is not None and silent:
                assert silent >= 2
                assert whole - sum(told) >= LEAST
    text(found, {}, "厅", DEFAULTS["publicity_words"])
