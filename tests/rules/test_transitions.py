"""State × operation × role: what must happen, written by hand in `<noun>.csv`, against what the rules do.

A table has the columns `verb, state` and one for each role; `verb` and `state` may name several, divided by `|`.
A cell holds the record's state after the step, or `!code` where it is refused, or `~` where it is a conflict.
`<noun>_scene.py` beside it says how to get there:

    VERBS               the verbs of this table, as in "ticket.call@1"
    STATES              the states of its record; "absent" where there is none
    scene(state)        a World in which the record RECORD is in that state
    operate(world, verb, role) -> Outcome   does the verb as a person of that role; nothing else is in the way
    state_of(world)     the record's state, "absent" without one

Every verb of the protocol stands in exactly one table; every verb × state × role is one cell.
"""

from __future__ import annotations

import csv
import importlib
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from world import World

from sync.protocol.operation import KINDS
from sync.records.states import Role
from sync.rules.outcome import Conflict, Outcome, Refusal
from sync.rules.rule import unruled

HERE = Path(__file__).parent
NOUNS = sorted(path.stem for path in HERE.glob("*.csv"))
ROLES = tuple(role.value for role in Role)
Cell = tuple[str, str, str]


def scene_of(noun: str) -> ModuleType:
    return importlib.import_module(f"{noun}_scene")


def read_table(path: Path) -> tuple[dict[Cell, str], list[Cell]]:
    """The cells by (verb, state, role), and those that stand there twice."""
    cells: dict[Cell, str] = {}
    twice: list[Cell] = []
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, skipinitialspace=True)
        assert table.fieldnames is not None
        assert set(table.fieldnames) == {"verb", "state", *ROLES}, f"{path.name}: {table.fieldnames}"
        for row in table:
            for verb in row["verb"].split("|"):
                for state in row["state"].split("|"):
                    for role in ROLES:
                        cell = (verb.strip(), state.strip(), role)
                        if cell in cells:
                            twice.append(cell)
                        cells[cell] = (row[role] or "").strip()
    return cells, twice


def answer(world: World, outcome: Outcome, scene: ModuleType) -> str:
    if isinstance(outcome, Refusal):
        return f"!{outcome.code}"
    return "~" if isinstance(outcome, Conflict) else scene.state_of(world)


def verbs() -> list[tuple[str, str]]:
    return [(noun, verb) for noun in NOUNS for verb in scene_of(noun).VERBS]


@pytest.mark.parametrize(("noun", "verb"), verbs())
def test_each_cell_is_what_the_rules_do(noun: str, verb: str) -> None:
    cells, _ = read_table(HERE / f"{noun}.csv")
    scene = scene_of(noun)
    wrong = []
    for state in scene.STATES:
        for role in Role:
            world = scene.scene(state)
            assert scene.state_of(world) == state, f"the scene of {state} is in {scene.state_of(world)}"
            got = answer(world, scene.operate(world, verb, role), scene)
            expected = cells.get((verb, state, role.value), "nothing")
            if got != expected:
                wrong.append(f"{verb} in {state} by {role.value}: expected {expected}, got {got}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_table_is_complete_and_says_nothing_twice(noun: str) -> None:
    cells, twice = read_table(HERE / f"{noun}.csv")
    scene = scene_of(noun)
    wanted = {(verb, state, role) for verb in scene.VERBS for state in scene.STATES for role in ROLES}
    assert not twice
    assert set(cells) == wanted
    assert all(cells.values()), [cell for cell, value in cells.items() if not value]


def test_every_verb_stands_in_one_table() -> None:
    told = Counter(verb for _, verb in verbs())
    assert [verb for verb, times in told.items() if times > 1] == []
    assert set(KINDS) - set(told) == set(), "verbs without a table"


def test_every_verb_has_a_rule() -> None:
    assert unruled() == set()
